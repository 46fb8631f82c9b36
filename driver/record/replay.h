// Plays a recording's console to a terminal.
#ifndef QEMU_GROW_RECORD_REPLAY_H
#define QEMU_GROW_RECORD_REPLAY_H

#include <stdbool.h>
#include <stdio.h>

#include "record/read.h"

struct replay {
    double speed; // times as fast as it was
    bool step;    // from state to state: a line of `keys` before each; `q` ends
    int keys;     // descriptor
    int stop_fd;  // readable when somebody wants it to end; -1: none
    FILE *out;    // the console's bytes
    FILE *told;   // which state is next, with step
};

// 0; -1 with EXIT_ID_INTERRUPTED or EXIT_ID_TERMINATED, or EXIT_ID_OUTPUT_UNWRITABLE.
int replay_play(const struct reading *r, const struct replay *how, struct failure *f);

#endif
