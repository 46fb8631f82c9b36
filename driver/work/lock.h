// One run at a time on a disk, by whatever name it is reached.
#ifndef QEMU_GROW_WORK_LOCK_H
#define QEMU_GROW_WORK_LOCK_H

#include "base/failure.h"

// Takes the lock of the file that `disk` leads to: a lock on a byte of it that QEMU's own locks do
// not use, held by an open file description. Programs that are started meanwhile inherit the
// descriptor on purpose: the lock is gone when this process and all that it started are. Waits a
// moment for a run that is just ending. Returns the descriptor (lock_drop), or -1 with
// EXIT_ID_DISK_LOCKED, EXIT_ID_INTERRUPTED or EXIT_ID_TERMINATED; or -1 with EXIT_ID_OK when there
// is no regular file of that name that can be opened for writing: what to say of that is the
// plan's.
int lock_take(const char *disk, struct failure *f);

// Gives it back at once, whoever has inherited it. -1 is nothing.
void lock_drop(int fd);

#endif
