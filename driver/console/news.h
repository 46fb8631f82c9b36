// Tells whether a console says anything new, or the same lines over and over.
#ifndef QEMU_GROW_CONSOLE_NEWS_H
#define QEMU_GROW_CONSOLE_NEWS_H

#include <stddef.h>
#include <stdint.h>

enum { NEWS_LINES = 64 }; // lines that are remembered

// Begin with {0}.
struct news {
    uint64_t line;             // hash of the line that is being written
    uint64_t seen[NEWS_LINES]; // hashes of the last lines that were new
    size_t next;               // place of the next one
    uint64_t count;            // lines so far that were new
};

// Takes text in. A line is new when it is none of the last NEWS_LINES new ones, digits not counted
// (so a time stamp or a counter does not make it new). Empty lines never are.
void news_feed(struct news *n, const char *text, size_t size);

#endif
