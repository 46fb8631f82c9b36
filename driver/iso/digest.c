// One loop over pread for a finished file; for a growing one a thread with a ring of blocks.
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
    CHUNK = 256 * 1024, // bytes that are read at a time
    RING = 16,          // blocks that may wait
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
    uint64_t before; // bytes that were in the file
    EVP_MD_CTX *md;
    char *room; // RING blocks
    pthread_t thread;
    pthread_mutex_t lock; // guards what follows
    pthread_cond_t changed;
    size_t sizes[RING]; // of the blocks
    uint64_t given;     // blocks that were given so far
    uint64_t hashed;    // and hashed
    bool ending;        // no block will come any more
    bool dropped;       // the digest is not wanted any more
    int error;          // an errno
};

static char *block_of(const struct follower *w, uint64_t number) {
    return w->room + (size_t)(number % RING) * FOLLOWER_BLOCK;
}

// What was in the file. 0, or an errno.
static int hash_before(struct follower *w) {
    void *buffer = w->before == 0 ? NULL : malloc(CHUNK);
    int error = w->before > 0 && buffer == NULL ? ENOMEM : 0;
    for (uint64_t done = 0; error == 0 && done < w->before;) {
        const uint64_t left = w->before - done;
        const ssize_t n =
            sha256_read(w->md, w->fd, buffer, left < CHUNK ? (size_t)left : CHUNK, done);
        if (n <= 0)
            error = n < 0 ? errno : EIO; // the file became shorter: somebody else wrote in it
        else
            done += (uint64_t)n;
    }
    free(buffer);
    return error;
}

static void *follow(void *data) {
    struct follower *w = data;
    const int error = hash_before(w);
    (void)pthread_mutex_lock(&w->lock);
    w->error = error;
    for (;;) {
        while (w->hashed == w->given && !w->ending)
            (void)pthread_cond_wait(&w->changed, &w->lock);
        if (w->dropped || w->hashed == w->given)
            break;
        const char *block = block_of(w, w->hashed);
        const size_t size = w->sizes[w->hashed % RING];
        // The block is this thread's until it is counted as hashed.
        (void)pthread_mutex_unlock(&w->lock);
        const bool bad = EVP_DigestUpdate(w->md, block, size) != 1;
        (void)pthread_mutex_lock(&w->lock);
        w->hashed++;
        w->error = bad ? EIO : w->error;
        (void)pthread_cond_signal(&w->changed);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void destroy(struct follower *w) {
    EVP_MD_CTX_free(w->md);
    free(w->room);
    free(w);
}

struct follower *follower_new(int fd, uint64_t size) {
    struct follower *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->fd = fd;
    w->before = size;
    w->md = sha256_new();
    w->room = malloc((size_t)RING * FOLLOWER_BLOCK);
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->changed, NULL);
    if (w->md == NULL || w->room == NULL || pthread_create(&w->thread, NULL, follow, w) != 0) {
        destroy(w);
        return NULL;
    }
    return w;
}

char *follower_block(struct follower *w) {
    (void)pthread_mutex_lock(&w->lock);
    while (w->given - w->hashed == RING)
        (void)pthread_cond_wait(&w->changed, &w->lock);
    char *block = block_of(w, w->given);
    (void)pthread_mutex_unlock(&w->lock);
    return block;
}

void follower_give(struct follower *w, size_t size) {
    (void)pthread_mutex_lock(&w->lock);
    w->sizes[w->given % RING] = size;
    w->given++;
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_cond_signal(&w->changed);
}

// Waits for the thread's end.
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
    destroy(w);
    if (error != 0)
        errno = error;
    return result;
}

void follower_free(struct follower *w) {
    if (w == NULL)
        return;
    join(w, true);
    destroy(w);
}
