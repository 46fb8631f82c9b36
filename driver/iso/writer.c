// A ring of blocks between two threads, which wake each other seldom: a thread that is woken for
// each block costs more than what it does with it.
#include "iso/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    RING = 16,                   // blocks that may wait
    ENOUGH = 4,                  // blocks for which the thread is woken
    CHUNK = 256 * 1024,          // bytes that are read at a time
    SYNC_STEP = 8 * 1024 * 1024, // bytes after which the disk may begin to write
};

struct writer {
    int fd;
    struct digest *digest;
    char *room; // RING blocks
    pthread_t thread;
    uint64_t size;        // bytes in the file: the thread's until it has ended
    pthread_mutex_t lock; // guards what follows
    pthread_cond_t changed;
    size_t sizes[RING]; // of the blocks
    uint64_t given;     // blocks that were given so far
    uint64_t done;      // and are written and hashed
    bool ending;        // no block will come any more
    bool dropped;       // none is wanted any more
    int error;          // an errno
};

static char *block_of(const struct writer *w, uint64_t number) {
    return w->room + (size_t)(number % RING) * WRITER_BLOCK;
}

// What was in the file. 0, or an errno.
static int hash_before(struct writer *w) {
    void *buffer = w->size == 0 ? NULL : malloc(CHUNK);
    int error = w->size > 0 && buffer == NULL ? ENOMEM : 0;
    for (uint64_t done = 0; error == 0 && done < w->size;) {
        const uint64_t left = w->size - done;
        const ssize_t n =
            digest_read(w->digest, w->fd, buffer, left < CHUNK ? (size_t)left : CHUNK, done);
        if (n <= 0)
            error = n < 0 ? errno : EIO; // the file became shorter: somebody else wrote in it
        else
            done += (uint64_t)n;
    }
    free(buffer);
    return error;
}

// 0, or an errno.
static int write_block(struct writer *w, const char *block, size_t size) {
    for (size_t done = 0; done < size;) {
        const ssize_t n = pwrite(w->fd, block + done, size - done, (off_t)w->size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        done += (size_t)n;
        // The disk works while the network does, so that little is left for the fsync at the end.
        if ((w->size + (uint64_t)n) / SYNC_STEP != w->size / SYNC_STEP)
            (void)sync_file_range(w->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
        w->size += (uint64_t)n;
    }
    return digest_add(w->digest, block, size) == 0 ? 0 : errno;
}

static void *work(void *data) {
    struct writer *w = data;
    int error = hash_before(w);
    (void)pthread_mutex_lock(&w->lock);
    while (error == 0 && !w->dropped) {
        while (w->given - w->done < ENOUGH && !w->ending)
            (void)pthread_cond_wait(&w->changed, &w->lock);
        if (w->given == w->done)
            break;
        while (error == 0 && w->given > w->done && !w->dropped) {
            const size_t size = w->sizes[w->done % RING];
            // The block is this thread's until it is counted as done.
            (void)pthread_mutex_unlock(&w->lock);
            error = write_block(w, block_of(w, w->done), size);
            (void)pthread_mutex_lock(&w->lock);
            w->done++;
            if (w->given - w->done == RING / 2)
                (void)pthread_cond_signal(&w->changed);
        }
    }
    w->error = error;
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void destroy(struct writer *w) {
    (void)pthread_cond_destroy(&w->changed);
    (void)pthread_mutex_destroy(&w->lock);
    digest_free(w->digest);
    free(w->room);
    free(w);
}

struct writer *writer_new(int fd, uint64_t size) {
    struct writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->fd = fd;
    w->size = size;
    w->digest = digest_new(DIGEST_SHA256);
    w->room = malloc((size_t)RING * WRITER_BLOCK);
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->changed, NULL);
    if (w->digest == NULL || w->room == NULL || pthread_create(&w->thread, NULL, work, w) != 0) {
        destroy(w);
        return NULL;
    }
    (void)pthread_setname_np(w->thread, "writer"); // for people who look with ps or perf
    return w;
}

char *writer_block(struct writer *w) {
    (void)pthread_mutex_lock(&w->lock);
    while (w->given - w->done == RING && w->error == 0)
        (void)pthread_cond_wait(&w->changed, &w->lock);
    const int error = w->error;
    char *block = error == 0 ? block_of(w, w->given) : NULL;
    (void)pthread_mutex_unlock(&w->lock);
    errno = error != 0 ? error : errno;
    return block;
}

void writer_give(struct writer *w, size_t size) {
    (void)pthread_mutex_lock(&w->lock);
    w->sizes[w->given % RING] = size;
    w->given++;
    const bool enough = w->given - w->done >= ENOUGH;
    (void)pthread_mutex_unlock(&w->lock);
    if (enough)
        (void)pthread_cond_signal(&w->changed);
}

// Waits for the thread's end.
static void join(struct writer *w, bool drop) {
    (void)pthread_mutex_lock(&w->lock);
    w->ending = true;
    w->dropped = drop;
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_join(w->thread, NULL);
}

int writer_end(struct writer *w, uint64_t *size, char hex[DIGEST_HEX + 1]) {
    join(w, false);
    int error = w->error;
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
    join(w, true);
    destroy(w);
}
