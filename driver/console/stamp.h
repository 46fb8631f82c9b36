// The time stamps of kernel lines: `[   12.345678] text`.
#ifndef QEMU_GROW_CONSOLE_STAMP_H
#define QEMU_GROW_CONSOLE_STAMP_H

#include <stddef.h>
#include <stdint.h>

// Begin with {0}.
struct stamp {
    uint64_t ms; // of the last line that had one
    unsigned at; // which part of a stamp comes next: see stamp.c
    uint64_t seconds;
    uint64_t fraction; // microseconds
    unsigned digits;   // of the present part
};

// Takes kernel lines in, cut anywhere.
void stamp_feed(struct stamp *s, const char *text, size_t size);

#endif
