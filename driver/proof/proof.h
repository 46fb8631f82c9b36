// The proof: the finished disk, re-read on the host, is as it was planned.
#ifndef QEMU_GROW_PROOF_PROOF_H
#define QEMU_GROW_PROOF_PROOF_H

#include "base/failure.h"
#include "plan/plan.h"

// Reads the disk again, after QEMU has ended, and compares. Fills *after. Returns 0, or -1 with
// EXIT_ID_PROOF_FAILED naming the first difference (also when the table or the file system cannot
// be understood any more), or with what kept the disk from being read.
int proof_check(struct disk_state *after, const struct plan *p, const char *qemu_img,
                struct failure *f);

// The comparison alone.
int proof_compare(const struct disk_state *after, const struct plan *p, struct failure *f);

#endif
