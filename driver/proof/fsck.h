// e2fsck on the host: run on a copy of the file system's metadata, changing nothing.
#ifndef QEMU_GROW_PROOF_FSCK_H
#define QEMU_GROW_PROOF_FSCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "proof/copy.h"

struct fsck {
    bool clean;       // it ended well and would not have repaired anything
    int code;         // e2fsck's exit code; -1: it was not run, since the inodes claim too much
    char *words;      // what it wrote (LC_ALL=C), the partition being called PART
    char version[48]; // "1.47.0"; empty when it did not say
    uint64_t copied;  // bytes
    bool copied_all;
    double copy_seconds, check_seconds;
};

// Checks the file system that *from holds as `e2fsck -fn` does. Only its metadata are copied, into
// a file in `folder`; a verdict that is not "clean" is confirmed on a whole copy, where there is
// room for one. Returns 0 with the verdict in *result, or -1 with EXIT_ID_PROGRAM_MISSING,
// EXIT_ID_E2FSCK_OLD, EXIT_ID_INTERRUPTED, EXIT_ID_TERMINATED, the source's failure or the copy's.
// fsck_free is the caller's in each case.
int fsck_check(struct fsck *result, const struct copy_source *from, const char *folder,
               struct failure *f);
void fsck_free(struct fsck *result);

// Whether fsck_check will be possible: 0, or -1 with EXIT_ID_PROGRAM_MISSING (no e2fsck on the
// host), EXIT_ID_E2FSCK_OLD (it does not know a feature that this file system has) or as above.
int fsck_possible(const struct copy_source *from, const char *folder, struct failure *f);

#endif
