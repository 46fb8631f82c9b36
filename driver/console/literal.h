// A text that no match of a regex can do without: it is found quicker than the match.
#ifndef QEMU_GROW_CONSOLE_LITERAL_H
#define QEMU_GROW_CONSOLE_LITERAL_H

#include <stddef.h>

enum { LITERAL_MAX = 64 }; // bytes

// The longest text that stands in each match of a regex (one that compiles), as far as a simple
// look at it tells: nothing that is optional, one of several alternatives, only looked at, or in
// either case. Returns its size; 0: none is known, as with everything that this does not
// understand.
size_t literal_find(const char *regex, char text[LITERAL_MAX]);

#endif
