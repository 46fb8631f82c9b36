// The file that lies beside an ISO as .sha256 or .sha512: lines of `HASH  NAME`, as sha256sum and
// sha512sum write them.
#ifndef QEMU_GROW_ISO_CHECKSUM_H
#define QEMU_GROW_ISO_CHECKSUM_H

#include <stddef.h>

#include "iso/digest.h"

// Finds the digest of `name` (no folder) in the text (size bytes, any bytes). A line without a
// name counts for any name; when several lines fit, they must agree. 0, or -1: there is none, or
// more than one. hex, which has room for it and a NUL, is lower case.
int checksum_find(const char *text, size_t size, const char *name, enum digest_kind kind,
                  char *hex);

#endif
