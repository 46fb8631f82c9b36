// The last lines of a text, for messages.
#ifndef QEMU_GROW_REPORT_TAIL_H
#define QEMU_GROW_REPORT_TAIL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

// The last lines that have something in them, at most so many, as an array of texts, without CR at
// their ends; of each its last bytes. The first one may be cut off where the text begins (whole: it
// is not), and counts only where there is no other. NULL without memory.
json_t *tail_lines(const char *text, size_t size, bool whole, size_t most);

#endif
