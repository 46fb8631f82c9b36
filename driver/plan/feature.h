// The features of ext file systems: their names, and since when e2fsprogs can handle them.
#ifndef QEMU_GROW_PLAN_FEATURE_H
#define QEMU_GROW_PLAN_FEATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/ext.h"

enum { FEATURE_LIST_SIZE = 512 }; // bytes that hold the names of many features

// Writes the names of the file system's features into text, separated by blanks, as dumpe2fs calls
// them; one without a name by its bit, such as incompat:0x800.
void feature_list(char *text, size_t size, const struct ext_super *s);

// The same for those that an e2fsprogs of that version ("1.47.0-r5") does not know; with version
// NULL for those that none known here does. Returns how many.
size_t feature_list_beyond(char *text, size_t size, const struct ext_super *s, const char *version);

#endif
