// The guest that was prepared for the route warm: found in the cache, or made and kept there.
#ifndef QEMU_GROW_WARM_RUN_H
#define QEMU_GROW_WARM_RUN_H

#include <stdbool.h>

#include "guest_run.h"

// Has g->state be the file of a guest that fits g's options and dialogues, and that was found to be
// what was written. One that is not there is prepared by a run of its own, once, even if several
// programs want it. anew: the one that is there is thrown away. *made: it was prepared just now.
// 0, or -1 as store_keep, guest_run or key_qemu. To be closed by the caller.
int warm_open(struct guest_run *g, bool anew, bool *made, struct failure *f);

#endif
