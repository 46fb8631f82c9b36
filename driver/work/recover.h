// What to do with the journal of a run that was cut off.
#ifndef QEMU_GROW_WORK_RECOVER_H
#define QEMU_GROW_WORK_RECOVER_H

#include "work/work.h"

// Removes copy, overlay and journal, in this order. 0, or -1 with EXIT_ID_IO_ERROR.
int work_discard(struct work *w, struct failure *f);

// --recover: undoes a run that had not begun to write to the disk, finishes one that had, and says
// what it did. *stage: what is to be said of the disk when it fails. 0, or -1 with
// EXIT_ID_DISK_UNREADABLE, EXIT_ID_JOURNAL_BAD, EXIT_ID_DISK_CHANGED (the disk is another file than
// the journal's), EXIT_ID_PROOF_FAILED, or as work_open, overlay_check and overlay_commit.
int recover(const char *disk, const char *qemu_img, struct report *r, enum stage *stage,
            struct failure *f);

#endif
