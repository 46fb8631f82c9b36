// The journal: how far a run has come, in a small file beside the disk, written before each phase.
//
// Lines of text, in a fixed order, with a SHA-256 of them at the end. Whatever is not byte for byte
// what journal_text would write is no journal.
#ifndef QEMU_GROW_WORK_JOURNAL_H
#define QEMU_GROW_WORK_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "work/files.h"
#include "work/identity.h"

// In the order in which a run passes through them; each is noted before it begins.
enum phase {
    PHASE_OVERLAY, // the overlay is being made; the disk is only read
    PHASE_GUEST,   // the guest works on the overlay
    PHASE_PROOF,   // the overlay is being proved
    PHASE_COPY,    // the proved content is being copied to a file beside the disk
    PHASE_COMMIT,  // the proved content is being written to the disk
    PHASE_RENAME,  // the proved copy takes the disk's place
    PHASE_CHECK,   // all is written; the disk itself is being proved
    PHASE_CLEAN,   // proved; what is beside the disk is being removed
    PHASE_COUNT
};

extern const char *const phase_words[PHASE_COUNT];

enum {
    JOURNAL_MAX = 4096,    // bytes; a larger file is no journal
    JOURNAL_FORMAT = 31,   // characters of a format's name
    JOURNAL_UUID_HEX = 32, // digits
};

struct journal {
    enum phase phase;
    char format[JOURNAL_FORMAT + 1]; // QEMU's name of the disk's
    struct identity disk;            // before the run
    struct identity overlay;         // once it is proved; else all zero, head ""
    struct identity copy;            // the same
    // What was planned, and is to be found in the disk.
    uint64_t virtual_size; // bytes
    unsigned part;
    uint32_t start, sectors;
    uint64_t fs_blocks;
    uint32_t signature; // of the disk
    char fs_uuid[JOURNAL_UUID_HEX + 1];
};

// The journal's text into text, NUL-terminated. Its length in bytes; 0: without memory.
size_t journal_text(const struct journal *j, char text[JOURNAL_MAX]);

// Understands `size` bytes. 0, or -1.
int journal_parse(struct journal *j, const char *bytes, size_t size);

// Reads the journal beside the disk. 1: there is one; 0: there is none; -1 with
// EXIT_ID_JOURNAL_BAD.
int journal_load(struct journal *j, const struct work_files *w, struct failure *f);

// Notes a phase, for good. 0, or -1 as file_replace; the journal then says what it said.
int journal_enter(struct journal *j, const struct work_files *w, enum phase phase,
                  struct failure *f);

#endif
