// The known word that is most like a misspelt one.
#ifndef QEMU_GROW_OPTIONS_NEAREST_H
#define QEMU_GROW_OPTIONS_NEAREST_H

#include <stddef.h>

// How many letters must be put in, left out, changed or swapped with their neighbour to make b of
// the first `length` bytes of a; upper and lower case are the same. Words of more than 32 bytes are
// infinitely far (SIZE_MAX).
size_t nearest_distance(const char *a, size_t length, const char *b);

// Whether that distance is small enough for b to have been meant: at most a third of the longer
// word's letters, but at least one.
int nearest_is_like(const char *a, size_t length, const char *b);

#endif
