// How far a pattern got: the longest beginning of a match in a text, for a person who asks why none
// came. Costs some milliseconds a pattern: for failures, not for each read.
#ifndef QEMU_GROW_CONSOLE_PARTIAL_H
#define QEMU_GROW_CONSOLE_PARTIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "console/stream.h"

enum { PARTIAL_WINDOW = 4096 }; // bytes that are looked at, at most: the last ones

// A beginning of a match: `matched` bytes from offset `begin` of the text on. The byte behind them,
// where there is one, is where it broke.
struct partial {
    size_t begin;
    size_t matched; // 0: no match begins anywhere
    bool open;      // it reaches to the text's end: only what would come next is missing
};

// Looks for it at offset `from` of the text and behind; what stands before that is for lookbehinds
// only. Of several with the same length the last one counts; only what comes behind the last whole
// match does. A pattern that backtracks without end is given up where it does.
struct partial partial_find(const struct pattern *p, const char *text, size_t size, size_t from);

#endif
