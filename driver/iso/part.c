// Written and hashed by a writer; emptied whenever the bytes cannot be trusted to fit.
#include "iso/part.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "iso/look.h"

enum {
    HEAD = 512, // bytes that tell a web page
};

static int cannot(const struct part *p, const char *what, int error, struct failure *f) {
    const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    return failure_set(f, full ? EXIT_ID_CACHE_FULL : EXIT_ID_CACHE_UNWRITABLE,
                       full ? "make room, or name another folder by $XDG_CACHE_HOME"
                            : "name another folder by $XDG_CACHE_HOME, or add --no-cache",
                       "%s cannot be %s: %s", p->job->part, what, strerror(error));
}

static char *from_path(const char *part) {
    char *path = NULL;
    return asprintf(&path, "%s.from", part) < 0 ? NULL : path;
}

void fetch_forget(const char *part) {
    char *from = from_path(part);
    if (from != NULL)
        (void)unlink(from);
    free(from);
    (void)unlink(part);
}

// The validator that was written beside the part; "" if there is none.
static void read_validator(struct part *p) {
    char *path = from_path(p->job->part);
    FILE *in = path == NULL ? NULL : fopen(path, "re");
    p->validator[0] = '\0';
    if (in != NULL && fgets(p->validator, sizeof p->validator, in) != NULL) {
        // Without the newline the file is not complete.
        char *newline = strchr(p->validator, '\n');
        *(newline == NULL ? p->validator : newline) = '\0';
    }
    if (in != NULL)
        (void)fclose(in);
    free(path);
}

// Written while the part is empty, so that the two always fit together.
static int write_validator(struct part *p, const char *validator, struct failure *f) {
    char *path = from_path(p->job->part);
    FILE *out = path == NULL ? NULL : fopen(path, "we");
    (void)snprintf(p->validator, sizeof p->validator, "%s", validator);
    int error = out == NULL ? errno : 0;
    if (out != NULL && fprintf(out, "%s\n", validator) < 0)
        error = errno;
    if (out != NULL && fclose(out) != 0)
        error = errno;
    free(path);
    return error == 0 ? 0 : cannot(p, "begun", error, f);
}

// Begins anew with no byte.
static int empty(struct part *p, struct failure *f) {
    writer_drop(p->writer);
    p->writer = NULL;
    p->size = 0;
    p->resumed = false;
    p->validator[0] = '\0';
    if (ftruncate(p->fd, 0) != 0)
        return cannot(p, "emptied", errno, f);
    p->writer = writer_new(p->fd, 0);
    return p->writer == NULL ? failure_no_memory(f) : 0;
}

