// What went wrong, as one sentence for a person and one exit code for a script.
//
// A function that can fail takes a `struct failure *`, fills it and returns -1 (or NULL). Nobody
// prints it but the command-line layer, which puts the sentence together from three parts:
// what happened (`what`), what that means for the disk (known only there), what to do (`next`).
#ifndef QEMU_GROW_BASE_FAILURE_H
#define QEMU_GROW_BASE_FAILURE_H

#include <stddef.h>

// One row of the table of exit codes: what the man page, the README and the tests list.
struct exit_row {
    const char *name;    // what dialogue files and messages call it, e.g. "size-not-larger"
    int code;            // the process's exit code
    const char *meaning; // one clause for the man page
};

// Ids are indices into exit_rows.
enum exit_id {
    EXIT_ID_OK,
    EXIT_ID_INTERNAL,
    EXIT_ID_USAGE,
    EXIT_ID_UNCHANGED, // a success: there was nothing to do
    // Refusals: found before anything is written.
    EXIT_ID_DISK_UNREADABLE,
    EXIT_ID_DISK_LOCKED,
    EXIT_ID_FORMAT_UNREADABLE,
    EXIT_ID_BACKING_UNREADABLE,
    EXIT_ID_FORMAT_FIXED,
    EXIT_ID_SIZE_INVALID,
    EXIT_ID_SIZE_NOT_LARGER,
    EXIT_ID_SIZE_BEYOND_MBR,
    EXIT_ID_NO_MBR,
    EXIT_ID_GPT,
    EXIT_ID_EXTENDED,
    EXIT_ID_NO_PARTITION,
    EXIT_ID_TABLE_INCONSISTENT,
    EXIT_ID_NOT_EXT,
    EXIT_ID_ISO_UNREADABLE,
    EXIT_ID_PROGRAM_MISSING,
    EXIT_ID_SCRIPTS_BAD,
    EXIT_ID_OUTPUT_UNWRITABLE,
    EXIT_ID_ISO_UNKNOWN,
    EXIT_ID_ISO_OFFLINE,
    EXIT_ID_ISO_FETCH_FAILED,
    EXIT_ID_ISO_INSECURE,
    EXIT_ID_ISO_MISMATCH,
    EXIT_ID_ISO_SIGNATURE,
    EXIT_ID_ISO_UNTRUSTED,
    EXIT_ID_ISO_WRONG,
    EXIT_ID_ISO_TOO_LARGE,
    EXIT_ID_CACHE_UNWRITABLE,
    EXIT_ID_CACHE_FULL,
    EXIT_ID_CATALOGUE_BAD,
    // Failures of a run: something may have been written.
    EXIT_ID_RESIZE_FAILED,
    EXIT_ID_HOST_FULL,
    EXIT_ID_QEMU_START,
    EXIT_ID_QEMU_DIED,
    EXIT_ID_BOOT_FAILED,
    EXIT_ID_KERNEL_PANIC,
    EXIT_ID_EMERGENCY_SHELL,
    EXIT_ID_GUEST_STUCK,
    EXIT_ID_LOGIN_LOST,
    EXIT_ID_TYPING_FAILED,
    EXIT_ID_MONITOR_FAILED,
    EXIT_ID_MDEV_FAILED,
    EXIT_ID_APK_FAILED,
    EXIT_ID_TARGET_MISSING,
    EXIT_ID_TABLE_MISMATCH,
    EXIT_ID_FDISK_FAILED,
    EXIT_ID_NODE_MISSING,
    EXIT_ID_FSCK_FAILED,
    EXIT_ID_RESIZE2FS_FAILED,
    EXIT_ID_POWEROFF_FAILED,
    EXIT_ID_MDEV_LOG_FAILED,
    EXIT_ID_IO_ERROR,
    EXIT_ID_PROOF_FAILED,
    EXIT_ID_MAX_TIME,
    // Refusals again.
    EXIT_ID_FS_UNGROWABLE,
    EXIT_ID_FS_TOO_NEW,
    EXIT_ID_HOST_ROOM,
    // Failures of a run again.
    EXIT_ID_E2FSCK_OLD, // found before anything is written, too
    // The journal beside the disk, and what it is for.
    EXIT_ID_RECOVER_NEEDED,
    EXIT_ID_COMMIT_FAILED,
    EXIT_ID_DISK_CHANGED,
    EXIT_ID_JOURNAL_BAD,
    EXIT_ID_COPY_REFUSED,
    EXIT_ID_IN_THE_WAY,
    EXIT_ID_DISK_ERROR,
    EXIT_ID_CD_ERROR,
    EXIT_ID_GUEST_MEMORY,
    EXIT_ID_GUEST_FAULT,
    EXIT_ID_DIVERGED,
    EXIT_ID_RECORDING_BAD,
    EXIT_ID_INTERRUPTED,
    EXIT_ID_TERMINATED,
    EXIT_ID_COUNT
};

extern const struct exit_row exit_rows[EXIT_ID_COUNT];

struct failure {
    enum exit_id id;
    char what[1024]; // "DISK has a GPT": lower case or a name first, no full stop
    char next[512];  // "convert it to MBR first": an instruction, no full stop
};

// Fills *f and returns -1, so that callers can `return failure_set(...)`. `next` is taken as it is;
// the printf-style rest becomes `what`. Too long a text is cut, never refused. f may be NULL.
int failure_set(struct failure *f, enum exit_id id, const char *next, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

// The failure of an allocation; returns -1.
int failure_no_memory(struct failure *f);

// The id of the row with this name, or -1.
int exit_id_by_name(const char *name);

#endif
