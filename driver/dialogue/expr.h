// Conditions in dialogue files: `seq == single or log == single`, `rc in 0|1`, `end == $last`.
//
//   condition := all { "or" all }        all := test { "and" test }
//   test      := NAME ("==" | "!=") WORD  |  NAME "in" WORD{"|"WORD}
// NAME is a variable; a WORD is taken as it is, `$NAME` is a variable's value, '' is empty. Words
// are separated by blanks.
#ifndef QEMU_GROW_DIALOGUE_EXPR_H
#define QEMU_GROW_DIALOGUE_EXPR_H

#include <stdbool.h>
#include <stddef.h>

// Gives a variable's value, or NULL where there is none.
typedef const char *expr_lookup(void *arg, const char *name);

// Evaluates. Returns 1 or 0, or -1 with a reason for a person in why. All parts are looked at, also
// those that do not matter for the result, so that a mistake shows at once.
int expr_eval(const char *text, expr_lookup *lookup, void *arg, char *why, size_t why_size);

#endif
