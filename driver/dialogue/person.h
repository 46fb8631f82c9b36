// A person at the terminal, in the middle of a run: the console in their hands at a state or when
// the run fails (--interact), or a question before a state (--pause-at).
#ifndef QEMU_GROW_DIALOGUE_PERSON_H
#define QEMU_GROW_DIALOGUE_PERSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/failure.h"
#include "dialogue/script.h"

// Where a person takes part. Borrowed texts.
struct person_wish {
    const char *interact; // "on-failure", DIALOGUE/STATE, or NULL
    const char *pause_at; // DIALOGUE/STATE, or NULL
};

// What came of it.
struct person_story {
    unsigned visits; // times that the person had the console
    uint64_t keys;   // bytes that they sent to the guest
    double seconds;  // that they had it, and were asked
    char at[128];    // DIALOGUE/STATE of the last time
    bool met;        // the state of --interact was come to
    bool paused;     // and that of --pause-at
};

extern const char person_on_failure[];

// Whether the wish can be fulfilled: there is a terminal, and there are such states. 0, or -1 with
// EXIT_ID_USAGE.
int person_check(const struct person_wish *wish, const struct scripts *scripts, struct failure *f);

// Prints every state: DIALOGUE/STATE, its step in the runbook, what it is for.
void person_list_states(FILE *out, const struct scripts *scripts);

#endif
