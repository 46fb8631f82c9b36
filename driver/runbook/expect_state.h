// The dialogues' tables as those of the script for Expect.
#ifndef QEMU_GROW_RUNBOOK_EXPECT_STATE_H
#define QEMU_GROW_RUNBOOK_EXPECT_STATE_H

#include <stdio.h>

#include "base/failure.h"
#include "dialogue/script.h"
#include "runbook/fixed.h"

// Writes prompts, failures, the death table, and the states of each dialogue that can be come to.
// 0, or -1 with EXIT_ID_SCRIPTS_BAD (something in them cannot be said in Tcl) or EXIT_ID_INTERNAL.
int expect_tables(FILE *out, const struct fixed *x, struct failure *f);

#endif
