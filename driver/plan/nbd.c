// Starts qemu-nbd on a socket, and reads through it within bounds.
#include "plan/nbd.h"

#include <errno.h>
#include <inttypes.h>
#include <libnbd.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/run.h"
#include "plan/image.h"
#include "plan/server.h"

enum { SAID_MAX = 4096, REQUEST_MAX = 1024 * 1024, STATUS_MAX = 1024 * 1024 * 1024 };

static const char context_depth[] = "qemu:allocation-depth";

struct export {
    struct nbd_handle *nbd;
    struct server server;
    uint64_t size; // bytes
};

// qemu-nbd's path, allocated; NULL with the failure.
static char *find_qemu_nbd(const char *qemu_img, struct failure *f) {
    char *path = NULL;
    const char *slash = strrchr(qemu_img, '/');
    if (slash != NULL) {
        char *beside = NULL;
        if (asprintf(&beside, "%.*sqemu-nbd", (int)(slash + 1 - qemu_img), qemu_img) >= 0) {
            path = run_find(beside);
            free(beside);
        }
    }
    if (path == NULL)
        path = run_find("qemu-nbd");
    if (path == NULL)
        failure_set(f, EXIT_ID_PROGRAM_MISSING, "install it (Debian: qemu-utils)",
                    "qemu-nbd is neither beside qemu-img nor in PATH");
    return path;
}

static struct export *open_export(const char *path, const char *format, const char *qemu_img,
                                  bool chain, struct failure *f) {
    char *program = find_qemu_nbd(qemu_img, f);
    if (program == NULL)
        return NULL;
    struct export *e = calloc(1, sizeof *e);
    if (e != NULL) {
        e->server = (struct server){.pid = -1, .said = -1};
        e->nbd = nbd_create();
    }
    if (e == NULL || e->nbd == NULL) {
        failure_set(f, EXIT_ID_INTERNAL, NULL, "no memory");
        free(e);
        free(program);
        return NULL;
    }
    char *argv[] = {program, "--read-only", "-f", (char *)format, NULL, NULL, NULL, NULL};
    char **arg = argv + 4;
    if (chain)
        *arg++ = "--allocation-depth";
    *arg++ = "--";
    *arg = (char *)path;
    char said[SAID_MAX];
    // A server without them, or without memory for them, only costs time.
    (void)nbd_add_meta_context(e->nbd, LIBNBD_CONTEXT_BASE_ALLOCATION);
    if (chain)
        (void)nbd_add_meta_context(e->nbd, context_depth);
    const int fd = server_start(&e->server, argv);
    const int why = errno;
    const int rc = fd < 0 ? -1 : nbd_connect_socket(e->nbd, fd); // which takes fd
    free(program);
    int64_t size = rc == 0 ? nbd_get_size(e->nbd) : -1;
    if (size < 0) {
        server_words(&e->server, said, sizeof said);
        image_failure(f, path, format,
                      said[0] != '\0' ? said
                      : fd < 0        ? strerror(why)
                                      : nbd_get_error());
        export_close(e);
        return NULL;
    }
    e->size = (uint64_t)size;
    return e;
}

struct export *export_open(const char *path, const char *format, const char *qemu_img,
                           struct failure *f) {
    return open_export(path, format, qemu_img, false, f);
}

struct export *export_open_chain(const char *path, const char *format, const char *qemu_img,
                                 struct failure *f) {
    return open_export(path, format, qemu_img, true, f);
}

uint64_t export_size(const struct export *e) {
    return e->size;
}

int export_read(struct export *e, void *bytes, size_t size, uint64_t offset, struct failure *f) {
    if (offset > e->size || size > e->size - offset)
        return failure_set(f, EXIT_ID_IO_ERROR, NULL,
                           "%zu bytes at %" PRIu64 " are beyond the disk's end at %" PRIu64, size,
                           offset, e->size);
    uint8_t *p = bytes;
    while (size > 0) {
        size_t part = size < REQUEST_MAX ? size : REQUEST_MAX;
        if (nbd_pread(e->nbd, p, part, offset, 0) != 0)
            return failure_set(f, EXIT_ID_IO_ERROR, "check the host's disk and the image",
                               "the disk cannot be read at byte %" PRIu64 ": %s", offset,
                               nbd_get_error());
        p += part;
        size -= part;
        offset += part;
    }
    return 0;
}

// One context's answer: pairs of length and flags, of which the first is taken.
static int on_status(void *data, const char *context, uint64_t offset, uint32_t *entries,
                     size_t count, int *error) {
    (void)offset, (void)error;
    struct export_extent *x = data;
    if (count < 2 || entries[0] == 0)
        return 0;
    if (entries[0] < x->size)
        x->size = entries[0];
    if (strcmp(context, LIBNBD_CONTEXT_BASE_ALLOCATION) == 0)
        x->zero = (entries[1] & LIBNBD_STATE_ZERO) != 0;
    else if (strcmp(context, context_depth) == 0)
        x->depth = (int)(entries[1] > INT_MAX ? INT_MAX : entries[1]);
    return 0;
}

int export_extent(struct export *e, uint64_t offset, struct export_extent *x, struct failure *f) {
    if (offset >= e->size)
        return failure_set(f, EXIT_ID_IO_ERROR, NULL, "byte %" PRIu64 " is beyond the disk's end",
                           offset);
    const uint64_t left = e->size - offset;
    *x = (struct export_extent){.size = left < STATUS_MAX ? left : STATUS_MAX, .depth = -1};
    if (nbd_can_meta_context(e->nbd, LIBNBD_CONTEXT_BASE_ALLOCATION) <= 0 &&
        nbd_can_meta_context(e->nbd, context_depth) <= 0)
        return 0;
    const nbd_extent_callback callback = {.callback = on_status, .user_data = x};
    if (nbd_block_status(e->nbd, x->size, offset, callback, LIBNBD_CMD_FLAG_REQ_ONE) != 0)
        return failure_set(f, EXIT_ID_IO_ERROR, "check the host's disk and the image",
                           "QEMU does not tell what the disk has at byte %" PRIu64 ": %s", offset,
                           nbd_get_error());
    return 0;
}

void export_close(struct export *e) {
    if (e == NULL)
        return;
    nbd_close(e->nbd);
    server_end(&e->server);
    free(e);
}
