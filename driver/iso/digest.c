// One loop over pread for a finished file; the same with a condition variable for a growing one.
#include "iso/digest.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CHUNK = 256 * 1024,    // bytes that are read at a time
    WAKE_UP = 1024 * 1024, // bytes that the follower may be behind before it is woken
};

bool digest_is_hex(const char *text, char lower[DIGEST_HEX + 1]) {
    if (strspn(text, "0123456789abcdefABCDEF") != DIGEST_HEX || text[DIGEST_HEX] != '\0')
        return false;
    for (size_t i = 0; lower != NULL && i <= DIGEST_HEX; i++)
        lower[i] = (char)tolower((unsigned char)text[i]);
    return true;
}

static EVP_MD_CTX *sha256_new(void) {
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    if (md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(md);
        md = NULL;
    }
    return md;
}

static int sha256_end(EVP_MD_CTX *md, char hex[DIGEST_HEX + 1]) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_DigestFinal_ex(md, bytes, &size) != 1 || 2 * size != DIGEST_HEX) {
        errno = EIO;
        return -1;
    }
    for (unsigned i = 0; i < size; i++)
        (void)snprintf(hex + (size_t)2 * i, 3, "%02x", (unsigned)bytes[i]);
    return 0;
}

// Adds at most `most` bytes at `offset`. The number of bytes, 0 at the end, -1 with errno.
static ssize_t sha256_read(EVP_MD_CTX *md, int fd, void *buffer, size_t most, uint64_t offset) {
    ssize_t n = 0;
    do
        n = pread(fd, buffer, most, (off_t)offset);
    while (n < 0 && errno == EINTR);
    if (n > 0 && EVP_DigestUpdate(md, buffer, (size_t)n) != 1) {
        errno = EIO;
        return -1;
    }
    return n;
}

static bool stopped(int stop_fd) {
    struct pollfd p = {.fd = stop_fd, .events = POLLIN};
    return stop_fd >= 0 && poll(&p, 1, 0) > 0;
}

int digest_file(int fd, int stop_fd, char hex[DIGEST_HEX + 1]) {
    void *buffer = malloc(CHUNK);
    EVP_MD_CTX *md = sha256_new();
    ssize_t n = -1;
    if (buffer == NULL || md == NULL)
        errno = ENOMEM;
    else
        for (uint64_t done = 0;; done += (uint64_t)n) {
            n = sha256_read(md, fd, buffer, CHUNK, done);
            if (n > 0 && stopped(stop_fd)) {
                errno = EINTR;
                n = -1;
            }
            if (n <= 0)
                break;
        }
    const int result = n == 0 ? sha256_end(md, hex) : -1;
    EVP_MD_CTX_free(md);
    free(buffer);
    return result;
}

struct follower {
    int fd;
    EVP_MD_CTX *md;
    void *buffer;
    pthread_t thread;
    pthread_mutex_t lock; // guards what follows
    pthread_cond_t changed;
    uint64_t reached; // bytes that may be read
    uint64_t woken;   // `reached` when the thread was last woken
    bool ending;      // no more bytes will come
    bool dropped;     // the digest is not wanted any more
    int error;        // the thread's errno
};

static void *follow(void *data) {
    struct follower *w = data;
    uint64_t done = 0;
    for (;;) {
        (void)pthread_mutex_lock(&w->lock);
        while (w->reached == done && !w->ending)
            (void)pthread_cond_wait(&w->changed, &w->lock);
        const uint64_t reached = w->reached;
        const bool over = w->dropped || (w->ending && reached == done);
        (void)pthread_mutex_unlock(&w->lock);
        if (over)
            return NULL;
        const size_t most = reached - done < CHUNK ? (size_t)(reached - done) : CHUNK;
        const ssize_t n = sha256_read(w->md, w->fd, w->buffer, most, done);
        if (n <= 0) {
            w->error = n < 0 ? errno : EIO; // the file became shorter: somebody else wrote in it
            return NULL;
        }
        done += (uint64_t)n;
    }
}

static void follower_destroy(struct follower *w) {
    EVP_MD_CTX_free(w->md);
    free(w->buffer);
    free(w);
}

struct follower *follower_new(int fd) {
    struct follower *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->fd = fd;
    w->md = sha256_new();
    w->buffer = malloc(CHUNK);
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->changed, NULL);
    if (w->md == NULL || w->buffer == NULL || pthread_create(&w->thread, NULL, follow, w) != 0) {
        follower_destroy(w);
        return NULL;
    }
    return w;
}

void follower_reach(struct follower *w, uint64_t size) {
    (void)pthread_mutex_lock(&w->lock);
    w->reached = size;
    const bool wake = size - w->woken >= WAKE_UP;
    if (wake)
        w->woken = size;
    (void)pthread_mutex_unlock(&w->lock);
    if (wake)
        (void)pthread_cond_signal(&w->changed);
}

static void join(struct follower *w, bool drop) {
    (void)pthread_mutex_lock(&w->lock);
    w->ending = true;
    w->dropped = drop;
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_join(w->thread, NULL);
    (void)pthread_cond_destroy(&w->changed);
    (void)pthread_mutex_destroy(&w->lock);
}

int follower_end(struct follower *w, char hex[DIGEST_HEX + 1]) {
    join(w, false);
    const int error = w->error;
    const int result = error == 0 ? sha256_end(w->md, hex) : -1;
    follower_destroy(w);
    if (error != 0)
        errno = error;
    return result;
}

void follower_free(struct follower *w) {
    if (w == NULL)
        return;
    join(w, true);
    follower_destroy(w);
}
