// latest-releases.yaml, as Alpine's mirrors have it for each branch and architecture.
#ifndef QEMU_GROW_ISO_RELEASES_H
#define QEMU_GROW_ISO_RELEASES_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "iso/digest.h"

enum { VERSION_SIZE = 32 }; // bytes of a version with its NUL

// What such a file says of the newest virt ISO.
struct newest {
    char version[VERSION_SIZE];
    char sha256[DIGEST_HEX + 1]; // "" when it does not say
    uint64_t size;               // bytes; 0 when it does not say
};

// Finds the entry with flavor alpine-virt and arch x86_64 in the text (size bytes, any bytes).
// branch: "3.20", which the version must belong to, or NULL. where: the file's name in messages.
// 0, or -1 with EXIT_ID_ISO_FETCH_FAILED.
int releases_newest(struct newest *n, const char *text, size_t size, const char *branch,
                    const char *where, struct failure *f);

#endif
