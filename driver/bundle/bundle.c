// By libarchive: pax with gzip, which every tar opens.
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

static const char top_folder[] = "qemu-grow-bundle";

struct bundle {
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
    const char *words = archive_error_string(b->archive);
    return cannot(b->path, archive_errno(b->archive), words == NULL ? "no reason given" : words, f);
}

static void drop(struct bundle *b) {
    (void)archive_write_free(b->archive);
    if (b->fd >= 0)
        (void)close(b->fd);
    free(b->path);
    free(b);
}

struct bundle *bundle_new(const char *path, struct failure *f) {
    struct bundle *b = calloc(1, sizeof *b);
    if (b == NULL || (b->path = strdup(path)) == NULL ||
        (b->archive = archive_write_new()) == NULL) {
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
    if (archive_write_add_filter_gzip(b->archive) != ARCHIVE_OK ||
        archive_write_set_format_pax_restricted(b->archive) != ARCHIVE_OK ||
        archive_write_open_fd(b->archive, b->fd) != ARCHIVE_OK) {
        (void)archive_failed(b, f);
        (void)bundle_end(b, 0, NULL);
        return NULL;
    }
    return b;
}

int bundle_add(struct bundle *b, const char *name, const void *bytes, size_t size,
               struct failure *f) {
    struct archive_entry *entry = archive_entry_new();
    char path[256];
    if (entry == NULL)
        return failure_no_memory(f);
    (void)snprintf(path, sizeof path, "%s/%s", top_folder, name);
    archive_entry_set_pathname(entry, path);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_mtime(entry, b->now, 0);
    int rc = archive_write_header(b->archive, entry) == ARCHIVE_OK ? 0 : archive_failed(b, f);
    for (size_t done = 0; rc == 0 && done < size;) {
        const la_ssize_t n =
            archive_write_data(b->archive, (const char *)bytes + done, size - done);
        if (n <= 0)
            rc = archive_failed(b, f);
        else
            done += (size_t)n;
    }
    archive_entry_free(entry);
    return rc;
}

int bundle_end(struct bundle *b, int whole, struct failure *f) {
    if (b == NULL)
        return 0;
    int rc = 0;
    if (archive_write_close(b->archive) != ARCHIVE_OK && whole)
        rc = archive_failed(b, f);
    if (rc == 0 && whole && fsync(b->fd) != 0 && errno != EINVAL)
        rc = cannot(b->path, errno, strerror(errno), f);
    if (rc != 0 || !whole)
        (void)unlink(b->path);
    drop(b);
    return rc;
}
