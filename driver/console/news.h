// Tells whether a console says anything new, or the same lines over and over.
#ifndef QEMU_GROW_CONSOLE_NEWS_H
#define QEMU_GROW_CONSOLE_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NEWS_SETS = 512, // lines that are remembered: some of each set, by their hashes
    NEWS_WAYS = 8,
};

// Begin with {0}.
struct news {
    uint64_t line;                       // hash of the line's words so far
    uint64_t word;                       // hash of the word that is being written
    bool number;                         // that word has a digit in it
    uint64_t seen[NEWS_SETS][NEWS_WAYS]; // hashes of lines, the newest of a set first
    uint64_t count;                      // lines so far that were new
};

// Takes text in. A line is new when it is none of the last lines that were new (a thousand of them
// surely, NEWS_SETS * NEWS_WAYS at the most). Words with a digit in them do not count: a time
// stamp, a counter, an address or a sector does not make a line new. A line without words never is.
void news_feed(struct news *n, const char *text, size_t size);

#endif
