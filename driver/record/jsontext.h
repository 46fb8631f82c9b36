// Text as JSON has it within quotes, and numbers, written straight into memory: what is recorded
// for each piece of the console, where a library's objects would cost more than all the rest.
#ifndef QEMU_GROW_RECORD_JSONTEXT_H
#define QEMU_GROW_RECORD_JSONTEXT_H

#include <stddef.h>
#include <stdint.h>

enum {
    JSONTEXT_BYTE = 6,     // a byte takes as many at most: \u001B
    JSONTEXT_SLACK = 8,    // and so many bytes behind the end may be overwritten
    JSONTEXT_NUMBER = 20,  // digits of a number
    JSONTEXT_SECONDS = 21, // of a time, with its point
};

// Writes ASCII up to the first byte that is none, or all of it. Returns behind what was written;
// *taken: bytes of the text.
char *jsontext_ascii(char *out, const char *text, size_t size, size_t *taken);

// How many bytes the UTF-8 character has that begins here; 0: not to be told before more has come;
// -1: it is none.
int jsontext_utf8(const char *bytes, size_t size);

// A number; microseconds as seconds with six decimals. Both return behind what was written.
char *jsontext_number(char *out, uint64_t n);
char *jsontext_seconds(char *out, uint64_t us);

#endif
