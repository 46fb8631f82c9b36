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
#include "plan/image.h"
#include "plan/mbr.h"
#include "plan/reason.h"

enum { SECTOR_SIZE = 512 }; // bytes; the only logical sector size MBR disks have here
enum { MBR_ENTRIES = 4, HOLDS_SIZE = 48 };

// What is asked of the planner.
struct plan_request {
    const char *disk;   // any path as the user gave it
    const char *size;   // as qemu-img takes it
    const char *format; // or NULL: probe with qemu-img
    const char
        *qemu_img; // path or name of qemu-img; qemu-nbd is looked for beside it, then in PATH
    bool in_place; // the guest works on the disk itself, not on an overlay beside it
};

// What a disk is like at one moment: before the run, and again after it.
struct disk_state {
    uint64_t virtual_size; // bytes
    struct mbr mbr;
    int part;                            // number 1..4 of the last primary partition by LBA
    struct ext_super fs;                 // of that partition
    char holds[MBR_ENTRIES][HOLDS_SIZE]; // by partition number - 1: "ext4", "swap space", or ""
    enum ext_mmp mmp;                    // of fs, if it has that feature
};

// How far the plan came.
enum plan_known {
    KNOWN_NOTHING,
    KNOWN_IMAGE,  // image, disk, format, before.virtual_size
    KNOWN_TABLE,  // before.mbr, before.part, before.holds
    KNOWN_FS,     // before.fs
    KNOWN_GROWTH, // everything
};

// What comes of it.
enum plan_verdict {
    PLAN_REFUSED,
    PLAN_UNCHANGED, // the disk is as it is to be: nothing is to be done
    PLAN_GROW,
};

// The room that a run takes of the host's file system with the disk. All in bytes.
struct plan_room {
    uint64_t certain;   // at least
    uint64_t possible;  // at most, but for repairs by e2fsck
    uint64_t available; // to this user; UINT64_MAX: cannot be told
};

struct plan {
    const char *asked; // the disk as the user gave it; the request's
    struct image image;
    char *disk;   // image.path: absolute, symlinks resolved; never has a leading dash
    char *format; // image.format: QEMU's name of the format; always told to QEMU
    struct disk_state before;
    uint64_t virtual_size;  // bytes, wanted; 0: SIZE is none
    bool resize;            // false: the disk has that size already (a run that was cut short)
    int part;               // = before.part
    int partitions;         // used entries of the table, 1..4
    struct mbr_entry entry; // as it will be: same number, start, type and boot flag
    uint64_t fs_blocks;     // blocks of the file system, wanted
    struct plan_room room;
    char e2fsprogs[48]; // version on the ISO, e.g. "1.47.0-r5"; empty until the ISO is known
    enum plan_known known;
    enum plan_verdict verdict;
    struct reasons reasons; // every one, in the order in which things are looked at
};

// Makes the plan. Returns 0 when there is nothing to refuse (p->verdict says whether there is
// anything to do), or -1 with the first refusal in *f (NULL: nobody wants it); what was found out
// until then, and all reasons, are in *p. plan_free is the caller's in each case.
int plan_make(struct plan *p, const struct plan_request *q, struct failure *f);
void plan_free(struct plan *p);

// Goes on with what can be judged once the ISO is known: whether its e2fsprogs (a version such as
// "1.47.0-r5") takes the file system's features. Returns 0, or -1 with the refusal. With NULL it is
// noted that nobody knows.
int plan_judge_iso(struct plan *p, const char *e2fsprogs, struct failure *f);

// Adds what somebody else has found to be a reason to refuse the disk.
void plan_refuse(struct plan *p, const struct failure *f);

// Reads a disk image's state through a read-only qemu-nbd of its own. path is absolute. Returns 0
// or -1.
int disk_state_read(struct disk_state *s, const char *path, const char *format,
                    const char *qemu_img, struct failure *f);

#endif
