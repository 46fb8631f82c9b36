// A partition's copy in a sparse file without a name, filled piece by piece as it is read: what a
// program that needs a file can be run on, when only some of the bytes matter to it.
#ifndef QEMU_GROW_PROOF_COPY_H
#define QEMU_GROW_PROOF_COPY_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

// Where the bytes come from.
struct copy_source {
    uint64_t size; // bytes
    // Reads `size` bytes at `offset`, which are within the source: 0, or -1 with *f.
    int (*read)(void *data, void *bytes, size_t size, uint64_t offset, struct failure *f);
    void *data;
};

struct copy;

// An empty copy, as long as the source, in a file in `folder` that vanishes with this process.
// *from is copied. NULL with EXIT_ID_OUTPUT_UNWRITABLE, EXIT_ID_HOST_FULL or EXIT_ID_INTERNAL.
struct copy *copy_new(const struct copy_source *from, const char *folder, struct failure *f);
void copy_free(struct copy *c);

// Has these bytes in the copy; what is beyond the end is left out. 0, or -1 with the source's
// failure, EXIT_ID_HOST_FULL or EXIT_ID_IO_ERROR.
int copy_fill(struct copy *c, uint64_t offset, uint64_t size, struct failure *f);

// Has them in the copy, and reads them, too; they must be within it.
int copy_read(struct copy *c, void *bytes, size_t size, uint64_t offset, struct failure *f);

uint64_t copy_size(const struct copy *c);   // bytes, as the source
uint64_t copy_filled(const struct copy *c); // bytes that were taken from the source

// A path by which this process' children can open the copy, as long as it is not freed.
const char *copy_path(const struct copy *c);

#endif
