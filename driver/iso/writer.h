// Writes a file that comes in pieces, and hashes it, in a thread of its own: the caller goes on
// with the network meanwhile.
#ifndef QEMU_GROW_ISO_WRITER_H
#define QEMU_GROW_ISO_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "iso/digest.h"

enum { WRITER_BLOCK = 128 * 1024 }; // bytes of a block, at most

struct writer;

// There are `size` bytes in the file fd, which are hashed first; what comes is written behind them.
// fd stays the caller's and must outlive the writer. NULL without memory.
struct writer *writer_new(int fd, uint64_t size);

// Room for the next WRITER_BLOCK bytes, the same until it is given; waits until there is some. NULL
// with errno when what was given before cannot be written or hashed: nothing more can be given.
char *writer_block(struct writer *w);

// The first `size` bytes of that room are the next ones.
void writer_give(struct writer *w, size_t size);

// Waits until all that was given is in the file (not: on the disk). *size: the bytes in the file.
// hex, if not NULL, gets the SHA-256 of all of them. 0, or -1 with errno; *size is set, too. Frees
// w in each case.
int writer_end(struct writer *w, uint64_t *size, char hex[DIGEST_HEX + 1]);

// Gives up: what was given may be in the file or not. w may be NULL.
void writer_drop(struct writer *w);

#endif
