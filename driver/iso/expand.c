// The format is told by the first bytes. gzip by zlib.
#include "iso/expand.h"

#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/bytes.h"
#include "iso/expand_impl.h"

enum {
    MAGIC_MAX = 6,
    GZIP_ONLY = 16, // to be added to zlib's window bits: with gzip's head and checksum
};

static const uint8_t gzip_magic[] = {0x1f, 0x8b};
static const uint8_t xz_magic[MAGIC_MAX] = {0xfd, '7', 'z', 'X', 'Z', 0};
static const uint8_t lzma_magic[] = {0x5d, 0, 0}; // as all that make one write it

static bool begins(const struct span *s, const uint8_t *magic, size_t size) {
    uint8_t bytes[MAGIC_MAX];
    return s->left >= size && bytes_read(s->fd, bytes, size, s->at) == (ssize_t)size &&
           memcmp(bytes, magic, size) == 0;
}

bool expand_is_gzip(const struct span *packed) {
    return begins(packed, gzip_magic, sizeof gzip_magic);
}

ssize_t span_next(struct span *s, void *bytes, size_t size) {
    const size_t wanted = s->left < size ? (size_t)s->left : size;
    const ssize_t n = bytes_read(s->fd, bytes, wanted, s->at);
    if (n != (ssize_t)wanted)
        return -1; // the file has become shorter
    s->at += wanted;
    s->left -= wanted;
    return n;
}

bool sink_add(struct sink *s, const void *bytes, size_t size) {
    s->done += size;
    return s->done <= EXPAND_MAX && bytes_write(s->out, bytes, size) == 0;
}

bool expand_gzip(struct span packed, struct sink *to) {
    uint8_t in[EXPAND_PIECE];
    uint8_t out[EXPAND_PIECE];
    z_stream z = {0};
    if (inflateInit2(&z, MAX_WBITS + GZIP_ONLY) != Z_OK)
        return false;
    int code = Z_OK;
    while (code == Z_OK) { // Z_BUF_ERROR: it is cut off
        if (z.avail_in == 0 && packed.left > 0) {
            const ssize_t n = span_next(&packed, in, sizeof in);
            if (n < 0)
                break;
            z.next_in = in;
            z.avail_in = (uInt)n;
        }
        z.next_out = out;
        z.avail_out = sizeof out;
        code = inflate(&z, Z_NO_FLUSH);
        if ((code == Z_OK || code == Z_STREAM_END) && !sink_add(to, out, sizeof out - z.avail_out))
            code = Z_ERRNO;
    }
    const bool good = code == Z_STREAM_END && z.avail_in == 0 && packed.left == 0;
    (void)inflateEnd(&z);
    return good;
}

bool expand(const struct span *packed, int out, uint64_t *done) {
    struct sink to = {.out = out};
    bool good = false;
    if (expand_is_gzip(packed))
        good = expand_gzip(*packed, &to);
    else if (begins(packed, xz_magic, sizeof xz_magic))
        good = expand_lzma(*packed, &to, false);
    else if (begins(packed, lzma_magic, sizeof lzma_magic))
        good = expand_lzma(*packed, &to, true);
    else
        good = expand_other(*packed, &to);
    *done = to.done;
    return good && ftruncate(out, (off_t)to.done) == 0;
}
