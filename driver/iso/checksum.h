// The file that lies beside an ISO as .sha256: lines of `HASH  NAME`, as sha256sum writes them.
#ifndef QEMU_GROW_ISO_CHECKSUM_H
#define QEMU_GROW_ISO_CHECKSUM_H

#include <stddef.h>

#include "iso/digest.h"

// Finds the SHA-256 of `name` (no folder) in the text (size bytes, any bytes). A line without a
// name counts for any name; when several lines fit, they must agree. 0, or -1: there is none, or
// more than one.
int checksum_find(const char *text, size_t size, const char *name, char hex[DIGEST_HEX + 1]);

#endif
