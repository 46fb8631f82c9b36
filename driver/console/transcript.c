// The transcript file. Every write is complete, or told.
#include "console/transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct transcript {
    int fd;
    char *path; // for messages
};

static int fail(struct failure *f, enum exit_id otherwise, const char *path, int why) {
    if (why == ENOSPC || why == EDQUOT)
        return failure_set(f, EXIT_ID_HOST_FULL, "make room there, or name another place",
                           "there is no room for the transcript %s: %s", path, strerror(why));
    return failure_set(f, otherwise, "name another place for it",
                       "the transcript %s cannot be written: %s", path, strerror(why));
}

struct transcript *transcript_open(const char *path, struct failure *f) {
    struct transcript *t = calloc(1, sizeof *t);
    if (t == NULL || (t->path = strdup(path)) == NULL) {
        (void)failure_set(f, EXIT_ID_INTERNAL, NULL, "no memory for the transcript");
        free(t);
        return NULL;
    }
    while ((t->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600)) < 0 &&
           errno == EINTR)
        ;
    if (t->fd < 0) {
        (void)fail(f, EXIT_ID_OUTPUT_UNWRITABLE, path, errno);
        free(t->path);
        free(t);
        return NULL;
    }
    return t;
}

int transcript_write(struct transcript *t, const void *bytes, size_t size, struct failure *f) {
    const char *from = bytes;
    while (size > 0) {
        ssize_t n = write(t->fd, from, size);
        if (n > 0) {
            from += n;
            size -= (size_t)n;
        } else if (n < 0 && errno != EINTR)
            return fail(f, EXIT_ID_IO_ERROR, t->path, errno);
    }
    return 0;
}

int transcript_close(struct transcript *t, struct failure *f) {
    if (t == NULL)
        return 0;
    int result = 0;
    if (close(t->fd) != 0 && errno != EINTR)
        result = fail(f, EXIT_ID_IO_ERROR, t->path, errno);
    free(t->path);
    free(t);
    return result;
}