int part_open(struct part *p, const struct fetch_job *job, const struct fetcher *with,
              struct failure *f) {
    struct stat st;
    *p = (struct part){.job = job, .with = with};
    p->fd = open(job->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (p->fd < 0 || fstat(p->fd, &st) != 0)
        return cannot(p, "written", errno, f);
    read_validator(p);
    p->size = (uint64_t)st.st_size;
    p->total = job->size;
    const uint64_t most = job->size != 0 ? job->size : with->manner.largest;
    if (p->validator[0] == '\0' || p->size > most)
        return empty(p, f);
    p->resumed = p->size > 0;
    p->writer = writer_new(p->fd, p->size);
    return p->writer == NULL ? failure_no_memory(f) : 0;
}

static int check_room(const struct part *p, uint64_t total, struct failure *f) {
    struct statvfs fs;
    if (total <= p->size || fstatvfs(p->fd, &fs) != 0)
        return 0;
    const uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (room >= total - p->size)
        return 0;
    return failure_set(f, EXIT_ID_CACHE_FULL,
                       "make room, or name another folder by $XDG_CACHE_HOME",
                       "%s needs %" PRIu64 " bytes, and its file system has %" PRIu64 " left",
                       p->job->part, total - p->size, room);
}

static int check_total(const struct part *p, uint64_t total, struct failure *f) {
    const uint64_t largest = p->with->manner.largest;
    if (p->job->size != 0 && total != 0 && total != p->job->size)
        return failure_set(f, EXIT_ID_ISO_MISMATCH, "try another mirror by --mirror=URL",
                           "the server's %s has %" PRIu64 " bytes and must have %" PRIu64,
                           p->job->name, total, p->job->size);
    if (p->job->size == 0 && total > largest)
        return failure_set(f, EXIT_ID_ISO_TOO_LARGE, "check the URL",
                           "the server's %s has %" PRIu64 " bytes, and no ISO has more than "
                           "%" PRIu64,
                           p->job->name, total, largest);
    return check_room(p, total, f);
}

int part_begin(void *data, const struct reply *reply, struct failure *f) {
    struct part *p = data;
    if (reply->partial && reply->from != p->size) {
        p->again = true;
        if (empty(p, f) != 0)
            return -1;
        return failure_set(f, EXIT_ID_ISO_FETCH_FAILED, "try another mirror by --mirror=URL",
                           "the server of %s sent another range than was asked for", p->job->name);
    }
    if (!reply->partial) {
        if (p->size > 0)
            watch_note(p->with->watch,
                       "%s: the server does not go on behind %" PRIu64 " bytes; beginning anew",
                       p->job->name, p->size);
        if (empty(p, f) != 0)
            return -1;
    }
    if (check_total(p, reply->total, f) != 0)
        return -1;
    if (p->total == 0)
        p->total = reply->total;
    return reply->partial ? 0 : write_validator(p, reply->validator, f);
}

// Waits until all is written. sha256 may be NULL.
static int end_writer(struct part *p, char *sha256, struct failure *f) {
    const int result = writer_end(p->writer, &p->size, sha256);
    p->writer = NULL;
    return result == 0 ? 0 : cannot(p, "written", errno, f);
}

int part_write(void *data, const void *bytes, size_t size, struct failure *f) {
    struct part *p = data;
    const uint64_t most = p->job->size != 0 ? p->job->size : p->with->manner.largest;
    if (size > most - p->size) {
        const bool known = p->job->size != 0;
        if (empty(p, f) != 0)
            return -1;
        return failure_set(f, known ? EXIT_ID_ISO_MISMATCH : EXIT_ID_ISO_TOO_LARGE,
                           "try another mirror by --mirror=URL",
                           "the server's %s has more than %" PRIu64 " bytes", p->job->name, most);
    }
    if (writer_add(p->writer, bytes, size) != 0)
        return end_writer(p, NULL, f);
    p->size += size;
    const struct iso_watch *w = p->with->watch;
    w->progress(w->data, p->job->name, p->size, p->total, 0);
    return 0;
}

void part_tick(void *data) {
    const struct part *p = data;
    if (p->writer != NULL)
        writer_tick(p->writer);
}

// What came has the wrong size or digest.
static int wrong(struct part *p, const char *sha256, struct failure *f) {
    char head[HEAD];
    const ssize_t n = pread(p->fd, head, sizeof head, 0);
    const uint64_t size = p->size;
    const bool html = n > 0 && look_is_html(head, (size_t)n);
    p->again = p->resumed; // its first part may be what is wrong
    if (empty(p, f) != 0)
        return -1;
    if (html)
        return failure_set(f, EXIT_ID_ISO_MISMATCH,
                           "log in to the network, or try another mirror by --mirror=URL",
                           "the server sent a web page in place of %s, perhaps the login page of "
                           "the network (SHA-256 %s)",
                           p->job->name, sha256);
    if (p->job->size != 0 && size != p->job->size)
        return failure_set(f, EXIT_ID_ISO_MISMATCH, "try another mirror by --mirror=URL",
                           "%s came with %" PRIu64 " bytes and must have %" PRIu64 " (SHA-256 %s)",
                           p->job->name, size, p->job->size, sha256);
    return failure_set(f, EXIT_ID_ISO_MISMATCH, "try another mirror by --mirror=URL",
                       "%s came with SHA-256 %s and must have %s; it was removed", p->job->name,
                       sha256, p->job->sha256);
}

int part_finish(struct part *p, char sha256[DIGEST_HEX + 1], struct failure *f) {
    if (end_writer(p, sha256, f) != 0)
        return -1;
    if ((p->job->size != 0 && p->size != p->job->size) ||
        (p->job->sha256 != NULL && strcmp(sha256, p->job->sha256) != 0))
        return wrong(p, sha256, f);
    if (fsync(p->fd) != 0)
        return cannot(p, "written", errno, f);
    return 0;
}

void part_close(struct part *p) {
    struct failure ignored;
    if (p->writer != NULL)
        (void)end_writer(p, NULL, &ignored); // what is not written is fetched again
    if (p->fd >= 0)
        (void)close(p->fd);
    p->fd = -1;
}
