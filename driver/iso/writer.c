// The bytes gather in blocks. A full one is written at once and then hashed by the digest's thread,
// so that nothing is read back, and neither the kernel nor the thread is called for each piece.
#include "iso/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    // Bytes. A larger piece has left the processor's cache again when it is hashed, and the kernel
    // takes longer to find room for it.
    BLOCK = 128 * 1024,
    BLOCKS = 64,                 // how far the digest may be behind
    WAKE = BLOCKS / 2,           // blocks that are free again when a writer that waits is woken
    SYNC_STEP = 8 * 1024 * 1024, // bytes after which the disk may begin to write
};

struct block {
    char *bytes;
    size_t size; // bytes in it
};

struct writer {
    int fd;
    struct digest *digest;
    char *old; // a buffer: the thread's
    pthread_t thread;
    uint64_t before; // bytes that were in the file
    uint64_t size;   // bytes in the file: the caller's
    int cannot;      // an errno of a write: the caller's
    struct block blocks[BLOCKS];
    pthread_mutex_t lock; // guards what follows
    pthread_cond_t filled_some, hashed_some;
    uint64_t filled, hashed; // blocks, of which number n is blocks[n % BLOCKS]
    bool ending;             // none will come any more
    bool dropped;            // the digest is not wanted
    int error;               // an errno of the thread
};

// The block that gathers: the caller's alone until it counts as filled.
static struct block *gathering(struct writer *w) {
    return &w->blocks[w->filled % BLOCKS];
}

// Hashes what was in the file. 0, or an errno.
static int hash_old(struct writer *w) {
    for (uint64_t done = 0; done < w->before;) {
        const uint64_t left = w->before - done;
        const ssize_t n =
            digest_read(w->digest, w->fd, w->old, left < BLOCK ? (size_t)left : BLOCK, done);
        if (n <= 0)
            return n < 0 ? errno : EIO; // the file became shorter: somebody else wrote in it
        done += (uint64_t)n;
    }
    return 0;
}

static void *work(void *data) {
    struct writer *w = data;
    // Where processors are few, the network goes on when we are woken.
    (void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
    int error = hash_old(w);
    (void)pthread_mutex_lock(&w->lock);
    while (error == 0 && !w->dropped) {
        if (w->hashed < w->filled) {
            const struct block *b = &w->blocks[w->hashed % BLOCKS];
            (void)pthread_mutex_unlock(&w->lock);
            error = digest_add(w->digest, b->bytes, b->size) == 0 ? 0 : errno;
            (void)pthread_mutex_lock(&w->lock);
            w->hashed++;
            if (w->filled - w->hashed == BLOCKS - WAKE)
                (void)pthread_cond_signal(&w->hashed_some);
        } else if (w->ending) {
            break;
        } else {
            (void)pthread_cond_wait(&w->filled_some, &w->lock);
        }
    }
    w->error = error;
    (void)pthread_cond_signal(&w->hashed_some);
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void destroy(struct writer *w) {
    (void)pthread_cond_destroy(&w->hashed_some);
    (void)pthread_cond_destroy(&w->filled_some);
    (void)pthread_mutex_destroy(&w->lock);
    digest_free(w->digest);
    for (size_t i = 0; i < BLOCKS; i++)
        free(w->blocks[i].bytes);
    free(w->old);
    free(w);
}

static bool has_memory(struct writer *w) {
    w->digest = digest_new(DIGEST_SHA256);
    w->old = malloc(BLOCK);
    bool good = w->digest != NULL && w->old != NULL;
    for (size_t i = 0; i < BLOCKS; i++) {
        w->blocks[i].bytes = malloc(BLOCK);
        good = good && w->blocks[i].bytes != NULL;
    }
    return good;
}

struct writer *writer_new(int fd, uint64_t size) {
    struct writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->fd = fd;
    w->size = w->before = size;
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->filled_some, NULL);
    (void)pthread_cond_init(&w->hashed_some, NULL);
    if (!has_memory(w) || pthread_create(&w->thread, NULL, work, w) != 0) {
        destroy(w);
        return NULL;
    }
    (void)pthread_setname_np(w->thread, "digest"); // for people who look with ps or perf
    return w;
}

// Writes a block to the file. 0, or an errno.
static int put(struct writer *w, const struct block *b) {
    for (size_t done = 0; done < b->size;) {
        const ssize_t n = pwrite(w->fd, b->bytes + done, b->size - done, (off_t)w->size);
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
    return 0;
}

// The thread gets the block, and the next one becomes free. 0, or the thread's errno.
static int pass_on(struct writer *w) {
    (void)pthread_mutex_lock(&w->lock);
    w->filled++;
    (void)pthread_cond_signal(&w->filled_some);
    while (w->filled - w->hashed == BLOCKS && w->error == 0)
        (void)pthread_cond_wait(&w->hashed_some, &w->lock);
    const int error = w->error;
    (void)pthread_mutex_unlock(&w->lock);
    gathering(w)->size = 0;
    return error;
}

static void flush(struct writer *w) {
    w->cannot = put(w, gathering(w));
    if (w->cannot == 0)
        w->cannot = pass_on(w);
}

int writer_add(struct writer *w, const void *bytes, size_t size) {
    for (size_t done = 0; w->cannot == 0 && done < size;) {
        struct block *b = gathering(w);
        const size_t room = BLOCK - b->size;
        const size_t n = size - done < room ? size - done : room;
        memcpy(b->bytes + b->size, (const char *)bytes + done, n);
        b->size += n;
        done += n;
        if (b->size == BLOCK)
            flush(w);
    }
    errno = w->cannot != 0 ? w->cannot : errno;
    return w->cannot == 0 ? 0 : -1;
}

// Writes the rest, and waits for the thread's end.
static void join(struct writer *w, bool drop) {
    if (w->cannot == 0 && gathering(w)->size > 0)
        flush(w);
    (void)pthread_mutex_lock(&w->lock);
    w->ending = true;
    w->dropped = drop || w->cannot != 0;
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_cond_signal(&w->filled_some);
    (void)pthread_join(w->thread, NULL);
}

int writer_end(struct writer *w, uint64_t *size, char hex[DIGEST_HEX + 1]) {
    join(w, hex == NULL);
    int error = w->cannot != 0 ? w->cannot : w->error;
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
