// A transfer on a terminal: one line with a bar, the rate and the time left.
#ifndef QEMU_GROW_REPORT_PROGRESS_H
#define QEMU_GROW_REPORT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
    FILE *out;
    bool live;        // out is a terminal, and something shall be shown
    bool drawn;       // the line is there
    double started;   // seconds on the monotonic clock; 0: not yet
    double drawn_at;  // the same
    uint64_t at_last; // bytes when the rate was last reckoned
    double last;      // seconds, the same
    double rate;      // bytes a second, smoothed
};

// wanted: false draws nothing, as does an out that is no terminal.
struct progress progress_new(FILE *out, bool wanted);

// So many of total bytes (0: not known) are there. Draws ten times a second at most; over: takes
// the line away and is ready for another transfer.
void progress_draw(struct progress *p, const char *name, uint64_t done, uint64_t total, bool over);

// Takes the line away, to be drawn again by the next call.
void progress_clear(struct progress *p);

// The line itself, for a terminal of so many columns: rate in bytes a second.
void progress_line(char *text, size_t size, const char *name, uint64_t done, uint64_t total,
                   double rate, unsigned columns);

#endif
