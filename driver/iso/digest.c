// EVP, which uses what the processor has for it, XXH3, and one loop over pread.
#include "iso/digest.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/bytes.h"

enum {
    CHUNK = 256 * 1024, // bytes that are read at a time
};

size_t digest_characters(enum digest_kind kind) {
    static const size_t characters[] = {[DIGEST_SHA256] = DIGEST_HEX,
                                        [DIGEST_SHA512] = DIGEST_HEX_MAX,
                                        [DIGEST_XXH128] = DIGEST_HEX_XXH};
    return characters[kind];
}

bool digest_is_hex_of(enum digest_kind kind, const char *text, char *lower) {
    const size_t size = digest_characters(kind);
    if (strspn(text, "0123456789abcdefABCDEF") != size || text[size] != '\0')
        return false;
    for (size_t i = 0; lower != NULL && i <= size; i++)
        lower[i] = (char)tolower((unsigned char)text[i]);
    return true;
}

bool digest_is_hex(const char *text, char lower[DIGEST_HEX + 1]) {
    return digest_is_hex_of(DIGEST_SHA256, text, lower);
}

struct digest {
    EVP_MD_CTX *md; // or NULL:
    XXH3_state_t *xxh;
};

static bool begin(struct digest *d, enum digest_kind kind) {
    if (kind == DIGEST_XXH128) {
        d->xxh = XXH3_createState();
        return d->xxh != NULL && XXH3_128bits_reset(d->xxh) == XXH_OK;
    }
    d->md = EVP_MD_CTX_new();
    return d->md != NULL &&
           EVP_DigestInit_ex(d->md, kind == DIGEST_SHA512 ? EVP_sha512() : EVP_sha256(), NULL) == 1;
}

struct digest *digest_new(enum digest_kind kind) {
    struct digest *d = calloc(1, sizeof *d);
    if (d == NULL)
        return NULL;
    if (!begin(d, kind)) {
        digest_free(d);
        return NULL;
    }
    return d;
}

void digest_free(struct digest *d) {
    if (d == NULL)
        return;
    EVP_MD_CTX_free(d->md);
    (void)XXH3_freeState(d->xxh);
    free(d);
}

int digest_add(struct digest *d, const void *bytes, size_t size) {
    if (d->md != NULL ? EVP_DigestUpdate(d->md, bytes, size) == 1
                      : XXH3_128bits_update(d->xxh, bytes, size) == XXH_OK)
        return 0;
    errno = EIO;
    return -1;
}

ssize_t digest_read(struct digest *d, int fd, void *buffer, size_t most, uint64_t offset) {
    ssize_t n = 0;
    do
        n = pread(fd, buffer, most, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n > 0 && digest_add(d, buffer, (size_t)n) != 0 ? -1 : n;
}

int digest_end(struct digest *d, char *hex) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (d->md == NULL) {
        XXH128_canonical_t xxh;
        XXH128_canonicalFromHash(&xxh, XXH3_128bits_digest(d->xxh));
        bytes_hex(hex, xxh.digest, sizeof xxh.digest);
        return 0;
    }
    if (EVP_DigestFinal_ex(d->md, bytes, &size) != 1) {
        errno = EIO;
        return -1;
    }
    bytes_hex(hex, bytes, size);
    return 0;
}

bool digest_stopped(int stop_fd) {
    struct pollfd p = {.fd = stop_fd, .events = POLLIN};
    return stop_fd >= 0 && poll(&p, 1, 0) > 0;
}

int digest_file_of(enum digest_kind kind, int fd, int stop_fd, char *hex) {
    void *buffer = malloc(CHUNK);
    struct digest *d = digest_new(kind);
    ssize_t n = -1;
    if (buffer == NULL || d == NULL)
        errno = ENOMEM;
    else
        for (uint64_t done = 0;; done += (uint64_t)n) {
            n = digest_read(d, fd, buffer, CHUNK, done);
            if (n > 0 && digest_stopped(stop_fd)) {
                errno = EINTR;
                n = -1;
            }
            if (n <= 0)
                break;
        }
    const int result = n == 0 ? digest_end(d, hex) : -1;
    digest_free(d);
    free(buffer);
    return result;
}

int digest_file(int fd, int stop_fd, char hex[DIGEST_HEX + 1]) {
    return digest_file_of(DIGEST_SHA256, fd, stop_fd, hex);
}
