// --explain and --bundle: a run that is over, from its recording.
#ifndef QEMU_GROW_LOOK_BACK_H
#define QEMU_GROW_LOOK_BACK_H

#include "base/failure.h"
#include "options/options.h"
#include "report/report.h"

// Says what became of it, on standard output; with --report writes its page, too. 0, or -1 with
// EXIT_ID_RECORDING_BAD or as page_write.
int look_back_explain(const struct options *o, struct failure *f);

// Packs it. 0, or -1 with EXIT_ID_RECORDING_BAD, EXIT_ID_OUTPUT_UNWRITABLE or EXIT_ID_HOST_FULL.
int look_back_bundle(const struct options *o, struct report *r, struct failure *f);

#endif
