// One state of a dialogue as a person does it, in Markdown.
#ifndef QEMU_GROW_RUNBOOK_MD_STATE_H
#define QEMU_GROW_RUNBOOK_MD_STATE_H

#include <stdbool.h>
#include <stdio.h>

#include "dialogue/script.h"
#include "dialogue/vars.h"

// Whether a person has anything to do or to wait for in it.
bool md_state_is_shown(const struct state *s);

// How an item is written.
struct md_item {
    const struct scripts *scripts;
    unsigned number; // in its list
    bool codes;      // tell what the exit codes of the dialogue's tool mean
    bool done;       // it has been done: what is to be done when it fails does not matter
};

// Writes it as an item of a numbered list: what is typed and where, what is waited for, what must
// be seen, what to do when it is not. 0, or -1 without memory.
int md_state(FILE *out, const struct md_item *item, const struct dialogue *d, const struct state *s,
             struct vars *v);

#endif
