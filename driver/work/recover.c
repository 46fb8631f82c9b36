// Before the commit: away with it. From there on: do it again, prove the disk, and clean up.
#include "work/recover.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "work/copy.h"
#include "work/lock.h"
#include "work/overlay.h"
#include "work/qemu_img.h"

int work_discard(struct work *w, struct failure *f) {
    const struct work_files *files = &w->files;
    // The journal last: as long as there is something to be removed, it says so.
    if (copy_remove(files, f) != 0 || file_remove(files->folder, files->overlay, f) != 0 ||
        file_remove(files->folder, files->journal, f) != 0)
        return -1;
    w->noted = false;
    return 0;
}

static int not_ours(struct failure *f, const char *what, const char *path) {
    return failure_set(f, EXIT_ID_DISK_CHANGED,
                       "find out who has changed it; what the run had proved is in the overlay",
                       "%s %s is not the one that the journal tells of", what, path);
}

// The proved content is where it was, and the disk is the file that it was made for.
static int check_files(const struct work *w, struct failure *f) {
    const struct journal *j = &w->journal;
    struct identity overlay;
    if (identity_read(&overlay, w->files.overlay, f) != 0)
        return -1;
    if (!identity_equal(&overlay, &j->overlay))
        return not_ours(f, "the overlay", w->files.overlay);
    if (w->disk.inode != j->disk.inode)
        return not_ours(f, "the disk", w->files.disk);
    return overlay_check(&w->files, j->format, j->virtual_size, w->qemu_img, f);
}

// A copy was made: either it or the disk as it was is in the disk's place, and nothing else.
static int finish_rename(struct work *w, struct report *r, struct failure *f) {
    const struct journal *j = &w->journal;
    struct identity copy;
    if (identity_equal(&w->disk, &j->copy))
        return 0;
    if (j->phase != PHASE_RENAME || !identity_equal(&w->disk, &j->disk))
        return not_ours(f, "the disk", w->files.disk);
    if (identity_read(&copy, w->files.copy, f) != 0)
        return -1;
    if (!identity_equal(&copy, &j->copy))
        return not_ours(f, "the copy", w->files.copy);
    w->copy_lock = lock_take(w->files.copy, f);
    if (w->copy_lock < 0)
        return -1;
    report_note(r, "putting the proved copy in the disk's place");
    return copy_rename(&w->files, f);
}

static int finish_commit(struct work *w, struct report *r, struct failure *f) {
    if (check_files(w, f) != 0)
        return -1;
    if (w->journal.phase != PHASE_COMMIT)
        return 0;
    report_note(r, "committing the proved overlay to the disk again");
    return overlay_commit(&w->files, w->journal.format, w->qemu_img, true, f);
}

static int differs(struct failure *f, const char *what) {
    return failure_set(f, EXIT_ID_PROOF_FAILED,
                       "the proved content is in the overlay beside the disk: keep both, and look "
                       "at the disk with sfdisk and e2fsck",
                       "%s in the recovered disk is not as it was planned", what);
}

// The disk against the plan's numbers, which the journal has, and against the proved overlay.
static int prove(const struct work *w, struct failure *f) {
    const struct journal *j = &w->journal;
    struct disk_state s;
    char uuid[JOURNAL_UUID_HEX + 1] = "";
    char *argv[] = {(char *)w->qemu_img,
                    "compare",
                    "-q",
                    "-f",
                    (char *)j->format,
                    "-F",
                    (char *)overlay_format,
                    "--",
                    w->files.disk,
                    w->files.overlay,
                    NULL};
    if (disk_state_read(&s, w->files.disk, j->format, w->qemu_img, f) != 0)
        return -1;
    const struct mbr_entry *e = &s.mbr.entry[s.part - 1];
    bytes_hex(uuid, s.fs.uuid, sizeof s.fs.uuid);
    if (s.virtual_size != j->virtual_size)
        return differs(f, "the size");
    if (s.mbr.signature != j->signature)
        return differs(f, "the disk signature");
    if ((unsigned)s.part != j->part || e->start != j->start || e->sectors != j->sectors)
        return differs(f, "the last partition");
    if (s.fs.blocks != j->fs_blocks || strcmp(uuid, j->fs_uuid) != 0)
        return differs(f, "the file system");
    if (!ext_is_clean(&s.fs))
        return differs(f, "the file system's state");
    return qemu_img_run(argv, -1, EXIT_ID_PROOF_FAILED,
                        "the proved content is in the overlay beside the disk: keep both", f);
}

static int finish(struct work *w, struct report *r, enum stage *stage, struct failure *f) {
    *stage = w->journal.phase >= PHASE_CHECK ? STAGE_REPLACED : STAGE_COMMIT;
    const bool by_copy = w->journal.copy.head[0] != '\0';
    if (w->journal.phase < PHASE_CLEAN) {
        if ((by_copy ? finish_rename(w, r, f) : finish_commit(w, r, f)) != 0 ||
            work_enter(w, PHASE_CHECK, f) != 0)
            return -1;
        *stage = STAGE_REPLACED;
        if (prove(w, f) != 0)
            return -1;
    }
    if (work_finish(w, f) != 0)
        return -1;
    report_note(r, "the run that was cut off is finished: the disk is grown and proved");
    return 0;
}

static int recover_open(struct work *w, struct report *r, enum stage *stage, struct failure *f) {
    if (w->lock < 0)
        return failure_set(f, EXIT_ID_DISK_UNREADABLE, "check the path",
                           "the disk cannot be opened for writing");
    const int found = journal_load(&w->journal, &w->files, f);
    if (found < 0)
        return -1;
    w->noted = found > 0;
    if (found > 0 && w->journal.phase >= PHASE_COMMIT)
        return finish(w, r, stage, f);
    if (work_discard(w, f) != 0)
        return -1;
    if (found > 0)
        report_note(r,
                    "the run was cut off in its phase \"%s\", before it wrote to the disk: what it "
                    "left has been removed, and the disk is byte for byte what it was",
                    phase_words[w->journal.phase]);
    else
        report_note(r, "there is nothing to recover: no journal is beside the disk");
    return 0;
}

int recover(const char *disk, const char *qemu_img, struct report *r, enum stage *stage,
            struct failure *f) {
    struct work w;
    *stage = STAGE_COUNT;
    int result = work_open(&w, disk, qemu_img, f);
    if (result == 0)
        result = recover_open(&w, r, stage, f);
    work_free(&w);
    return result;
}
