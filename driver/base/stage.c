// The stages' names and meanings.
#include "base/stage.h"

#include <string.h>

const struct stage_row stage_rows[STAGE_COUNT] = {
    [STAGE_UNTOUCHED] = {"untouched", "the disk has not been touched"},
    [STAGE_ENLARGED] = {"enlarged",
                        "the disk has its new virtual size; its partition table and file "
                        "systems are as they were"},
    [STAGE_ATTACHED] =
        {"attached", "the disk has its new virtual size and its old partition table; the guest may "
                     "have replayed a file system's journal, no more"},
    [STAGE_TABLE] = {"table", "the disk's partition table is the old or the new one, and its file "
                              "system is as it was"},
    [STAGE_CHECK] = {"check", "the disk's partition has been grown; its file system may be in the "
                              "middle of a repair by e2fsck"},
    [STAGE_FS] = {"fs",
                  "the disk's partition has been grown; its file system may be in the middle of "
                  "being grown"},
    [STAGE_GROWN] = {"grown", "the disk's partition and file system have been grown, but the guest "
                              "was not powered off in order"},
    [STAGE_OFF] = {"off", "the disk has been written as the guest left it at its power-off"},
    [STAGE_SPARED] = {"spared", "the disk is byte for byte what it was"},
    [STAGE_KEPT] = {"kept", "the disk is byte for byte what it was, with files of this run beside "
                            "it that the next one removes"},
    [STAGE_COMMIT] = {"commit", "the disk may be half-way between its old and its grown content, "
                                "and qemu-grow --recover DISK finishes it"},
    [STAGE_REPLACED] = {"replaced", "the disk has its grown content, and qemu-grow --recover DISK "
                                    "proves it again"},
    [STAGE_DONE] = {"done", "the disk has been grown and proved"},
};

int stage_by_name(const char *name) {
    for (int i = 0; i < STAGE_COUNT; i++)
        if (strcmp(stage_rows[i].name, name) == 0)
            return i;
    return -1;
}
