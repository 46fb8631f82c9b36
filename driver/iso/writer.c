// The bytes gather in blocks. A full one goes to two threads: one writes it past the page cache,
// where the file system can do that, one hashes it; so the network waits for neither, nothing is
// read back, and neither the kernel nor a thread is called for each piece.
#include "iso/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BLOCK = 2048 * 1024,         // bytes: what a disk takes at once
    BLOCKS = 4,                  // how far a thread may be behind
    WAKE = BLOCKS / 2,           // blocks that are free again when a writer that waits is woken
    ALIGN = 4096,                // of memory, place and size, for a write past the page cache
    SYNC_STEP = 8 * 1024 * 1024, // bytes after which the disk may begin to write, else
};

struct block {
    char *bytes;
    size_t size; // bytes in it
};

// Each takes all blocks, in order.
enum task { TASK_DISK, TASK_DIGEST, TASKS };

struct worker {
    struct writer *writer;
    enum task task;
    pthread_t thread;
    pthread_cond_t filled_some;
    uint64_t done; // blocks
    int error;     // an errno
};

struct writer {
    int fd;
    int direct; // the same file, past the page cache; -1: not
    struct digest *digest;
    char *old;       // a buffer: the digest's
    uint64_t before; // bytes that were in the file
    uint64_t at;     // bytes in the file and in full blocks: the caller's
    uint64_t size;   // bytes in the file: the disk's
    uint64_t ticked; // blocks that were full at the last tick: the caller's
    int cannot;      // an errno of a worker: the caller's
    struct block blocks[BLOCKS];
    struct worker workers[TASKS];
    size_t running;       // workers
    pthread_mutex_t lock; // guards what follows, and `done` and `error` of the workers
    pthread_cond_t freed_some;
    uint64_t filled; // blocks, of which number n is blocks[n % BLOCKS]
    bool ending;     // none will come any more
    bool dropped;    // the digest is not wanted
};

// The block that gathers: the caller's alone until it counts as filled.
static struct block *gathering(struct writer *w) {
    return &w->blocks[w->filled % BLOCKS];
}

