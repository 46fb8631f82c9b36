// Patterns of the dialogues (PCRE2) as Tcl's advanced regular expressions.
//
// The translation is for Tcl's `regexp -lineanchor`. It prefers the shortest match as a whole,
// which is what the patterns are written for: none of them ends in an open part (lint.h). %{name}
// stays as it is, for who puts a quoted value there.
#ifndef QEMU_GROW_RUNBOOK_ARE_H
#define QEMU_GROW_RUNBOOK_ARE_H

#include <stddef.h>

#include "base/failure.h"

enum { ARE_GROUPS_MAX = 16 };

struct are {
    char *regex;
    size_t count;                // capturing groups
    char *names[ARE_GROUPS_MAX]; // of each, in their order; "" for one without a name
};

// 0, or -1 with EXIT_ID_SCRIPTS_BAD when the pattern has what Tcl does not know, or
// EXIT_ID_INTERNAL. are_free in each case.
int are_translate(struct are *a, const char *pattern, struct failure *f);
void are_free(struct are *a);

#endif
