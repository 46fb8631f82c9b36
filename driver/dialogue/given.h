// Fills in the variables that the program gives to the dialogues (builtin.h).
#ifndef QEMU_GROW_DIALOGUE_GIVEN_H
#define QEMU_GROW_DIALOGUE_GIVEN_H

#include "dialogue/vars.h"
#include "guest/command.h"
#include "options/options.h"
#include "plan/plan.h"

// What follows from the options and the plan alone. 0, or -1 without memory.
int given_choices(struct vars *v, const struct options *o, const struct plan *p);

// All of them. 0, or -1 without memory.
int given_set(struct vars *v, const struct options *o, const struct plan *p, const char *serial,
              const struct qemu_command *c);

#endif
