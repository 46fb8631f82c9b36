// Where the dialogue files are.
#ifndef QEMU_GROW_OPTIONS_FOLDER_H
#define QEMU_GROW_OPTIONS_FOLDER_H

#include "base/failure.h"

// The folder that holds dialogues/: `given` (--scripts) if not NULL; else ../share/qemu-grow seen
// from the program's own file (installed); else scripts/ in the nearest folder above it (run from
// the source tree). Allocated; NULL with EXIT_ID_SCRIPTS_BAD.
char *scripts_folder(const char *given, struct failure *f);

#endif
