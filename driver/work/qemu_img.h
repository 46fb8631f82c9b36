// qemu-img, run for what it does; its refusals told apart.
#ifndef QEMU_GROW_WORK_QEMU_IMG_H
#define QEMU_GROW_WORK_QEMU_IMG_H

#include "base/failure.h"

// Runs argv to its end. stop_fd as in run_program. 0, or -1 with EXIT_ID_HOST_FULL,
// EXIT_ID_DISK_LOCKED, `other` with `next` (all name argv[1] and what it said), or what run_program
// says.
int qemu_img_run(char *const argv[], int stop_fd, enum exit_id other, const char *next,
                 struct failure *f);

#endif
