// Step 2 of the runbook, for --in-place: the disk's virtual size.
#ifndef QEMU_GROW_GUEST_ENLARGE_H
#define QEMU_GROW_GUEST_ENLARGE_H

#include "base/failure.h"
#include "plan/plan.h"

// qemu-img resize to the plan's size in bytes, with the format told. stop_fd as in run_program.
// Returns 0, or -1 with EXIT_ID_HOST_FULL, EXIT_ID_DISK_LOCKED, EXIT_ID_RESIZE_FAILED or what
// run_program says.
int disk_enlarge(const struct plan *p, const char *qemu_img, int stop_fd, struct failure *f);

// The arguments of the qemu-img that does it. Allocated (argv_free); NULL without memory.
char **disk_enlarge_argv(const struct plan *p, const char *qemu_img);

#endif
