// The copy is filled in whole chunks; blocks of zeros stay holes.
#include "proof/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"

enum {
    CHUNK = 64 * 1024, // bytes; a request to the source costs about as much for 64 KiB as for 4
    PAGE = 4096,       // bytes; the unit of holes in the file
    NAME_SIZE = 64
};

struct copy {
    struct copy_source from;
    int fd;
    char path[NAME_SIZE];
    uint8_t *have; // a bit for each chunk
    uint64_t filled;
    uint8_t chunk[CHUNK];
};

static const uint8_t zeros[PAGE];

static int file_failure(struct failure *f, const char *what, int error) {
    return failure_set(f, error == ENOSPC || error == EDQUOT ? EXIT_ID_HOST_FULL : EXIT_ID_IO_ERROR,
                       "make room there, or name another folder in $TMPDIR",
                       "the temporary copy of the file system's metadata cannot be %s: %s", what,
                       strerror(error));
}

// A file without a name; where the file system cannot make one, its name is removed at once.
static int open_nameless(const char *folder) {
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    char *name = NULL;
    if (fd >= 0 || asprintf(&name, "%s/.qemu-grow.XXXXXX", folder) < 0)
        return fd;
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(name);
    free(name);
    return fd;
}

struct copy *copy_new(const struct copy_source *from, const char *folder, struct failure *f) {
    struct copy *c = calloc(1, sizeof *c);
    if (c != NULL)
        c->have = calloc(1, from->size / CHUNK / 8 + 1);
    if (c == NULL || c->have == NULL) {
        free(c);
        failure_no_memory(f);
        return NULL;
    }
    c->from = *from;
    c->fd = open_nameless(folder);
    if (c->fd < 0) {
        failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE, "name another folder in $TMPDIR",
                    "no temporary file can be made in %s: %s", folder, strerror(errno));
        copy_free(c);
        return NULL;
    }
    if (ftruncate(c->fd, (off_t)from->size) != 0) {
        file_failure(f, "made", errno);
        copy_free(c);
        return NULL;
    }
    // A child has no descriptors of ours, but it may open them by their names here.
    (void)snprintf(c->path, sizeof c->path, "/proc/%ld/fd/%d", (long)getpid(), c->fd);
    return c;
}

void copy_free(struct copy *c) {
    if (c == NULL)
        return;
    if (c->fd >= 0)
        close(c->fd);
    free(c->have);
    free(c);
}

static bool has(const struct copy *c, uint64_t number) {
    return (c->have[number / 8] >> number % 8 & 1) != 0;
}

static int write_all(struct copy *c, const uint8_t *bytes, size_t size, uint64_t offset,
                     struct failure *f) {
    while (size > 0) {
        ssize_t n = pwrite(c->fd, bytes, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return file_failure(f, "written", n == 0 ? ENOSPC : errno);
        bytes += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

static int fill_chunk(struct copy *c, uint64_t number, struct failure *f) {
    const uint64_t offset = number * CHUNK;
    const uint64_t left = c->from.size - offset;
    const size_t size = left < CHUNK ? (size_t)left : CHUNK;
    if (c->from.read(c->from.data, c->chunk, size, offset, f) != 0)
        return -1;
    size_t first = 0; // of the pages that are still to be written
    for (size_t at = 0; at < size; at += PAGE) {
        const size_t part = size - at < PAGE ? size - at : PAGE;
        if (memcmp(c->chunk + at, zeros, part) != 0)
            continue;
        if (write_all(c, c->chunk + first, at - first, offset + first, f) != 0)
            return -1;
        first = at + part;
    }
    if (write_all(c, c->chunk + first, size - first, offset + first, f) != 0)
        return -1;
    c->have[number / 8] = (uint8_t)(c->have[number / 8] | 1U << number % 8);
    c->filled += size;
    return 0;
}

int copy_fill(struct copy *c, uint64_t offset, uint64_t size, struct failure *f) {
    if (size == 0 || offset >= c->from.size)
        return 0;
    const uint64_t room = c->from.size - offset;
    const uint64_t last = (offset + (size < room ? size : room) - 1) / CHUNK;
    for (uint64_t number = offset / CHUNK; number <= last; number++)
        if (!has(c, number) && fill_chunk(c, number, f) != 0)
            return -1;
    return 0;
}

int copy_read(struct copy *c, void *bytes, size_t size, uint64_t offset, struct failure *f) {
    if (copy_fill(c, offset, size, f) != 0)
        return -1;
    const ssize_t n = bytes_read(c->fd, bytes, size, offset);
    if (n < 0 || (size_t)n < size)
        return file_failure(f, "read", n < 0 ? errno : EIO);
    return 0;
}

uint64_t copy_size(const struct copy *c) {
    return c->from.size;
}

uint64_t copy_filled(const struct copy *c) {
    return c->filled;
}

const char *copy_path(const struct copy *c) {
    return c->path;
}
