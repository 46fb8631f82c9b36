// A compressed stream in a file, taken apart in pieces: neither it nor what comes out of it is in
// memory as a whole.
#ifndef QEMU_GROW_ISO_EXPAND_H
#define QEMU_GROW_ISO_EXPAND_H

#include <stdbool.h>
#include <stdint.h>

enum { EXPAND_MAX = 512 * 1024 * 1024 }; // bytes that may come out

// A part of a file. It is read from `at` on; `left` bytes of it are still to be read.
struct span {
    int fd;
    uint64_t at, left;
};

// Whether a gzip file begins there.
bool expand_is_gzip(const struct span *packed);

// The one stream (gzip, xz, lzma, zstd, lz4, or not compressed) that the span has from its first
// byte to its last. out: an empty file to read and write, which gets what was packed; *done: bytes
// of it. False: the span is none, or is damaged, as its own checksum tells where the format has
// one; out has anything then.
//
// xz and lzma look back in what they have unpacked, at the kernel's in 32 MiB. They do that in the
// file, behind EXPAND_MAX, which is cut off in the end. zstd has memory for it.
bool expand(const struct span *packed, int out, uint64_t *done);

#endif
