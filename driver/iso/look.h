// What an ISO says of itself, before it is booted: which Alpine it is, and what is on it.
#ifndef QEMU_GROW_ISO_LOOK_H
#define QEMU_GROW_ISO_LOOK_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

enum { LOOK_TEXT = 48 }; // bytes of each text with its NUL

struct look {
    char label[LOOK_TEXT];     // "alpine-virt 3.20.3 x86_64"
    char version[LOOK_TEXT];   // "3.20.3"
    char e2fsprogs[LOOK_TEXT]; // version of the package e2fsprogs-extra on it: "1.47.0-r5"
    uint64_t size;             // bytes of the file system, from its descriptor
};

// Looks at the file fd (its offset is moved), called `name` in messages. 0, or -1 with
// EXIT_ID_ISO_WRONG (no ISO, not complete, not Alpine virt for x86_64, or something missing on it)
// or EXIT_ID_ISO_UNREADABLE.
int look_file(struct look *l, int fd, const char *name, struct failure *f);

// The same for bytes in memory: what the fuzzer calls.
int look_bytes(struct look *l, const void *bytes, size_t size, const char *name, struct failure *f);

// Whether bytes are the beginning of a web page, which is what a login page in the way sends.
int look_is_html(const char *bytes, size_t size);

#endif
