// The files that a run writes beside the disk: proof, page, recording, mdev's log.
#ifndef QEMU_GROW_OUTPUTS_H
#define QEMU_GROW_OUTPUTS_H

#include "base/failure.h"
#include "run_impl.h"

// Before anything is done: that they can be written; opens the recording and mdev's log. 0, or -1
// with *f.
int outputs_open(struct run *run, struct failure *f);

// After the guest's end: what mdev said, if it was asked for. 0, or -1 with *f.
int outputs_mdev_log(struct run *run, struct failure *f);

// --report, of the recording in `folder` (NULL: there is none), which is whole: of a run that
// failed, too, unless it was refused before there was a recording. 0, or -1 with *f.
int outputs_page(const struct options *o, const char *folder, struct report *r, struct failure *f);

#endif
