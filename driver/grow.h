// The whole job: from options to a grown and proved disk.
#ifndef QEMU_GROW_GROW_H
#define QEMU_GROW_GROW_H

#include "base/failure.h"
#include "base/stage.h"
#include "options/options.h"
#include "report/report.h"

enum { GROW_UNCHANGED = 1 };

// Grows the disk. *stage says how far it has come, whatever the result. Returns 0, GROW_UNCHANGED
// when there was nothing to do and nothing was touched, or -1 with *f.
int grow(const struct options *o, struct report *r, enum stage *stage, struct failure *f);

#endif
