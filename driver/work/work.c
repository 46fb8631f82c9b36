// The phases in their order.
#include "work/work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/signals.h"
#include "plan/subformat.h"
#include "work/copy.h"
#include "work/lock.h"
#include "work/overlay.h"
#include "work/recover.h"

int work_open(struct work *w, const char *disk, const char *qemu_img, struct failure *f) {
    *w = (struct work){.lock = -1, .copy_lock = -1, .qemu_img = qemu_img};
    struct failure why;
    char *path = realpath(disk, NULL);
    if (path == NULL)
        return errno == ENOMEM ? failure_no_memory(f) : 0;
    int result = files_of(&w->files, path, f);
    if (result == 0) {
        w->lock = lock_take(path, &why);
        if (w->lock >= 0) {
            result = identity_read(&w->disk, path, f);
        } else if (why.id != EXIT_ID_OK) {
            *f = why;
            result = -1;
        }
    }
    free(path);
    return result;
}

void work_free(struct work *w) {
    lock_drop(w->lock);
    lock_drop(w->copy_lock);
    w->lock = w->copy_lock = -1;
    files_free(&w->files);
}

int work_tidy(struct work *w, struct report *r, struct failure *f) {
    if (w->lock < 0)
        return 0;
    const int found = journal_load(&w->journal, &w->files, f);
    if (found < 0)
        return -1;
    if (found > 0 && w->journal.phase >= PHASE_COMMIT)
        return failure_set(f, EXIT_ID_RECOVER_NEEDED, "run qemu-grow --recover DISK first",
                           "a run on this disk was cut off in its phase \"%s\", when its proved "
                           "content was being brought into the disk",
                           phase_words[w->journal.phase]);
    if (found > 0 && work_discard(w, f) != 0)
        return -1;
    if (found > 0)
        report_note(r,
                    "a run on this disk was cut off in its phase \"%s\", before it wrote to the "
                    "disk; what it left beside the disk has been removed",
                    phase_words[w->journal.phase]);
    return 0;
}

// Nobody else has written to the disk since the lock was taken.
static int check_disk(const struct work *w, struct failure *f) {
    struct identity now;
    if (identity_read(&now, w->files.disk, f) != 0)
        return -1;
    if (identity_equal(&now, &w->disk))
        return 0;
    return failure_set(f, EXIT_ID_DISK_CHANGED,
                       "end what uses the disk, check the disk, and run again",
                       "somebody else has written to %s during this run, which has written nothing",
                       w->files.disk);
}

static void note_plan(struct journal *j, const struct plan *p) {
    (void)snprintf(j->format, sizeof j->format, "%s", p->format);
    j->virtual_size = p->virtual_size;
    j->part = (unsigned)p->part;
    j->start = p->entry.start;
    j->sectors = p->entry.sectors;
    j->fs_blocks = p->fs_blocks;
    j->signature = p->before.mbr.signature;
    bytes_hex(j->fs_uuid, p->before.fs.uuid, sizeof p->before.fs.uuid);
}

int work_begin(struct work *w, const struct plan *p, struct failure *f) {
    if (check_disk(w, f) != 0)
        return -1;
    if (file_is_there(w->files.overlay))
        return failure_set(f, EXIT_ID_IN_THE_WAY, "move it away and run again",
                           "%s is there already, and no journal tells of it", w->files.overlay);
    w->journal = (struct journal){.disk = w->disk};
    note_plan(&w->journal, p);
    if (work_enter(w, PHASE_OVERLAY, f) != 0)
        return -1;
    return overlay_make(&w->files, p->format, p->virtual_size, w->qemu_img, signals_fd(), f);
}

int work_begin_again(struct work *w, const struct plan *p, struct failure *f) {
    if (work_enter(w, PHASE_OVERLAY, f) != 0 ||
        file_remove(w->files.folder, w->files.overlay, f) != 0)
        return -1;
    return work_begin(w, p, f);
}

int work_enter(struct work *w, enum phase phase, struct failure *f) {
    if (journal_enter(&w->journal, &w->files, phase, f) != 0)
        return -1;
    w->noted = w->begun = true;
    return 0;
}

static int commit(struct work *w, struct failure *f) {
    const struct journal *j = &w->journal;
    if (work_enter(w, PHASE_COMMIT, f) != 0)
        return -1;
    return overlay_commit(&w->files, j->format, w->qemu_img, false, f);
}

// The copy is locked before it gets the disk's name: whoever opens that name finds a locked file.
static int replace(struct work *w, struct failure *f) {
    struct journal *j = &w->journal;
    if (work_enter(w, PHASE_COPY, f) != 0 ||
        copy_make(&w->files, j->format, w->qemu_img, signals_fd(), f) != 0 ||
        identity_read(&j->copy, w->files.copy, f) != 0 || check_disk(w, f) != 0)
        return -1;
    w->copy_lock = lock_take(w->files.copy, f);
    if (w->copy_lock < 0 || work_enter(w, PHASE_RENAME, f) != 0)
        return -1;
    return copy_rename(&w->files, f);
}

int work_commit(struct work *w, struct failure *f) {
    struct journal *j = &w->journal;
    if (signals_count() > 0)
        return signals_fail(f);
    if (check_disk(w, f) != 0 || file_sync(w->files.overlay, f) != 0 ||
        identity_read(&j->overlay, w->files.overlay, f) != 0 ||
        overlay_check(&w->files, j->format, j->virtual_size, w->qemu_img, f) != 0)
        return -1;
    if ((subformat_needs_copy(j->format) ? replace(w, f) : commit(w, f)) != 0)
        return -1;
    return work_enter(w, PHASE_CHECK, f);
}

int work_finish(struct work *w, struct failure *f) {
    if (work_enter(w, PHASE_CLEAN, f) != 0)
        return -1;
    if (work_discard(w, f) != 0)
        return -1;
    w->done = true;
    return 0;
}

enum stage work_give_up(struct work *w) {
    if (w->done)
        return STAGE_DONE;
    if (!w->noted)
        return w->begun ? STAGE_SPARED : STAGE_UNTOUCHED;
    if (w->journal.phase >= PHASE_CHECK)
        return STAGE_REPLACED;
    if (w->journal.phase >= PHASE_COMMIT)
        return STAGE_COMMIT;
    return work_discard(w, NULL) == 0 ? STAGE_SPARED : STAGE_KEPT;
}
