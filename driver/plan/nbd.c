// Starts qemu-nbd by libnbd's socket activation, and reads through it within bounds.
#include "plan/nbd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <libnbd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/run.h"
#include "plan/image.h"

enum { SAID_MAX = 4096, REQUEST_MAX = 1024 * 1024 };

struct export {
    struct nbd_handle *nbd;
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

// Standard error, turned into a file in memory while a child is started that inherits it: libnbd
// offers no other way to have what qemu-nbd says. The child keeps the file; we get ours back.
struct capture {
    int memory; // -1: no capture, the child's words go to our standard error
    int saved;
};

static struct capture capture_begin(void) {
    struct capture c = {.memory = memfd_create("qemu-nbd", MFD_CLOEXEC), .saved = -1};
    if (c.memory < 0)
        return c;
    c.saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3); // fails when it is closed: then it stays so
    (void)fflush(stderr);
    (void)dup2(c.memory, STDERR_FILENO);
    return c;
}

static void capture_end(struct capture *c, char said[SAID_MAX]) {
    said[0] = '\0';
    if (c->memory < 0)
        return;
    if (c->saved >= 0)
        (void)dup2(c->saved, STDERR_FILENO);
    else
        close(STDERR_FILENO);
    ssize_t n = pread(c->memory, said, SAID_MAX - 1, 0);
    said[n < 0 ? 0 : n] = '\0';
    if (c->saved >= 0)
        close(c->saved);
    close(c->memory);
}

struct export *export_open(const char *path, const char *format, const char *qemu_img,
                           struct failure *f) {
    char *program = find_qemu_nbd(qemu_img, f);
    if (program == NULL)
        return NULL;
    struct export *e = calloc(1, sizeof *e);
    if (e != NULL)
        e->nbd = nbd_create();
    if (e == NULL || e->nbd == NULL) {
        failure_set(f, EXIT_ID_INTERNAL, NULL, "no memory");
        free(e);
        free(program);
        return NULL;
    }
    char *argv[] = {program, "--read-only", "-f", (char *)format, "--", (char *)path, NULL};
    char said[SAID_MAX];
    struct capture c = capture_begin();
    int rc = nbd_connect_systemd_socket_activation(e->nbd, argv);
    capture_end(&c, said);
    free(program);
    int64_t size = rc == 0 ? nbd_get_size(e->nbd) : -1;
    if (size < 0) {
        image_failure(f, path, format, said[0] != '\0' ? said : nbd_get_error());
        export_close(e);
        return NULL;
    }
    e->size = (uint64_t)size;
    return e;
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

void export_close(struct export *e) {
    if (e == NULL)
        return;
    nbd_close(e->nbd);
    free(e);
}
