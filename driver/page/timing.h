// When the console's bytes came: timing.log of a recording, as script's advanced format has it.
#ifndef QEMU_GROW_PAGE_TIMING_H
#define QEMU_GROW_PAGE_TIMING_H

#include <jansson.h>
#include <stdio.h>

enum { TIMING_MAX = 4096 }; // pairs

// An array of at most TIMING_MAX pairs [seconds, bytes of output until then], both never falling.
// Lines that are none of the format are passed over. in: NULL gives an empty array. NULL without
// memory.
json_t *timing_read(FILE *in);

#endif
