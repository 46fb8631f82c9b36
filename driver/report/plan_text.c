// The plan as blocks of lines under a word each.
#include "report/plan_text.h"

#include <inttypes.h>
#include <string.h>

#include "plan/feature.h"
#include "report/disk.h"
#include "report/plan_map.h"
#include "report/text.h"

enum { LINE_SIZE = 4096 };

// "Word    text", or the text alone below the word.
static void line(FILE *out, const char *word, const char *text) {
    char shown[LINE_SIZE];
    (void)text_printable(shown, sizeof shown, sizeof shown, text, strlen(text), true);
    (void)fprintf(out, "%-8s%s\n", word, shown);
}

static void print_disk(FILE *out, const struct plan *p) {
    char text[LINE_SIZE];
    if (p->known < KNOWN_IMAGE)
        (void)snprintf(text, sizeof text, "%s", p->disk != NULL ? p->disk : p->asked);
    else
        (void)snprintf(text, sizeof text, "%s (%s%s)", p->disk, p->format,
                       p->image.probed ? ", as qemu-img finds" : "");
    line(out, "Disk", text);
}

static void print_size(FILE *out, const char *word, uint64_t bytes) {
    char size[TEXT_BYTES_SIZE];
    (void)fprintf(out, "%-8s%s (%" PRIu64 " bytes)\n", word, text_bytes(size, sizeof size, bytes),
                  bytes);
}

static void print_range(FILE *out, const struct plan_range *x, const struct mbr_entry *e,
                        const char *holds) {
    char size[TEXT_BYTES_SIZE];
    char number[4] = "-";
    char type[4] = "";
    if (e != NULL) {
        (void)snprintf(number, sizeof number, "%d", x->number);
        (void)snprintf(type, sizeof type, "%2x", e->type);
    }
    (void)fprintf(out, "        %9s %4s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %11s %2s  %s\n",
                  number, e != NULL && e->boot == 0x80 ? "*" : "", x->start,
                  x->start + x->sectors - 1, x->sectors,
                  text_bytes(size, sizeof size, x->sectors * SECTOR_SIZE), type,
                  e == NULL          ? "unused"
                  : holds[0] == '\0' ? "unknown"
                                     : holds);
}

static void print_table(FILE *out, const struct mbr_entry entry[4], uint64_t sectors,
                        const char holds[MBR_ENTRIES][HOLDS_SIZE]) {
    struct plan_range ranges[PLAN_RANGES_MAX];
    const int count = plan_ranges(ranges, entry, sectors);
    (void)fputs("        partition boot      start        end    sectors        size id  holds\n",
                out);
    for (int i = 0; i < count; i++) {
        const int n = ranges[i].number;
        print_range(out, &ranges[i], n == 0 ? NULL : &entry[n - 1], n == 0 ? "" : holds[n - 1]);
    }
}

static void print_blocks(FILE *out, const struct ext_super *s, uint64_t blocks) {
    char size[TEXT_BYTES_SIZE];
    const uint64_t bytes = blocks * s->block_size;
    (void)fprintf(
        out, "        ext%d, %" PRIu64 " blocks of %" PRIu32 " bytes (%s, %" PRIu64 " bytes)\n",
        s->version, blocks, s->block_size, text_bytes(size, sizeof size, bytes), bytes);
}

static void print_fs(FILE *out, const struct ext_super *s) {
    char uuid[EXT_UUID_TEXT];
    char features[FEATURE_LIST_SIZE];
    char text[LINE_SIZE];
    print_blocks(out, s, s->blocks);
    ext_uuid_text(uuid, s->uuid);
    (void)snprintf(text, sizeof text, "UUID %s, label \"%s\", %s", uuid, s->label,
                   ext_is_clean(s) ? "clean" : "not clean");
    line(out, "", text);
    feature_list(features, sizeof features, s);
    (void)snprintf(text, sizeof text, "features: %s", features);
    line(out, "", text);
}

static void print_planned(FILE *out, const struct plan *p) {
    char needed[TEXT_BYTES_SIZE];
    char free[TEXT_BYTES_SIZE];
    struct mbr_entry entry[MBR_ENTRIES];
    memcpy(entry, p->before.mbr.entry, sizeof entry);
    entry[p->part - 1] = p->entry;
    print_size(out, "Planned", p->virtual_size);
    print_table(out, entry, p->virtual_size / SECTOR_SIZE, p->before.holds);
    print_blocks(out, &p->before.fs, p->fs_blocks);
    if (p->room.available != UINT64_MAX)
        (void)fprintf(out, "Room    up to %s beside the disk; the host's file system has %s left\n",
                      text_bytes(needed, sizeof needed, p->room.possible),
                      text_bytes(free, sizeof free, p->room.available));
}

