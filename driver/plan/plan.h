// What will be done to the disk, worked out in full on the host before QEMU starts.
//
// Reads only. Whatever makes the run impossible or unsafe is found here and refused, with an exit
// code of its own, before a byte is written.
#ifndef QEMU_GROW_PLAN_PLAN_H
#define QEMU_GROW_PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "plan/ext.h"
#include "plan/mbr.h"

enum { SECTOR_SIZE = 512 }; // bytes; the only logical sector size MBR disks have here
enum { PLAN_WARNINGS_MAX = 8, PLAN_WARNING_SIZE = 256 };

// What is asked of the planner.
struct plan_request {
    const char *disk;   // any path as the user gave it
    const char *size;   // as qemu-img takes it
    const char *format; // or NULL: probe with qemu-img
    const char
        *qemu_img; // path or name of qemu-img; qemu-nbd is looked for beside it, then in PATH
};

// What a disk is like at one moment: before the run, and again after it.
struct disk_state {
    uint64_t virtual_size; // bytes
    struct mbr mbr;
    int part;            // number 1..4 of the last primary partition by LBA
    struct ext_super fs; // of that partition
};

struct plan {
    char *disk;   // absolute path, symlinks resolved; never has a leading dash
    char *format; // QEMU's name of the format; always told to QEMU
    struct disk_state before;
    uint64_t virtual_size;  // bytes, wanted
    bool resize;            // false: the disk has that size already (a run that was cut short)
    int part;               // = before.part
    int partitions;         // used entries of the table, 1..4
    struct mbr_entry entry; // as it will be: same number, start, type and boot flag
    uint64_t fs_blocks;     // blocks of the file system, wanted
    char e2fsprogs[48];     // version on the ISO, e.g. "1.47.0-r5"; empty until the ISO is known
    int warning_count;
    char warnings[PLAN_WARNINGS_MAX][PLAN_WARNING_SIZE];
};

// Makes the plan, or returns -1 with the refusal. On success plan_free is the caller's.
int plan_make(struct plan *p, const struct plan_request *q, struct failure *f);
void plan_free(struct plan *p);

// Reads a disk image's state through a read-only qemu-nbd of its own. path is absolute. Returns 0
// or -1.
int disk_state_read(struct disk_state *s, const char *path, const char *format,
                    const char *qemu_img, struct failure *f);

#endif
