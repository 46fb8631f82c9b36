// The runbook of a run that is over: the same steps, with times and outputs, from its recording.
#ifndef QEMU_GROW_RUNBOOK_MD_DONE_H
#define QEMU_GROW_RUNBOOK_MD_DONE_H

#include <stdio.h>

#include "base/failure.h"
#include "dialogue/script.h"
#include "record/read.h"

// Writes it as Markdown: the states that the run came to, in their order, as the dialogue files
// tell them, each with when it was entered and what then came from the guest. 0, or -1 with
// EXIT_ID_RECORDING_BAD (it has no plan) or EXIT_ID_INTERNAL.
int runbook_done(FILE *out, const struct reading *r, const struct scripts *scripts,
                 struct failure *f);

#endif