static void print_steps(FILE *out, const struct outline *steps) {
    for (size_t i = 0; i < steps->count; i++) {
        const struct outline_step *s = &steps->at[i];
        char text[LINE_SIZE];
        (void)snprintf(text, sizeof text, "%2s  %-44s  %s", s->step, s->title,
                       s->dialogue[0] == '\0' ? "on the host" : s->dialogue);
        line(out, i == 0 ? "Steps" : "", text);
    }
}

// The other partitions' numbers: "1, 3".
static void other_numbers(char *text, size_t size, const struct plan *p) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < MBR_ENTRIES; i++) {
        if (p->before.mbr.entry[i].type == 0 || i + 1 == p->part)
            continue;
        int n = snprintf(text + used, size - used, "%s%d", used > 0 ? ", " : "", i + 1);
        used += n > 0 ? (size_t)n : 0;
    }
}

bool plan_kept(char *text, size_t size, const struct plan *p, int index) {
    const struct ext_super *s = &p->before.fs;
    char uuid[EXT_UUID_TEXT];
    char others[16];
    ext_uuid_text(uuid, s->uuid);
    other_numbers(others, sizeof others, p);
    switch (index) {
    case 0:
        (void)snprintf(text, size, "the boot code, and all before partition %d", p->part);
        return true;
    case 1:
        (void)snprintf(text, size, "the disk signature %08" PRIx32 " (PARTUUID %08" PRIx32 "-%02d)",
                       p->before.mbr.signature, p->before.mbr.signature, p->part);
        return true;
    case 2:
        (void)snprintf(text, size,
                       "partition %d's number, first sector %" PRIu32 ", type %02x and boot flag",
                       p->part, p->entry.start, p->entry.type);
        return true;
    case 3:
        (void)snprintf(text, size, "the file system's UUID %s, label \"%s\", features and files",
                       uuid, s->label);
        return true;
    case 4:
        (void)snprintf(text, size, "%s %s", strlen(others) > 1 ? "the partitions" : "partition",
                       others);
        return others[0] != '\0';
    default:
        return false;
    }
}

static const char *const words[] = {
    [SEVERITY_REFUSE] = "Refused", [SEVERITY_WARN] = "Warning", [SEVERITY_NOTE] = "Note"};

static void print_reasons(FILE *out, const struct reasons *r, enum severity severity) {
    for (size_t i = 0; i < r->count; i++) {
        const struct reason *x = &r->at[i];
        char text[LINE_SIZE];
        if (reason_rows[x->id].severity != severity)
            continue;
        (void)snprintf(text, sizeof text, "%s: %s", reason_rows[x->id].code, x->what);
        line(out, words[severity], text);
        if (x->next[0] == '\0')
            continue;
        (void)snprintf(text, sizeof text, "to do: %s", x->next);
        line(out, "", text);
    }
}

static void print_verdict(FILE *out, const struct plan *p) {
    const struct reason *first = reasons_refusal(&p->reasons);
    if (first != NULL)
        (void)fprintf(out, "Result  refused: exit code %d\n", exit_rows[first->exit].code);
    else if (p->verdict == PLAN_UNCHANGED)
        (void)fprintf(out,
                      "Result  nothing to do: the disk has this size, and all of it is in use\n");
    else
        (void)fprintf(out, "Result  the disk can be grown: leave out --plan to do it\n");
}

void plan_text_print(FILE *out, const struct plan *p, const struct outline *steps) {
    const bool todo = p->known == KNOWN_GROWTH && p->verdict == PLAN_GROW;
    char text[LINE_SIZE];
    print_disk(out, p);
    if (p->known >= KNOWN_TABLE)
        disk_print_map(out, p);
    if (p->known >= KNOWN_IMAGE)
        print_size(out, "Now", p->before.virtual_size);
    if (p->known >= KNOWN_TABLE)
        print_table(out, p->before.mbr.entry, p->before.virtual_size / SECTOR_SIZE,
                    p->before.holds);
    if (p->known >= KNOWN_FS)
        print_fs(out, &p->before.fs);
    if (p->known == KNOWN_GROWTH && p->verdict != PLAN_UNCHANGED)
        print_planned(out, p);
    else if (p->known >= KNOWN_IMAGE && p->virtual_size != 0 && p->verdict != PLAN_UNCHANGED)
        print_size(out, "Wanted", p->virtual_size);
    if (todo)
        print_steps(out, steps);
    for (int i = 0; todo && plan_kept(text, sizeof text, p, i); i++)
        line(out, i == 0 ? "Kept" : "", text);
    for (int s = SEVERITY_REFUSE; s <= SEVERITY_NOTE; s++)
        print_reasons(out, &p->reasons, (enum severity)s);
    print_verdict(out, p);
}
