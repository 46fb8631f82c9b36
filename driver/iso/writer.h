// Writes a file that comes in pieces; two threads of its own write and hash meanwhile what has
// come.
#ifndef QEMU_GROW_ISO_WRITER_H
#define QEMU_GROW_ISO_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "iso/digest.h"

struct writer;

// There are `size` bytes in the file fd, which are hashed first; what comes is written behind them.
// fd stays the caller's, is open for reading and writing, and must outlive the writer. NULL without
// memory.
struct writer *writer_new(int fd, uint64_t size);

// Adds the next `size` bytes, which are written some time after there are 2 MiB, or at the end,
// in order. 0, or -1 with errno when some before cannot be written or hashed: then only writer_end
// and writer_drop are left.
int writer_add(struct writer *w, const void *bytes, size_t size);

// To be called about once a second: what has gathered since the last time is written although it
// is less, so that a slow transfer that is killed loses no more than some seconds of it.
void writer_tick(struct writer *w);

// Writes the rest and waits until all is hashed, if hex is not NULL: it gets the SHA-256 of what
// was in the file and was written (the bytes need not be on the disk). *size: the bytes in the
// file. 0, or -1 with errno; *size is set, too. Frees w in each case.
int writer_end(struct writer *w, uint64_t *size, char hex[DIGEST_HEX + 1]);

// Gives up; what was added is written, if it can be. w may be NULL.
void writer_drop(struct writer *w);

#endif
