// How far the user's disk has come: what an error has to say about it.
#ifndef QEMU_GROW_BASE_STAGE_H
#define QEMU_GROW_BASE_STAGE_H

// In the order in which a run passes through them.
enum stage {
    STAGE_UNTOUCHED, // nothing has been written
    STAGE_ENLARGED,  // virtual size grown, table and file system as they were
    STAGE_ATTACHED,  // enlarged (or as large as wanted); a guest has it, journals may be replayed
    STAGE_TABLE,     // fdisk has been told to write; table old or new
    STAGE_CHECK,     // table new; e2fsck may be repairing
    STAGE_FS,        // resize2fs may be moving the file system's end
    STAGE_GROWN,     // all done in the guest, not yet powered off
    STAGE_OFF,       // QEMU has ended in order
    // What a run on an overlay says of the disk instead, whatever its guest has done.
    STAGE_SPARED,   // not written; overlay and journal are gone
    STAGE_KEPT,     // not written; overlay and journal are still there
    STAGE_COMMIT,   // the commit has begun
    STAGE_REPLACED, // all is in the disk; it was not proved, or what is beside it is still there
    STAGE_DONE,     // grown and proved, and nothing is left beside it
    STAGE_COUNT
};

struct stage_row {
    const char *name;    // in dialogue files, e.g. "table"
    const char *meaning; // for a person: a clause about the disk, no full stop
};

extern const struct stage_row stage_rows[STAGE_COUNT];

// The stage of this name, or -1.
int stage_by_name(const char *name);

#endif
