// Brings a guest to its end by the route that was asked for, or by the next slower ones.
#ifndef QEMU_GROW_ATTEMPTS_H
#define QEMU_GROW_ATTEMPTS_H

#include "base/failure.h"
#include "base/stage.h"
#include "run_impl.h"

// The guest's disk and command line, by the plan and the options of now. 0, or -1 with *f.
int attempts_prepare(struct run *run, struct failure *f);

// Runs the guest that was prepared. A route that fails before anything was written gives way to the
// next slower one, and says so. *stage: how far the disk has come. 0, or -1 with the last one's *f.
int attempts_run(struct run *run, enum stage *stage, struct failure *f);

// Ends QEMU, if it runs, and frees what the guest's run holds.
void attempts_end(struct run *run);

#endif
