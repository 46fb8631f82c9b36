// SEEK_DATA, pread, XXH3: the digest of what is in a file beside zeros.
#include "warm/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"

enum {
    PIECE = 64 * 1024, // bytes
    READ = 4 * PIECE,  // that are read at a time
};

static bool zeros(const char *bytes, size_t size) {
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

// The first piece at `at` or behind it that is not in a hole. 0 with *at, 1 where there is none.
static int next_piece(int fd, uint64_t *at) {
    const off_t data = lseek(fd, (off_t)*at, SEEK_DATA);
    if (data < 0 && errno == ENXIO)
        return 1;
    if (data > (off_t)*at) // a file system without holes has data everywhere
        *at = (uint64_t)data / PIECE * PIECE;
    return 0;
}

static int add_piece(struct digest *d, uint64_t at, const char *bytes, size_t size) {
    uint8_t number[sizeof at];
    for (size_t i = 0; i < sizeof number; i++)
        number[i] = (uint8_t)(at >> (8 * i));
    return digest_add(d, number, sizeof number) != 0 ? -1 : digest_add(d, bytes, size);
}

// What was read at `at`.
static int add(struct digest *d, uint64_t at, const char *bytes, size_t size, int thin_fd) {
    for (size_t done = 0; done < size; done += PIECE) {
        const size_t left = size - done;
        const size_t n = left < PIECE ? left : PIECE;
        if (!zeros(bytes + done, n)) {
            if (add_piece(d, at + done, bytes + done, n) != 0)
                return -1;
        } else if (thin_fd >= 0) {
            (void)fallocate(thin_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(at + done),
                            (off_t)n);
        }
    }
    return 0;
}

static int go_through(struct digest *d, int fd, bool thin, int stop_fd, char bytes[READ]) {
    for (uint64_t at = 0; next_piece(fd, &at) == 0;) {
        const ssize_t n = bytes_read(fd, bytes, READ, at);
        if (n <= 0)
            return (int)n;
        if (add(d, at, bytes, (size_t)n, thin ? fd : -1) != 0)
            return -1;
        if (digest_stopped(stop_fd)) {
            errno = EINTR;
            return -1;
        }
        at += (uint64_t)n;
    }
    return 0;
}

static int digest(int fd, bool thin, int stop_fd, char *hex) {
    char *bytes = malloc(READ);
    struct digest *d = digest_new(DIGEST_XXH128);
    int result = -1;
    if (bytes == NULL || d == NULL)
        errno = ENOMEM;
    else if (go_through(d, fd, thin, stop_fd, bytes) == 0)
        result = digest_end(d, hex);
    digest_free(d);
    free(bytes);
    return result;
}

int content_digest(int fd, int stop_fd, char hex[DIGEST_HEX_XXH + 1]) {
    return digest(fd, false, stop_fd, hex);
}

int content_thin(int fd, int stop_fd, char hex[DIGEST_HEX_XXH + 1]) {
    return digest(fd, true, stop_fd, hex);
}
