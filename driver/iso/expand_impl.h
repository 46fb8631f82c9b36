// What the ways to take a stream apart share.
#ifndef QEMU_GROW_ISO_EXPAND_IMPL_H
#define QEMU_GROW_ISO_EXPAND_IMPL_H

#include <stddef.h>
#include <sys/types.h>

#include "iso/expand.h"

enum { EXPAND_PIECE = 1 << 16 }; // bytes that are read and written at a time

// Where it goes.
struct sink {
    int out;
    uint64_t done; // bytes
};

// The span's next bytes. How many, 0 at its end, -1 where it cannot be read.
ssize_t span_next(struct span *s, void *bytes, size_t size);

// False: it cannot be written, or is too much.
bool sink_add(struct sink *s, const void *bytes, size_t size);

// Each takes one stream that ends where the span does.
bool expand_gzip(struct span packed, struct sink *to);
bool expand_lzma(struct span packed, struct sink *to, bool alone); // alone: lzma, else xz
bool expand_other(struct span packed, struct sink *to);

#endif
