// The same commands that work/ and guest/ run, and what they do without a program.
#include "runbook/host.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/argv.h"
#include "guest/enlarge.h"
#include "plan/subformat.h"
#include "work/copy.h"
#include "work/overlay.h"

// Takes argv over; NULL: there is no memory, or *f is set already.
static int add(struct host_commands *h, enum host_step step, char **argv, struct failure *f) {
    if (argv == NULL)
        return f->id == EXIT_ID_OK ? failure_no_memory(f) : -1;
    h->at[h->count++] = (struct host_command){.step = step, .argv = argv};
    return 0;
}

static int add_check(struct host_commands *h, enum host_step step, const char *qemu_img,
                     const char *format, const char *file, struct failure *f) {
    return add(h, step, argv_new(qemu_img, "check", "-q", "-f", format, "--", file, NULL), f);
}

// The size that the disk must have.
static int add_info(struct host_commands *h, const struct options *o, const struct plan *p,
                    struct failure *f) {
    const enum host_step step = o->in_place ? HOST_PROVE_GUEST : HOST_PROVE_DISK;
    if (add(h, step, argv_new(o->qemu_img, "info", "-f", p->format, "--", p->disk, NULL), f) != 0)
        return -1;
    (void)snprintf(h->must, sizeof h->must, "virtual size: ... (%" PRIu64 " bytes)",
                   p->virtual_size);
    h->at[h->count - 1].must = h->must;
    return 0;
}

// A VDI's UUIDs are copied, too.
static int add_uuids(struct host_commands *h, struct failure *f) {
    char skip[24];
    char seek[24];
    char count[24];
    char from[4096 + 4];
    char to[4096 + 4];
    (void)snprintf(skip, sizeof skip, "skip=%d", COPY_VDI_UUIDS);
    (void)snprintf(seek, sizeof seek, "seek=%d", COPY_VDI_UUIDS);
    (void)snprintf(count, sizeof count, "count=%d", COPY_VDI_UUIDS_SIZE);
    (void)snprintf(from, sizeof from, "if=%s", h->files.disk);
    (void)snprintf(to, sizeof to, "of=%s", h->files.copy);
    return add(
        h, HOST_COMMIT,
        argv_new("dd", from, to, "bs=1", skip, seek, count, "conv=notrunc", "status=none", NULL),
        f);
}

// A grown copy takes the disk's place.
static int add_copy(struct host_commands *h, const struct options *o, const struct plan *p,
                    struct failure *f) {
    const struct work_files *w = &h->files;
    const int disk = open(w->disk, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (disk < 0)
        return failure_set(f, EXIT_ID_DISK_UNREADABLE, "check the path", "%s cannot be read: %s",
                           w->disk, strerror(errno));
    char **convert = copy_convert_argv(w, p->format, disk, o->qemu_img, f);
    (void)close(disk);
    int rc = add(h, HOST_COMMIT, argv_new("mkdir", "-m", "700", "--", w->copy_folder, NULL), f);
    if (rc == 0)
        rc = add(h, HOST_COMMIT, convert, f);
    else
        argv_free(convert);
    if (rc == 0 && strcmp(p->format, "vdi") == 0)
        rc = add_uuids(h, f);
    if (rc == 0)
        rc = add(h, HOST_COMMIT, copy_compare_argv(w, p->format, o->qemu_img, f), f);
    if (rc == 0)
        rc = add(h, HOST_COMMIT,
                 argv_new("cp", "--attributes-only", "--preserve=mode,ownership,xattr", "--",
                          w->disk, w->copy, NULL),
                 f);
    if (rc == 0)
        rc = add(h, HOST_COMMIT, argv_new("sync", "--", w->copy, NULL), f);
    if (rc == 0)
        rc = add(h, HOST_COMMIT, argv_new("mv", "--", w->copy, w->disk, NULL), f);
    return rc == 0 ? add(h, HOST_COMMIT, argv_new("rmdir", "--", w->copy_folder, NULL), f) : -1;
}

static int add_overlay(struct host_commands *h, const struct options *o, const struct plan *p,
                       struct failure *f) {
    const struct work_files *w = &h->files;
    int rc = add(h, HOST_OVERLAY, overlay_make_argv(w, p->format, p->virtual_size, o->qemu_img), f);
    if (rc == 0)
        rc = add_check(h, HOST_PROVE_GUEST, o->qemu_img, overlay_format, w->overlay, f);
    if (rc == 0 && subformat_needs_copy(p->format))
        rc = add_copy(h, o, p, f);
    else if (rc == 0)
        rc = add(h, HOST_COMMIT, overlay_commit_argv(w, o->qemu_img), f);
    if (rc == 0)
        rc = add_info(h, o, p, f);
    return rc == 0 ? add(h, HOST_PROVE_DISK, argv_new("rm", "--", w->overlay, NULL), f) : -1;
}

int host_commands_make(struct host_commands *h, const struct options *o, const struct plan *p,
                       struct failure *f) {
    *h = (struct host_commands){0};
    f->id = EXIT_ID_OK;
    if (files_of(&h->files, p->disk, f) != 0)
        return -1;
    if (!o->in_place)
        return add_overlay(h, o, p, f);
    if (p->resize && add(h, HOST_ENLARGE, disk_enlarge_argv(p, o->qemu_img), f) != 0)
        return -1;
    return add_info(h, o, p, f);
}

void host_commands_free(struct host_commands *h) {
    for (size_t i = 0; i < h->count; i++)
        argv_free(h->at[i].argv);
    files_free(&h->files);
    *h = (struct host_commands){0};
}
