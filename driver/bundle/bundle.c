// By libarchive, which is loaded for it: pax with gzip, which every tar opens.
#include "bundle/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/library.h"

static const char top_folder[] = "qemu-grow-bundle";

#define CALLS(CALL)                                                                                \
    CALL(archive_entry_free)                                                                       \
    CALL(archive_entry_new)                                                                        \
    CALL(archive_entry_set_filetype)                                                               \
    CALL(archive_entry_set_mtime)                                                                  \
    CALL(archive_entry_set_pathname)                                                               \
    CALL(archive_entry_set_perm)                                                                   \
    CALL(archive_entry_set_size)                                                                   \
    CALL(archive_errno)                                                                            \
    CALL(archive_error_string)                                                                     \
    CALL(archive_write_add_filter_gzip)                                                            \
    CALL(archive_write_close)                                                                      \
    CALL(archive_write_data)                                                                       \
    CALL(archive_write_free)                                                                       \
    CALL(archive_write_header)                                                                     \
    CALL(archive_write_new)                                                                        \
    CALL(archive_write_open_fd)                                                                    \
    CALL(archive_write_set_format_pax_restricted)

struct archive_calls {
    CALLS(LIBRARY_POINTER)
};

#define ROW(name) LIBRARY_CALL(struct archive_calls, name)
static const struct library_call calls[] = {CALLS(ROW)};

struct bundle {
    struct archive_calls lib;
    struct archive *archive;
    int fd;
    char *path;
    time_t now;
};

static int cannot(const char *path, int why, const char *words, struct failure *f) {
    const bool full = why == ENOSPC || why == EDQUOT;
    return failure_set(f, full ? EXIT_ID_HOST_FULL : EXIT_ID_OUTPUT_UNWRITABLE, "name another file",
                       "the bundle %s cannot be written: %s", path, words);
}

static int archive_failed(const struct bundle *b, struct failure *f) {
    const char *words = b->lib.archive_error_string(b->archive);
    return cannot(b->path, b->lib.archive_errno(b->archive),
                  words == NULL ? "no reason given" : words, f);
}

static void drop(struct bundle *b) {
    (void)b->lib.archive_write_free(b->archive);
    if (b->fd >= 0)
        (void)close(b->fd);
    free(b->path);
    free(b);
}

struct bundle *bundle_new(const char *path, struct failure *f) {
    struct bundle *b = calloc(1, sizeof *b);
    if (b != NULL &&
        library_load(QEMU_GROW_LIBARCHIVE, calls, sizeof calls / sizeof *calls, &b->lib, f) != 0) {
        free(b);
        return NULL;
    }
    if (b == NULL || (b->path = strdup(path)) == NULL ||
        (b->archive = b->lib.archive_write_new()) == NULL) {
        (void)failure_no_memory(f);
        free(b == NULL ? NULL : b->path);
        free(b);
        return NULL;
    }
    b->now = time(NULL);
    b->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
    if (b->fd < 0) {
        (void)cannot(path, errno, strerror(errno), f);
        drop(b);
        return NULL;
    }
    if (b->lib.archive_write_add_filter_gzip(b->archive) != ARCHIVE_OK ||
        b->lib.archive_write_set_format_pax_restricted(b->archive) != ARCHIVE_OK ||
        b->lib.archive_write_open_fd(b->archive, b->fd) != ARCHIVE_OK) {
        (void)archive_failed(b, f);
        (void)bundle_end(b, 0, NULL);
        return NULL;
    }
    return b;
}

int bundle_add(struct bundle *b, const char *name, const void *bytes, size_t size,
               struct failure *f) {
    struct archive_entry *entry = b->lib.archive_entry_new();
    char path[256];
    if (entry == NULL)
        return failure_no_memory(f);
    (void)snprintf(path, sizeof path, "%s/%s", top_folder, name);
    b->lib.archive_entry_set_pathname(entry, path);
    b->lib.archive_entry_set_filetype(entry, AE_IFREG);
    b->lib.archive_entry_set_perm(entry, 0600);
    b->lib.archive_entry_set_size(entry, (la_int64_t)size);
    b->lib.archive_entry_set_mtime(entry, b->now, 0);
    int rc =
        b->lib.archive_write_header(b->archive, entry) == ARCHIVE_OK ? 0 : archive_failed(b, f);
    for (size_t done = 0; rc == 0 && done < size;) {
        const la_ssize_t n =
            b->lib.archive_write_data(b->archive, (const char *)bytes + done, size - done);
        if (n <= 0)
            rc = archive_failed(b, f);
        else
            done += (size_t)n;
    }
    b->lib.archive_entry_free(entry);
    return rc;
}

int bundle_end(struct bundle *b, int whole, struct failure *f) {
    if (b == NULL)
        return 0;
    int rc = 0;
    if (b->lib.archive_write_close(b->archive) != ARCHIVE_OK && whole)
        rc = archive_failed(b, f);
    if (rc == 0 && whole && fsync(b->fd) != 0 && errno != EINVAL)
        rc = cannot(b->path, errno, strerror(errno), f);
    if (rc != 0 || !whole)
        (void)unlink(b->path);
    drop(b);
    return rc;
}
