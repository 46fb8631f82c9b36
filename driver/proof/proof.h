// The proof: the grown disk, re-read on the host, is what was planned and nothing else has changed.
//
// Everything is told from the bytes of the image, read through a read-only qemu-nbd, never from
// what the guest said. What e2fsck did in the guest is listed beside it.
#ifndef QEMU_GROW_PROOF_PROOF_H
#define QEMU_GROW_PROOF_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "plan/plan.h"

enum {
    PROOF_CHECKS_MAX = 40,
    PROOF_TEXT_SIZE = 160, // of what was planned, and of what was found
    PROOF_DIGEST_SIZE = 32 // SHA-256
};

// What was known of the disk before the first byte was written, and is no longer to be had when the
// run works in place.
struct proof_before {
    bool taken;                            // the digests below are there
    uint8_t region[PROOF_DIGEST_SIZE];     // SHA-256 of sector 1 up to the partition's first
    uint8_t boot_block[PROOF_DIGEST_SIZE]; // SHA-256 of the partition's first 1024 bytes
};

// The image to be proved.
struct proof_subject {
    const char *path, *format; // absolute; QEMU's name of the format
    // What it was made from, and must agree with before the partition. NULL: none is at hand, since
    // the run worked in place; then `before` holds digests.
    const char *base_path, *base_format;
    bool overlay; // the base is the image's backing file: only what the overlay holds is compared
    const struct proof_before *before; // may be NULL when there is a base
    char *const *repairs;              // what e2fsck repaired in the guest, a line each
    size_t repair_count;
    bool digests; // take the SHA-256 of what lies before the partition, even when a cheaper
                  // comparison would do: for proof_write
};

// The six lines in which a proof is told, in this order.
enum proof_line {
    PROOF_TABLE,     // boot code, signature, the other entries
    PROOF_PARTITION, // number, start, end, type, boot flag
    PROOF_BEFORE,    // every byte before the partition
    PROOF_FS,        // UUID, label, features, blocks
    PROOF_FSCK,      // e2fsck -fn on the host
    PROOF_REPAIRS,   // what e2fsck repaired in the guest
    PROOF_LINES
};

// One thing that was looked at.
struct proof_check {
    const char *name; // such as "disk-signature"
    const char *what; // for a person: "the disk signature (PARTUUID)"
    enum proof_line line;
    bool ok;
    char planned[PROOF_TEXT_SIZE], found[PROOF_TEXT_SIZE];
};

// Seconds that the parts of the proof took.
struct proof_times {
    double table, region, copy, e2fsck;
};

struct proof {
    struct disk_state after;
    bool readable; // *after is complete; false: its table or its file system is not understood
    int count;
    struct proof_check checks[PROOF_CHECKS_MAX];
    bool ok;                 // all checks are
    int e2fsck_code;         // exit code of e2fsck -fn on the host; -1: it did not come to that
    char *e2fsck_words;      // what it wrote, or NULL
    char e2fsck_version[48]; // "1.47.0"
    uint64_t copied;         // bytes of metadata that were copied for it
    bool copied_all;         // all of the file system was copied, to be certain of a bad verdict
    bool hashed;             // the digests below are there
    uint8_t mbr[PROOF_DIGEST_SIZE], region[PROOF_DIGEST_SIZE], super[PROOF_DIGEST_SIZE];
    struct proof_times times;
};

// To be called before anything is written. Sees that the proof will be possible: e2fsck is there on
// the host and knows all features of the file system. With digests (a run in place) it also hashes
// what lies before the partition. Returns 0, or -1 with EXIT_ID_PROGRAM_MISSING,
// EXIT_ID_E2FSCK_OLD, EXIT_ID_IO_ERROR or what keeps the disk from being read.
int proof_before(struct proof_before *b, const struct plan *p, bool digests, const char *qemu_img,
                 struct failure *f);

// Proves the image. Returns 0 when every check is good; -1 with EXIT_ID_PROOF_FAILED naming the
// first difference; all of them are in *result. Also -1 with what kept the image from being read or
// checked at all (EXIT_ID_DISK_*, EXIT_ID_IO_ERROR, EXIT_ID_HOST_FULL, EXIT_ID_PROGRAM_MISSING,
// EXIT_ID_INTERRUPTED ...). proof_free(result) is the caller's in each case.
int proof_run(struct proof *result, const struct plan *p, const struct proof_subject *s,
              const char *qemu_img, struct failure *f);
void proof_free(struct proof *result);

// Reads the disk again and compares table and superblock alone, without e2fsck. Fills *after.
// Returns 0, or -1 with EXIT_ID_PROOF_FAILED naming the first difference, or with what kept the
// disk from being read.
int proof_check(struct disk_state *after, const struct plan *p, const char *qemu_img,
                struct failure *f);

// That comparison alone.
int proof_compare(const struct disk_state *after, const struct plan *p, struct failure *f);

#endif
