// What of the dialogues is decided by the choices and the plan alone.
#ifndef QEMU_GROW_RUNBOOK_FIXED_H
#define QEMU_GROW_RUNBOOK_FIXED_H

#include <stdbool.h>
#include <stdio.h>

#include "base/failure.h"
#include "dialogue/script.h"
#include "dialogue/vars.h"

enum { FIXED_DIALOGUES_MAX = 128 };

// Variables that nothing changes in a run: those given, and those that the first state of the
// dialogue with which it begins makes of them; with their values.
struct fixed {
    const struct scripts *scripts;
    struct vars *values;
    const struct dialogue *near[FIXED_DIALOGUES_MAX]; // that one, and all that may be called
    size_t count;
};

// name: of the dialogue with which it begins; given: given_set's. 0, or -1 with *f; fixed_free in
// each case.
int fixed_make(struct fixed *x, const struct scripts *scripts, const char *name,
               const struct vars *given, struct failure *f);
void fixed_free(struct fixed *x);

// A condition (NULL holds): 1 or 0 where fixed variables alone decide on it, else -1.
int fixed_holds(const struct fixed *x, const char *condition);

// A condition as an expression of Tcl, in which `[v NAME]` is a variable's value.
void fixed_tcl(FILE *out, const char *condition);

#endif
