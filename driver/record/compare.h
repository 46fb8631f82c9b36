// Compares a run with a recording, event by event, and words the first difference.
#ifndef QEMU_GROW_RECORD_COMPARE_H
#define QEMU_GROW_RECORD_COMPARE_H

#include <stdbool.h>

#include "record/player.h"
#include "record/read.h"

struct compare {
    const struct reading *r;
    size_t states, matches; // index of the next event of the recording to be compared
    unsigned state_count;   // states that were the same
    char here[128];         // the present state
    bool differs;
    char what[1024]; // the difference: what was recorded, what came, where
};

void compare_begin(struct compare *c, const struct reading *r);

// An event of the run; a record_watcher.
void compare_event(void *compare, const char *type, const json_t *fields);

// The keys differ.
void compare_key(struct compare *c, const struct player_word *word);

// The run is over, with this failure (NULL: none).
void compare_end(struct compare *c, const struct failure *f);

#endif
