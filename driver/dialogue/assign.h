// Templates, conditions and `set:` of the dialogue files, over a run's variables.
#ifndef QEMU_GROW_DIALOGUE_ASSIGN_H
#define QEMU_GROW_DIALOGUE_ASSIGN_H

#include <stdbool.h>

#include "base/failure.h"
#include "dialogue/script.h"
#include "dialogue/vars.h"

// The text with its variables, quoted for a pattern or not; allocated. NULL with
// EXIT_ID_SCRIPTS_BAD when one has no value yet, or without memory.
char *assign_expand(const struct vars *v, const char *text, bool quote, struct failure *f);

// Whether a condition holds; NULL does. 1, 0, or -1 with EXIT_ID_SCRIPTS_BAD.
int assign_holds(struct vars *v, const char *condition, struct failure *f);

// Sets the variables whose conditions hold, one after the other. 0, or -1 as those above.
int assign_all(struct vars *v, const struct assignment *set, unsigned count, struct failure *f);

// What the first state of a dialogue sets, before anything is said to a guest. 0, or -1 as those
// above; also EXIT_ID_SCRIPTS_BAD when there is no such dialogue.
int assign_first(struct vars *v, const struct scripts *s, const char *dialogue, struct failure *f);

#endif
