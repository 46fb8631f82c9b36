// --plan: what would be done, and all that stands against it, without a guest.
#ifndef QEMU_GROW_SHOW_PLAN_H
#define QEMU_GROW_SHOW_PLAN_H

#include <jansson.h>

#include "base/failure.h"
#include "dialogue/script.h"
#include "options/options.h"
#include "plan/plan.h"
#include "report/report.h"

// Prints the plan to standard output, for a person or (--json) for programs. Reads only; the
// network is not used. Returns 0, GROW_UNCHANGED (grow.h), or -1 with the first refusal.
int show_plan(const struct options *o, struct report *r, struct failure *f);

// The plan of a run as one object, as --plan --json prints it; NULL without memory.
json_t *plan_of_run(const struct options *o, const struct scripts *scripts, const struct plan *p);

#endif
