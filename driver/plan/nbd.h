// A disk image of any format, read as a plain disk: a read-only qemu-nbd of our own, spoken to by
// libnbd over a private socket.
#ifndef QEMU_GROW_PLAN_NBD_H
#define QEMU_GROW_PLAN_NBD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

struct export;

// Opens the image at `path` (absolute), which is of the format `format` (QEMU's name). qemu-nbd is
// looked for beside qemu_img when that has a slash, else in PATH. Returns NULL with
// EXIT_ID_PROGRAM_MISSING, EXIT_ID_DISK_LOCKED, EXIT_ID_BACKING_UNREADABLE,
// EXIT_ID_FORMAT_UNREADABLE or EXIT_ID_INTERNAL.
struct export *export_open(const char *path, const char *format, const char *qemu_img,
                           struct failure *f);

// The same, with QEMU telling how deep in the chain of backing files each part lies.
struct export *export_open_chain(const char *path, const char *format, const char *qemu_img,
                                 struct failure *f);

// The disk's size in bytes.
uint64_t export_size(const struct export *e);

// Reads `size` bytes at `offset`. Returns 0, or -1 with EXIT_ID_IO_ERROR, also when that is beyond
// the disk's end.
int export_read(struct export *e, void *bytes, size_t size, uint64_t offset, struct failure *f);

// What QEMU knows of a part of the disk without reading it.
struct export_extent {
    uint64_t size; // bytes, at least 1
    bool zero;     // it reads as zeros; false: nothing is known
    int depth;     // 1: in the image itself, 2: in its backing file, ...; 0: in none; -1: not known
};

// The extent that begins at `offset`, which is within the disk. Returns 0, or -1 with
// EXIT_ID_IO_ERROR.
int export_extent(struct export *e, uint64_t offset, struct export_extent *x, struct failure *f);

// Ends qemu-nbd, too. e may be NULL.
void export_close(struct export *e);

#endif
