// The metadata of an ext file system: every block that e2fsck reads of a sound one.
#ifndef QEMU_GROW_PROOF_METADATA_H
#define QEMU_GROW_PROOF_METADATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "proof/copy.h"

// How far it could be followed.
enum metadata {
    METADATA_ALL,     // to its end
    METADATA_SOME,    // something in it could not be read or understood
    METADATA_TOO_MUCH // its inodes claim more blocks than it has, which no sound one does
};

// Fills the copy with the file system's superblocks, group descriptors, bitmaps, inode tables,
// directories, extent and indirect blocks, extended attributes, symbolic links, the journal's
// superblock, quota and orphan files. The work is bounded by the file system's number of blocks,
// whatever it holds, and a signal ends it. Returns 0 and fills *found, or -1 with the copy's
// failure, EXIT_ID_INTERRUPTED, EXIT_ID_TERMINATED or EXIT_ID_INTERNAL.
int metadata_fill(struct copy *c, enum metadata *found, struct failure *f);

// Fills the copy with what e2fsck looks at before the inodes alone: superblock, group descriptors,
// the journal's superblock. 0, or -1 as metadata_fill.
int metadata_fill_head(struct copy *c, struct failure *f);

#endif
