// The recordings that are kept without being asked for, in $XDG_STATE_HOME/qemu-grow.
#ifndef QEMU_GROW_RECORD_SHELF_H
#define QEMU_GROW_RECORD_SHELF_H

#include "base/failure.h"

enum { SHELF_KEPT = 20 };

// Makes a new folder there, and removes the oldest ones beyond SHELF_KEPT, but none that a run
// still writes to. Allocated; NULL with EXIT_ID_OUTPUT_UNWRITABLE or EXIT_ID_HOST_FULL.
char *shelf_new(struct failure *f);

// The newest folder there, or NULL with EXIT_ID_RECORDING_BAD (there is none) or
// EXIT_ID_OUTPUT_UNWRITABLE. Allocated.
char *shelf_last(struct failure *f);

// Marks an open folder as being written to, for as long as the descriptor is open.
void shelf_hold(int folder);

#endif
