// Reasons to refuse a disk, to warn of something, or to note it: one table of them, and the list
// that a plan gathers.
#ifndef QEMU_GROW_PLAN_REASON_H
#define QEMU_GROW_PLAN_REASON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

enum severity {
    SEVERITY_REFUSE, // nothing is done
    SEVERITY_WARN,   // the run goes on, and the person is told
    SEVERITY_NOTE,   // worth knowing; told by --plan and -v
};

// One row of the table: what the plan's text, its JSON, the man page and the README list.
struct reason_row {
    const char *code; // stable, for scripts
    enum severity severity;
    enum exit_id exit;   // of a refusal; else EXIT_ID_OK
    const char *meaning; // one clause
    const char *next;    // what to do; "" where there is nothing to be done
};

// Ids are indices into reason_rows. The first one of an exit code is what a failure with that code
// becomes (reason_add_failure).
enum reason_id {
    // The image as a file.
    REASON_DISK_UNREADABLE,
    REASON_DISK_KIND,
    REASON_DISK_READ_ONLY,
    REASON_DISK_LOCKED,
    REASON_PROGRAM_MISSING,
    REASON_ISO_UNUSABLE,
    REASON_RUN_CUT_OFF,
    REASON_JOURNAL_BAD,
    REASON_NO_ROOM,
    REASON_FILE_LIMIT,
    REASON_ROOM_TIGHT,
    // The image as QEMU sees it.
    REASON_FORMAT_UNREADABLE,
    REASON_BACKING_UNREADABLE,
    REASON_FORMAT_FIXED,
    REASON_COPY_REFUSED,
    REASON_GROWN_COPY,
    REASON_ENCRYPTED,
    REASON_MARKED_CORRUPT,
    REASON_MARKED_DIRTY,
    REASON_CUT_SHORT,
    REASON_TABLES_DAMAGED,
    REASON_BITMAP_IN_USE,
    REASON_OLD_SNAPSHOTS,
    REASON_HAS_BACKING,
    REASON_HAS_SNAPSHOTS,
    REASON_HAS_BITMAPS,
    REASON_HAS_DATA_FILE,
    // SIZE.
    REASON_SIZE_INVALID,
    REASON_SIZE_SMALLER,
    REASON_NOTHING_TO_GROW,
    REASON_SIZE_BEYOND_MBR,
    REASON_CUT_OFF_RUN,
    // The partition table.
    REASON_NO_MBR,
    REASON_NO_TABLE,
    REASON_GPT,
    REASON_GPT_HEADER,
    REASON_EXTENDED,
    REASON_NO_PARTITION,
    REASON_TABLE_INCONSISTENT,
    REASON_BAD_BOOT_BYTE,
    REASON_UNUSED_NOT_EMPTY,
    REASON_ZERO_PARTITION,
    REASON_BEYOND_END,
    REASON_OVERLAP,
    REASON_START_UNALIGNED,
    REASON_TYPE_UNUSUAL,
    // What the last partition holds.
    REASON_NOT_EXT,
    REASON_LVM,
    REASON_LUKS,
    REASON_RAID_MEMBER,
    REASON_SWAP,
    REASON_XFS,
    REASON_BTRFS,
    REASON_OTHER_CONTENT,
    REASON_JOURNAL_DEVICE,
    REASON_EXT_DAMAGED,
    // The ext file system and what e2fsck and resize2fs do with it.
    REASON_FS_UNGROWABLE,
    REASON_BIGALLOC,
    REASON_EXTERNAL_JOURNAL,
    REASON_RESIZE_INODE_META_BG,
    REASON_FS_BEYOND_PLAN,
    REASON_TOO_MANY_GROUPS,
    REASON_TOO_MANY_INODES,
    REASON_MMP_FSCK,
    REASON_FEATURES_UNKNOWN,
    REASON_FEATURES_TOO_NEW,
    REASON_FEATURES_UNCHECKED,
    REASON_FS_LARGER,
    REASON_FS_SMALLER,
    REASON_JOURNAL_DIRTY,
    REASON_FS_UNCLEAN,
    REASON_FS_ERRORS,
    REASON_ORPHANS,
    REASON_MMP,
    REASON_TABLES_MOVE,
    REASON_RESIZE_INODE_SMALL,
    REASON_META_BG,
    REASON_SHARED_BLOCKS,
    REASON_SMALL_BLOCKS,
    REASON_REST_UNUSED,
    // What happens to a plan, whatever the disk.
    REASON_IO_ERROR,
    REASON_INTERNAL,
    REASON_INTERRUPTED,
    REASON_TERMINATED,
    REASON_COUNT
};

extern const struct reason_row reason_rows[REASON_COUNT];
extern const char *const severity_words[]; // "refuse", "warn", "note"

enum { REASONS_MAX = 32, REASON_WHAT_SIZE = 1024, REASON_NEXT_SIZE = 512 };

struct reason {
    enum reason_id id;
    enum exit_id exit;           // of a refusal: mostly the row's
    char what[REASON_WHAT_SIZE]; // lower case or a name first, no full stop
    char next[REASON_NEXT_SIZE]; // an instruction, or ""
};

struct reasons {
    size_t count;
    struct reason at[REASONS_MAX];
};

// Adds a reason of the table's row `id`, in words of its own. What does not fit any more is left
// out: a list that is full has refusals enough, and they come first. Returns -1 for a refusal and 0
// for the others. r may be NULL.
int reason_add(struct reasons *r, enum reason_id id, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

// Adds what a function that knows only failures has said, with its own next step. Returns -1.
int reason_add_failure(struct reasons *r, const struct failure *f);

// Adds a copy of all of `more`.
void reasons_append(struct reasons *r, const struct reasons *more);

// The first refusal, or NULL.
const struct reason *reasons_refusal(const struct reasons *r);

// Whether there is one of this id.
bool reasons_have(const struct reasons *r, enum reason_id id);

// Puts the first refusal into *f and returns -1; 0 when there is none. f may be NULL.
int reasons_failure(const struct reasons *r, struct failure *f);

#endif
