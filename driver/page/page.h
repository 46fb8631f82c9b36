// --report: a run as one HTML file that needs nothing else.
#ifndef QEMU_GROW_PAGE_PAGE_H
#define QEMU_GROW_PAGE_PAGE_H

#include "base/failure.h"

// Whether a file can be made at `path`: before the run. 0, or -1 with EXIT_ID_OUTPUT_UNWRITABLE.
int page_writable(const char *path, struct failure *f);

// Writes the page of the recording in `recording` to `path`, as a whole or not at all; only its
// owner may read it, since it holds the console. scripts: --scripts, or NULL; where that has no
// report/, the program's own is taken. 0, or -1 with EXIT_ID_OUTPUT_UNWRITABLE,
// EXIT_ID_HOST_FULL, EXIT_ID_RECORDING_BAD or EXIT_ID_SCRIPTS_BAD.
int page_write(const char *path, const char *recording, const char *scripts, struct failure *f);

#endif
