// SIZE, as the command line and qemu-img write it: "8G", "+512M", "1.5G", bytes.
#ifndef QEMU_GROW_PLAN_SIZE_H
#define QEMU_GROW_PLAN_SIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

struct size {
    bool relative;  // "+...": to be added to the present size
    uint64_t bytes; // any number up to INT64_MAX
};

// Reads a size as `qemu-img resize` does: decimal with an optional fraction and one suffix of
// b k K M G T P E (powers of 1024, case does not matter; none and b mean bytes), or hexadecimal
// with 0x and no suffix. Exact: no floating point; what is left of a byte is dropped, as qemu-img
// does. Returns 0, or -1 with EXIT_ID_SIZE_INVALID, or EXIT_ID_SIZE_NOT_LARGER for a shrinking
// "-...".
int size_read(struct size *s, const char *text, struct failure *f);

// The size a disk of `present` bytes is to have, in bytes: a multiple of 512. Returns 0, or -1 with
// EXIT_ID_SIZE_INVALID (no multiple of 512: the nearest ones are named; or beyond INT64_MAX).
int size_apply(uint64_t *bytes, const struct size *s, uint64_t present, struct failure *f);

#endif
