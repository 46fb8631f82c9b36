// The digest's thread follows the file: it reads what was written back from the page cache, so that
// it hashes what is in the file, and nothing is copied for it. It is woken seldom: a thread that is
// woken for each piece costs more than what it does with it.
#include "iso/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    CHUNK = 256 * 1024,          // bytes that are read back at a time
    ENOUGH = 1024 * 1024,        // bytes for which the thread is woken
    BEHIND = 5,                  // nice: where processors are few, the network comes first
    SYNC_STEP = 8 * 1024 * 1024, // bytes after which the disk may begin to write
};

struct writer {
    int fd;
    struct digest *digest;
    char *chunk; // the thread's
    pthread_t thread;
    uint64_t size;        // bytes in the file: the caller's
    uint64_t told;        // of which the thread knows: the caller's
    int cannot;           // an errno of a write: the caller's
    uint64_t hashed;      // bytes: the thread's
    pthread_mutex_t lock; // guards what follows
    pthread_cond_t changed;
    uint64_t written; // bytes that may be hashed
    bool ending;      // none will come any more
    bool dropped;     // the digest is not wanted
    int error;        // an errno of the thread
};

// Hashes up to byte `end`. 0, or an errno.
static int hash_to(struct writer *w, uint64_t end) {
    while (w->hashed < end) {
        const uint64_t left = end - w->hashed;
        const ssize_t n =
            digest_read(w->digest, w->fd, w->chunk, left < CHUNK ? (size_t)left : CHUNK, w->hashed);
        if (n <= 0)
            return n < 0 ? errno : EIO; // the file became shorter: somebody else wrote in it
        w->hashed += (uint64_t)n;
    }
    return 0;
}

static void *work(void *data) {
    struct writer *w = data;
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), BEHIND);
    (void)pthread_mutex_lock(&w->lock);
    while (w->error == 0 && !w->dropped) {
        const uint64_t end = w->written;
        if (w->hashed < end) {
            (void)pthread_mutex_unlock(&w->lock);
            const int error = hash_to(w, end);
            (void)pthread_mutex_lock(&w->lock);
            w->error = error;
        } else if (w->ending) {
            break;
        } else {
            (void)pthread_cond_wait(&w->changed, &w->lock);
        }
    }
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void destroy(struct writer *w) {
    (void)pthread_cond_destroy(&w->changed);
    (void)pthread_mutex_destroy(&w->lock);
    digest_free(w->digest);
    free(w->chunk);
    free(w);
}

struct writer *writer_new(int fd, uint64_t size) {
    struct writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->fd = fd;
    w->size = w->told = w->written = size;
    w->digest = digest_new(DIGEST_SHA256);
    w->chunk = malloc(CHUNK);
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->changed, NULL);
    if (w->digest == NULL || w->chunk == NULL || pthread_create(&w->thread, NULL, work, w) != 0) {
        destroy(w);
        return NULL;
    }
    (void)pthread_setname_np(w->thread, "digest"); // for people who look with ps or perf
    return w;
}

// Lets the thread have what is in the file. 0, or its errno.
static int tell(struct writer *w) {
    (void)pthread_mutex_lock(&w->lock);
    w->written = w->told = w->size;
    const int error = w->error;
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_cond_signal(&w->changed);
    return error;
}

int writer_add(struct writer *w, const void *bytes, size_t size) {
    for (size_t done = 0; w->cannot == 0 && done < size;) {
        const ssize_t n = pwrite(w->fd, (const char *)bytes + done, size - done, (off_t)w->size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            w->cannot = errno;
            break;
        }
        done += (size_t)n;
        // The disk works while the network does, so that little is left for the fsync at the end.
        if ((w->size + (uint64_t)n) / SYNC_STEP != w->size / SYNC_STEP)
            (void)sync_file_range(w->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
        w->size += (uint64_t)n;
    }
    if (w->cannot == 0 && w->size - w->told >= ENOUGH)
        w->cannot = tell(w);
    errno = w->cannot != 0 ? w->cannot : errno;
    return w->cannot == 0 ? 0 : -1;
}

// Waits for the thread's end. Its errno, or 0.
static int join(struct writer *w, bool drop) {
    (void)pthread_mutex_lock(&w->lock);
    w->written = w->size;
    w->ending = true;
    w->dropped = drop;
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_join(w->thread, NULL);
    return w->error;
}

int writer_end(struct writer *w, uint64_t *size, char hex[DIGEST_HEX + 1]) {
    int error = join(w, hex == NULL || w->cannot != 0);
    if (w->cannot != 0)
        error = w->cannot;
    *size = w->size;
    if (error == 0 && hex != NULL && digest_end(w->digest, hex) != 0)
        error = errno;
    destroy(w);
    errno = error != 0 ? error : errno;
    return error == 0 ? 0 : -1;
}

void writer_drop(struct writer *w) {
    if (w == NULL)
        return;
    (void)join(w, true);
    destroy(w);
}
