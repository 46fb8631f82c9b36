// --runbook: the way by hand, or as a script, without a guest.
#ifndef QEMU_GROW_SHOW_RUNBOOK_H
#define QEMU_GROW_SHOW_RUNBOOK_H

#include "base/failure.h"
#include "options/options.h"
#include "report/report.h"

// Prints the runbook to standard output. Reads only; the network is not used. Returns 0,
// GROW_UNCHANGED (grow.h) with nothing printed but a sentence, or -1 with *f.
int show_runbook(const struct options *o, struct report *r, struct failure *f);

#endif
