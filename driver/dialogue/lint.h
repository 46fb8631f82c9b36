// What must hold in dialogue files beyond the schema.
#ifndef QEMU_GROW_DIALOGUE_LINT_H
#define QEMU_GROW_DIALOGUE_LINT_H

#include "base/failure.h"

struct scripts;

// Checks every file: names that are gone to, called, failed with and typed at exist; conditions and
// patterns can be read, no pattern ends in what never matches on a stream; variables are set
// somewhere; fields that go together stand together. Returns 0, or -1 with all mistakes (as many as
// fit).
int lint_scripts(const struct scripts *s, struct failure *f);

#endif
