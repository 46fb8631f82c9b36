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
