// The plan of a disk with all that stands against it: a run that was cut off, QEMU and the ISO too.
#ifndef QEMU_GROW_WHOLE_PLAN_H
#define QEMU_GROW_WHOLE_PLAN_H

#include "options/options.h"
#include "plan/plan.h"

// Makes *p (plan_free is the caller's). Reads only. iso, unless NULL: gets the path of the ISO, for
// the caller to free, or NULL where it is not at hand.
void whole_plan(struct plan *p, const struct options *o, char **iso);

#endif
