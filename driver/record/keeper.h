// The keeper of a recording: a process of its own that writes the files, so that the driver spends
// next to nothing on them, and what the driver has seen is kept when the driver is killed.
#ifndef QEMU_GROW_RECORD_KEEPER_H
#define QEMU_GROW_RECORD_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "record/redact.h"
#include "record/ring.h"

// What the messages are.
enum keeper_kind {
    KEEP_OUTPUT, // bytes from the guest
    KEEP_INPUT,  // and to it
    KEEP_EVENT,  // a line of events.jsonl, with its LF
    KEEP_STATE,  // the same, of a state: a marker in the cast, and a moment to sync
    KEEP_RESIZE, // the line of a new size, which the cast and the timing log tell, too
    KEEP_TRACES, // lines that begin with `+ ` count as the kernel's from here on
    KEEP_PART,   // the beginning of a line that is longer than a message
    KEEP_END,    // the line of the run's end; the message's time is its
};

// Whether messages of the kind hold bytes of the console, which may be cut; else lines, or nothing.
static inline bool keep_is_bytes(uint32_t kind) {
    return kind == KEEP_OUTPUT || kind == KEEP_INPUT;
}

struct keeper {
    struct ring *ring;
    struct redact *redact;
    int folder;          // open
    const char *title;   // of the cast
    int64_t wall;        // seconds since the epoch
    const char *started; // the same, for people
};

// Starts the keeper; returns its pid, or -1 and errno. The ring's writer is the caller's.
pid_t keeper_start(struct keeper *k);

#endif
