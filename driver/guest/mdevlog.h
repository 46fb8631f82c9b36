// The guest's mdev.log, as it comes over the console: packed by gzip, written as base64.
#ifndef QEMU_GROW_GUEST_MDEVLOG_H
#define QEMU_GROW_GUEST_MDEVLOG_H

#include <stddef.h>
#include <stdio.h>

#include "base/failure.h"

// Opens the file that the log will go to, before the run: made anew, 0644 less umask,
// close-on-exec. NULL with EXIT_ID_OUTPUT_UNWRITABLE.
FILE *mdevlog_open(const char *path, struct failure *f);

// Decodes lines of base64 (empty ones are skipped), unpacks them and writes them to out. gzip's own
// checksum proves that nothing was lost on the way. Returns 0, or -1 with EXIT_ID_MDEV_LOG_FAILED
// or EXIT_ID_HOST_FULL.
int mdevlog_write(FILE *out, char *const *lines, size_t count, struct failure *f);

#endif
