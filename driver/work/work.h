// A run's hold on the user's disk: lock, journal and overlay, from the first look to the last sync.
//
// Until work_commit the disk is only read. From there on the journal says how to finish.
#ifndef QEMU_GROW_WORK_WORK_H
#define QEMU_GROW_WORK_WORK_H

#include <stdbool.h>

#include "base/failure.h"
#include "base/stage.h"
#include "plan/plan.h"
#include "report/report.h"
#include "work/files.h"
#include "work/journal.h"

struct work {
    struct work_files files;
    int lock;             // descriptor, or -1
    int copy_lock;        // of the copy, once it is to take the place of the disk
    struct identity disk; // when the lock was taken
    struct journal journal;
    bool noted; // there is a journal, of this run or of the one to be recovered
    bool begun; // this run has made files beside the disk
    bool done;  // the disk is grown and proved, and nothing is left
    const char *qemu_img;
};

// Takes the lock of the disk, and notes what state it is in. A disk that cannot be opened is no
// failure here: the plan words that better; w->lock is then -1. qemu_img is borrowed. 0, or -1 as
// lock_take. work_free is the caller's in each case.
int work_open(struct work *w, const char *disk, const char *qemu_img, struct failure *f);
void work_free(struct work *w);

// What a run before this one has left: removed with a note when it had not begun to write to the
// disk. 0, or -1 with EXIT_ID_RECOVER_NEEDED, EXIT_ID_JOURNAL_BAD or EXIT_ID_IO_ERROR.
int work_tidy(struct work *w, struct report *r, struct failure *f);

// Writes the journal and makes the overlay of the plan's size. 0, or -1 with EXIT_ID_DISK_CHANGED
// (since work_open), as journal_enter or as overlay_make.
int work_begin(struct work *w, const struct plan *p, struct failure *f);

// A guest has failed, and another one begins anew: removes its overlay and makes a fresh one. 0, or
// -1 as work_begin, or with EXIT_ID_IO_ERROR.
int work_begin_again(struct work *w, const struct plan *p, struct failure *f);

// Notes that the next phase begins. As journal_enter.
int work_enter(struct work *w, enum phase phase, struct failure *f);

// The overlay is proved: brings its content into the disk. Refused with EXIT_ID_DISK_CHANGED when
// somebody else has written to the disk since work_open. 0, or -1 also as overlay_commit,
// journal_enter or copy_make.
int work_commit(struct work *w, struct failure *f);

// The disk is proved: removes what is beside it. 0, or -1 with EXIT_ID_IO_ERROR.
int work_finish(struct work *w, struct failure *f);

// A run on an overlay has failed: when the disk has not been written, removes what is beside it.
// Returns what is to be said of the disk.
enum stage work_give_up(struct work *w);

#endif
