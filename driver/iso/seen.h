// The SHA-256 of a file of the user's own, which is not read again while it is not touched.
//
// The cache's folder "own" has a record for each such file, with the stamp that the file had when
// it was read, as the records of the fetched ISOs have.
#ifndef QEMU_GROW_ISO_SEEN_H
#define QEMU_GROW_ISO_SEEN_H

#include "iso/cache.h"
#include "iso/digest.h"

// fd is the file at path, which is absolute. c: NULL when it is to be read in any case. stop_fd and
// the result are those of digest_file; a record that cannot be read or written costs time only.
int seen_digest(const struct cache *c, const char *path, int fd, int stop_fd,
                char hex[DIGEST_HEX + 1]);

#endif
