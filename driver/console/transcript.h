// The raw bytes of a console, kept in a file.
#ifndef QEMU_GROW_CONSOLE_TRANSCRIPT_H
#define QEMU_GROW_CONSOLE_TRANSCRIPT_H

#include <stddef.h>

#include "base/failure.h"

struct transcript;

// Creates or empties the file; only its owner may read it. Returns NULL when that fails
// (EXIT_ID_OUTPUT_UNWRITABLE, or EXIT_ID_HOST_FULL when there is no room).
struct transcript *transcript_open(const char *path, struct failure *f);

// Appends all of the bytes, unbuffered. Returns 0; -1 with EXIT_ID_HOST_FULL when there is no room,
// EXIT_ID_IO_ERROR otherwise.
int transcript_write(struct transcript *t, const void *bytes, size_t size, struct failure *f);

// Closes and frees; t may be NULL. Returns 0; -1 as transcript_write does, when the file system
// tells only now that it could not keep the bytes. t is gone in either case.
int transcript_close(struct transcript *t, struct failure *f);

#endif
