// A recording and what belongs to it, as one .tar.gz for a bug report.
#ifndef QEMU_GROW_BUNDLE_BUNDLE_H
#define QEMU_GROW_BUNDLE_BUNDLE_H

#include <stddef.h>

#include "base/failure.h"

struct bundle;

// Makes FILE, which must not be there yet; only its owner may read it. NULL with
// EXIT_ID_OUTPUT_UNWRITABLE or EXIT_ID_HOST_FULL, or as library_load.
struct bundle *bundle_new(const char *path, struct failure *f);

// Adds a file of that name. 0, or -1 as bundle_new does.
int bundle_add(struct bundle *b, const char *name, const void *bytes, size_t size,
               struct failure *f);

// Ends it. whole: all of it is there; else, and when this fails, FILE is removed. 0, or -1 as
// bundle_new. Frees b, which may be NULL.
int bundle_end(struct bundle *b, int whole, struct failure *f);

#endif
