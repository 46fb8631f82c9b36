// base64 by OpenSSL, gzip by zlib.
#include "guest/mdevlog.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const char try_again[] = "run again to get the log, or use --log=no";

FILE *mdevlog_open(const char *path, struct failure *f) {
    FILE *out = fopen(path, "we");
    if (out == NULL)
        failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE, "name another file with --mdev-log",
                    "the file for mdev's log, %s, cannot be written (%s)", path, strerror(errno));
    return out;
}

// All lines as bytes; NULL on failure. *size: how many.
static unsigned char *decode(char *const *lines, size_t count, size_t *size) {
    size_t most = 4;
    for (size_t i = 0; i < count; i++)
        most += strlen(lines[i]);
    unsigned char *bytes = malloc(most);
    EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
    bool good = bytes != NULL && ctx != NULL;
    *size = 0;
    if (good)
        EVP_DecodeInit(ctx);
    for (size_t i = 0; good && i < count; i++) {
        int n = 0;
        good = EVP_DecodeUpdate(ctx, bytes + *size, &n, (const unsigned char *)lines[i],
                                (int)strlen(lines[i])) >= 0;
        *size += n > 0 ? (size_t)n : 0;
    }
    int n = 0;
    good = good && EVP_DecodeFinal(ctx, bytes + *size, &n) == 1;
    *size += n > 0 ? (size_t)n : 0;
    EVP_ENCODE_CTX_free(ctx);
    if (!good) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

// 1: all is written; 0: not a whole gzip stream; -1: out cannot be written.
static int unpack(FILE *out, unsigned char *bytes, size_t size) {
    z_stream z = {.next_in = bytes, .avail_in = (uInt)size};
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) // 16: gzip's header and checksum
        return 0;
    unsigned char piece[16384];
    int status = Z_OK;
    bool written = true;
    while (status == Z_OK && written) {
        z.next_out = piece;
        z.avail_out = sizeof piece;
        status = inflate(&z, Z_NO_FLUSH);
        const size_t n = sizeof piece - z.avail_out;
        written = fwrite(piece, 1, n, out) == n;
    }
    (void)inflateEnd(&z);
    if (!written || fflush(out) != 0)
        return -1;
    return status == Z_STREAM_END;
}

int mdevlog_write(FILE *out, char *const *lines, size_t count, struct failure *f) {
    size_t size = 0;
    unsigned char *bytes = decode(lines, count, &size);
    if (bytes == NULL)
        return failure_set(f, EXIT_ID_MDEV_LOG_FAILED, try_again,
                           "what came over the console as mdev's log is not base64");
    const int result = unpack(out, bytes, size);
    free(bytes);
    if (result < 0)
        return failure_set(f, EXIT_ID_HOST_FULL, "free some room and run again",
                           "mdev's log cannot be written (%s)", strerror(errno));
    if (result == 0)
        return failure_set(f, EXIT_ID_MDEV_LOG_FAILED, try_again,
                           "what came over the console as mdev's log is not whole");
    return 0;
}
