// A range of a disk as a whole: its digest, or whether another disk has the same bytes there.
#ifndef QEMU_GROW_PROOF_REGION_H
#define QEMU_GROW_PROOF_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "plan/nbd.h"

enum { REGION_DIGEST_SIZE = 32 };

// SHA-256 of the bytes from `from` up to, not including, `to`, which are within the disk. Returns
// 0, or -1 with EXIT_ID_IO_ERROR, EXIT_ID_INTERRUPTED, EXIT_ID_TERMINATED or EXIT_ID_INTERNAL.
int region_digest(struct export *disk, uint64_t from, uint64_t to,
                  uint8_t digest[REGION_DIGEST_SIZE], struct failure *f);

// Compares the two disks there. overlay: `disk` is an image whose backing file is `base`, opened by
// export_open_chain: then only what lies in the image itself is read. Sets *first to the first byte
// that differs, or to `to`. Returns 0, or -1 as region_digest.
int region_compare(struct export *disk, struct export *base, bool overlay, uint64_t from,
                   uint64_t to, uint64_t *first, struct failure *f);

#endif