// Bytes that it may get: the blocks behind it begin at multiples of BLOCK.
static size_t room(const struct writer *w) {
    return BLOCK - (size_t)(w->at % BLOCK);
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

// One write, past the page cache if it can be. As pwrite.
static ssize_t write_some(struct writer *w, const char *bytes, size_t size) {
    if (w->direct >= 0 && w->size % ALIGN == 0 && size % ALIGN == 0) {
        const ssize_t n = pwrite(w->direct, bytes, size, (off_t)w->size);
        if (n >= 0 || errno != EINVAL)
            return n;
        (void)close(w->direct); // this file system wants it otherwise
        w->direct = -1;
    }
    const ssize_t n = pwrite(w->fd, bytes, size, (off_t)w->size);
    // The disk works while the network does, so that little is left for the fsync at the end.
    if (n > 0 && (w->size + (uint64_t)n) / SYNC_STEP != w->size / SYNC_STEP)
        (void)sync_file_range(w->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    return n;
}

// Writes a block to the file. 0, or an errno.
static int put(struct writer *w, const struct block *b) {
    for (size_t done = 0; done < b->size;) {
        const ssize_t n = write_some(w, b->bytes + done, b->size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        done += (size_t)n;
        w->size += (uint64_t)n;
    }
    return 0;
}

static int take(struct worker *k, const struct block *b) {
    if (k->task == TASK_DISK)
        return put(k->writer, b);
    return digest_add(k->writer->digest, b->bytes, b->size) == 0 ? 0 : errno;
}

static void *work(void *data) {
    struct worker *k = data;
    struct writer *w = k->writer;
    // Where processors are few, the network goes on when we are woken.
    (void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
    int error = k->task == TASK_DIGEST ? hash_old(w) : 0;
    (void)pthread_mutex_lock(&w->lock);
    while (error == 0 && (k->task == TASK_DISK || !w->dropped)) {
        if (k->done < w->filled) {
            const struct block *b = &w->blocks[k->done % BLOCKS];
            (void)pthread_mutex_unlock(&w->lock);
            error = take(k, b);
            (void)pthread_mutex_lock(&w->lock);
            k->done++;
            if (w->filled - k->done == BLOCKS - WAKE)
                (void)pthread_cond_signal(&w->freed_some);
        } else if (w->ending) {
            break;
        } else {
            (void)pthread_cond_wait(&k->filled_some, &w->lock);
        }
    }
    k->error = error;
    (void)pthread_cond_signal(&w->freed_some);
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void destroy(struct writer *w) {
    for (size_t i = 0; i < TASKS; i++)
        (void)pthread_cond_destroy(&w->workers[i].filled_some);
    (void)pthread_cond_destroy(&w->freed_some);
    (void)pthread_mutex_destroy(&w->lock);
    digest_free(w->digest);
    for (size_t i = 0; i < BLOCKS; i++)
        free(w->blocks[i].bytes);
    free(w->old);
    if (w->direct >= 0)
        (void)close(w->direct);
    free(w);
}

static bool has_memory(struct writer *w) {
    w->digest = digest_new(DIGEST_SHA256);
    w->old = malloc(BLOCK);
    bool good = w->digest != NULL && w->old != NULL;
    for (size_t i = 0; i < BLOCKS; i++) {
        w->blocks[i].bytes = aligned_alloc(ALIGN, BLOCK);
        good = good && w->blocks[i].bytes != NULL;
    }
    return good;
}

// The same file, for writes past the page cache; -1 where that cannot be.
static int open_direct(int fd) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_DIRECT | O_CLOEXEC);
}

// The threads that run are told to end, and waited for.
static void stop(struct writer *w, bool drop) {
    (void)pthread_mutex_lock(&w->lock);
    w->ending = true;
    w->dropped = drop;
    (void)pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->running; i++) {
        (void)pthread_cond_signal(&w->workers[i].filled_some);
        (void)pthread_join(w->workers[i].thread, NULL);
    }
}

static bool start(struct writer *w) {
    static const char *const names[TASKS] = {"disk", "digest"}; // for people with ps or perf
    for (size_t i = 0; i < TASKS; i++) {
        struct worker *k = &w->workers[i];
        k->writer = w;
        k->task = (enum task)i;
        if (pthread_create(&k->thread, NULL, work, k) != 0)
            return false;
        (void)pthread_setname_np(k->thread, names[i]);
        w->running++;
    }
    return true;
}

struct writer *writer_new(int fd, uint64_t size) {
    struct writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->fd = fd;
    w->at = w->size = w->before = size;
    w->direct = open_direct(fd);
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->freed_some, NULL);
    for (size_t i = 0; i < TASKS; i++)
        (void)pthread_cond_init(&w->workers[i].filled_some, NULL);
    if (has_memory(w) && start(w))
        return w;
    stop(w, true);
    destroy(w);
    return NULL;
}

// The first errno of a worker, if there is one.
static int first_error(const struct writer *w) {
    for (size_t i = 0; i < TASKS; i++)
        if (w->workers[i].error != 0)
            return w->workers[i].error;
    return 0;
}

static bool all_full(const struct writer *w) {
    for (size_t i = 0; i < TASKS; i++)
        if (w->filled - w->workers[i].done == BLOCKS)
            return true;
    return false;
}

// The workers get the block, and the next one becomes free.
static void pass_on(struct writer *w) {
    w->at += gathering(w)->size;
    (void)pthread_mutex_lock(&w->lock);
    w->filled++;
    for (size_t i = 0; i < TASKS; i++)
        (void)pthread_cond_signal(&w->workers[i].filled_some);
    while (all_full(w) && first_error(w) == 0)
        (void)pthread_cond_wait(&w->freed_some, &w->lock);
    w->cannot = first_error(w);
    (void)pthread_mutex_unlock(&w->lock);
    if (w->cannot == 0)
        gathering(w)->size = 0;
}

int writer_add(struct writer *w, const void *bytes, size_t size) {
    for (size_t done = 0; w->cannot == 0 && done < size;) {
        struct block *b = gathering(w);
        const size_t left = room(w) - b->size;
        const size_t n = size - done < left ? size - done : left;
        memcpy(b->bytes + b->size, (const char *)bytes + done, n);
        b->size += n;
        done += n;
        if (b->size == room(w))
            pass_on(w);
    }
    errno = w->cannot != 0 ? w->cannot : errno;
    return w->cannot == 0 ? 0 : -1;
}

void writer_tick(struct writer *w) {
    if (w->cannot == 0 && w->filled == w->ticked && gathering(w)->size > 0)
        pass_on(w);
    w->ticked = w->filled;
}

// Writes the rest, and waits for the threads' end.
static void join(struct writer *w, bool drop) {
    if (w->cannot == 0 && gathering(w)->size > 0)
        pass_on(w);
    stop(w, drop || w->cannot != 0);
    w->cannot = first_error(w);
}

int writer_end(struct writer *w, uint64_t *size, char hex[DIGEST_HEX + 1]) {
    join(w, hex == NULL);
    int error = w->cannot;
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
