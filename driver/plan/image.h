// A disk image as a file on the host, and as QEMU understands it.
#ifndef QEMU_GROW_PLAN_IMAGE_H
#define QEMU_GROW_PLAN_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

struct image {
    char *path;            // absolute, symlinks resolved
    char *format;          // QEMU's name
    bool probed;           // the format was found by qemu-img, not told by the user
    uint64_t virtual_size; // bytes
    int64_t cluster_size;  // bytes; 0: the format has no clusters
    char *backing;         // the backing file as the image names it, or NULL
    int snapshots;         // internal ones
    const char *fixed;     // why qemu-img cannot resize it, as a clause; NULL: it can
};

// Finds out all of *i by stat, open and `qemu-img info`. format: QEMU's name, or NULL to have it
// probed. Returns 0 (image_free is the caller's), or -1 with EXIT_ID_DISK_UNREADABLE (not there, no
// regular file, not writable), EXIT_ID_DISK_LOCKED, EXIT_ID_FORMAT_UNREADABLE (also: encrypted,
// marked corrupt or dirty, cut short, damaged as `qemu-img check` sees it),
// EXIT_ID_BACKING_UNREADABLE or EXIT_ID_PROGRAM_MISSING.
int image_inspect(struct image *i, const char *disk, const char *format, const char *qemu_img,
                  struct failure *f);
void image_free(struct image *i);

// Puts what qemu-img, qemu-nbd or QEMU wrote to standard error about not opening `path` into a
// failure: which exit code it is, and its first line without what only repeats the path. Returns
// -1.
int image_failure(struct failure *f, const char *path, const char *format, const char *said);

#endif
