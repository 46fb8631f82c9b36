// Which file it is, and in which state: enough to see that somebody else has written to it.
#ifndef QEMU_GROW_WORK_IDENTITY_H
#define QEMU_GROW_WORK_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

enum { IDENTITY_HEX = 64 }; // digits of a SHA-256

struct identity {
    uint64_t inode;
    uint64_t size;               // bytes
    uint64_t seconds;            // time of the last change of its content
    uint32_t nanoseconds;        // the same
    char head[IDENTITY_HEX + 1]; // SHA-256 of its first 64 KiB, in hexadecimal
};

// 0, or -1 with EXIT_ID_IO_ERROR.
int identity_read(struct identity *i, const char *path, struct failure *f);

bool identity_equal(const struct identity *a, const struct identity *b);

#endif
