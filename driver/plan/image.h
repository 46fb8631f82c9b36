// A disk image as a file on the host, and as QEMU understands it.
#ifndef QEMU_GROW_PLAN_IMAGE_H
#define QEMU_GROW_PLAN_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "plan/reason.h"

struct image {
    char *path;              // absolute, symlinks resolved
    char *format;            // QEMU's name
    bool probed;             // the format was found by qemu-img, not told by the user
    uint64_t virtual_size;   // bytes
    int64_t cluster_size;    // bytes; 0: the format has no clusters
    char *backing;           // the backing file as the image names it, or NULL
    char *data_file;         // the external data file as the image names it, or NULL
    uint64_t file_size;      // bytes of the file as such
    uint64_t file_used;      // bytes that it takes of the host's file system
    int snapshots;           // internal ones
    int bitmaps;             // persistent dirty bitmaps
    const char *fixed;       // why qemu-img cannot resize it, as a clause; NULL: it can
    enum reason_id fixed_id; // the reason that this would be
};

// Finds out all of *i by stat, open and `qemu-img info` and `qemu-img check`, and adds to *r what
// it is to be refused for or warned of: all that can still be told after the first refusal. Returns
// 0 when the image's content can be read (there may be refusals all the same), else -1. image_free
// is the caller's in each case.
int image_inspect(struct image *i, const char *disk, const char *format, const char *qemu_img,
                  struct reasons *r);
void image_free(struct image *i);

// Puts what qemu-img, qemu-nbd or QEMU wrote to standard error about not opening `path` into a
// failure: which exit code it is, and its first line without what only repeats the path. Returns
// -1.
int image_failure(struct failure *f, const char *path, const char *format, const char *said);

#endif
