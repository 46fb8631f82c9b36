// stat and the digest of a file's beginning, where an image has its header and a raw disk its
// table.
#include "work/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"

enum { HEAD_SIZE = 64 * 1024 }; // bytes

static int take(struct identity *i, int fd) {
    struct stat st;
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned char *bytes = malloc(HEAD_SIZE);
    ssize_t size = -1;
    if (bytes != NULL && fstat(fd, &st) == 0)
        size = bytes_read(fd, bytes, HEAD_SIZE, 0);
    const int saved = errno;
    const bool done =
        size >= 0 && EVP_Digest(bytes, (size_t)size, sum, NULL, EVP_sha256(), NULL) == 1;
    free(bytes);
    errno = saved;
    if (!done)
        return -1;
    *i = (struct identity){.inode = st.st_ino,
                           .size = (uint64_t)st.st_size,
                           .seconds = (uint64_t)st.st_mtim.tv_sec,
                           .nanoseconds = (uint32_t)st.st_mtim.tv_nsec};
    bytes_hex(i->head, sum, IDENTITY_HEX / 2);
    return 0;
}

int identity_read(struct identity *i, const char *path, struct failure *f) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const int result = fd < 0 ? -1 : take(i, fd);
    const int saved = errno;
    if (fd >= 0)
        (void)close(fd);
    if (result == 0)
        return 0;
    return failure_set(f, EXIT_ID_IO_ERROR, "check the host's disk", "%s cannot be read: %s", path,
                       strerror(saved));
}

bool identity_equal(const struct identity *a, const struct identity *b) {
    return a->inode == b->inode && a->size == b->size && a->seconds == b->seconds &&
           a->nanoseconds == b->nanoseconds && strcmp(a->head, b->head) == 0;
}
