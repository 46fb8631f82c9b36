// What record.c (the folder) and event.c (the events) share. For no others.
#ifndef QEMU_GROW_RECORD_RECORD_IMPL_H
#define QEMU_GROW_RECORD_RECORD_IMPL_H

#include "record/record.h"

struct record {
    double started; // on the monotonic clock
    char *folder;   // or NULL
    int events;     // or -1
    int output;     // or -1
    int error;      // errno of the first thing that failed, or 0
    char *kept;     // lines that came before there was a folder
    size_t kept_size;
    uint64_t out; // bytes of the console so far
    double usage; // when that was told last, in seconds
    char *qmp;    // the last line of QEMU's own, so as not to repeat it
};

// A line of events.jsonl, with its LF.
void record_line(struct record *r, const char *line, size_t size);

// Seconds since the start.
double record_now(const struct record *r);

#endif
