// What record.c (the folder and the keeper) and tell.c (the events) share. For no others.
#ifndef QEMU_GROW_RECORD_RECORD_IMPL_H
#define QEMU_GROW_RECORD_RECORD_IMPL_H

#include <sys/types.h>

#include "record/keeper.h"
#include "record/record.h"

struct record {
    double started; // on the monotonic clock
    char *folder;   // or NULL
    bool asked_for; // a failure to write it is one of the run
    bool over;      // nothing is recorded any more
    struct ring *ring;
    pid_t keeper; // or 0
    char *kept;   // lines that came before there was a folder
    size_t kept_size;
    uint64_t out; // bytes of the console so far
    double usage; // when that was told last, in seconds
    struct redact *redact;
    record_watcher *watcher; // or NULL
    void *watcher_arg;
};

// A line of events.jsonl, with its LF.
void record_line(struct record *r, enum keeper_kind kind, const char *line, size_t size);

// Seconds since the start.
double record_now(const struct record *r);

#endif
