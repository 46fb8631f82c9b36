// The whole job: from options to a grown and proved disk.
#ifndef QEMU_GROW_GROW_H
#define QEMU_GROW_GROW_H

#include "base/failure.h"
#include "base/stage.h"
#include "options/options.h"
#include "report/report.h"

// Grows the disk. *stage says how far it has come, whatever the result. 0, or -1 with *f.
int grow(const struct options *o, struct report *r, enum stage *stage, struct failure *f);

#endif
