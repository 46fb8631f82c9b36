// From options and plan to the dialogues' variables.
#include "dialogue/given.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static const char *yes_no(bool b) {
    return b ? "yes" : "no";
}

// A label can be compared with a name in /dev/disk/by-label only if mdev did not have to encode it.
static const char *plain_label(const char *label) {
    for (const char *c = label; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr("._-", *c) == NULL)
            return "";
    return label;
}

static int set_choices(struct vars *v, const struct options *o) {
    const bool usb = o->attach == ATTACH_USB;
    // No IDE disk can be plugged in.
    const enum attach attach = o->route == ROUTE_WARM && !usb ? ATTACH_VIRTIO : o->attach;
    const bool mdev = o->route == ROUTE_RUNBOOK; // that gets events
    return vars_set(v, "route", route_words[o->route]) |
           vars_set(v, "attach", attach_words[attach]) |
           vars_set(v, "seq", moment_words[mdev ? o->seq : MOMENT_NO]) |
           vars_set(v, "log", moment_words[mdev ? o->log : MOMENT_NO]) |
           vars_set(v, "plug", usb ? plug_words[o->plug] : "no") |
           vars_set(v, "plug_by", plug_by_words[o->plug_by]) |
           vars_set(v, "debug_init", yes_no(o->debug_init)) |
           vars_set(v, "console", yes_no(o->console)) |
           vars_set(v, "append", o->append == NULL ? "" : o->append) |
           vars_set(v, "kmsg_mark", yes_no(o->kmsg_mark)) | vars_set(v, "dmesg", yes_no(o->dmesg)) |
           vars_set(v, "verbose", yes_no(o->verbose_services));
}

static int set_plan(struct vars *v, const struct plan *p) {
    const struct mbr_entry *old = &p->before.mbr.entry[p->part - 1];
    const struct mbr_entry *new = &p->entry;
    return vars_format(v, "disk_bytes", "%" PRIu64, p->virtual_size) |
           vars_format(v, "disk_sectors", "%" PRIu64, p->virtual_size / SECTOR_SIZE) |
           vars_format(v, "part", "%d", p->part) |
           vars_format(v, "partitions", "%d", p->partitions) |
           vars_format(v, "start", "%" PRIu32, old->start) |
           vars_format(v, "old_end", "%" PRIu64, (uint64_t)old->start + old->sectors - 1) |
           vars_format(v, "new_end", "%" PRIu64, (uint64_t) new->start + new->sectors - 1) |
           vars_format(v, "type_hex", "%x", (unsigned)old->type) |
           vars_set(v, "boot_flag", old->boot == 0x80 ? "*" : "") |
           vars_set(v, "label", plain_label(p->before.fs.label)) |
           vars_format(v, "fs_blocks", "%" PRIu64, p->fs_blocks);
}

int given_choices(struct vars *v, const struct options *o, const struct plan *p) {
    return (set_choices(v, o) | set_plan(v, p)) != 0 ? -1 : 0;
}

int given_set(struct vars *v, const struct options *o, const struct plan *p, const char *serial,
              const struct qemu_command *c) {
    const int failed = given_choices(v, o, p) | vars_set(v, "serial", serial) |
                       vars_set(v, "drive_spec", c->drive_add == NULL ? "" : c->drive_add) |
                       vars_set(v, "rc", "") | vars_set(v, "qmp_says", "") |
                       vars_set(v, "qmp_status", "") | vars_set(v, "mark_left", "") |
                       vars_set(v, "mark_right", "");
    return failed != 0 ? -1 : 0;
}
