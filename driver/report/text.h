// Bytes of any origin (paths, the guest's console) made fit to be shown on a terminal or in a log.
#ifndef QEMU_GROW_REPORT_TEXT_H
#define QEMU_GROW_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Writes `size` bytes as printable text into out (out_size bytes, at least one; NUL-terminated, cut
// between characters) and returns the text's width in columns, at most `columns`. UTF-8 characters
// stay whole; control characters, those that change the direction of writing, and bytes that are no
// UTF-8 become \xNN. With utf8 false every byte beyond ASCII does.
size_t text_printable(char *out, size_t out_size, size_t columns, const char *bytes, size_t size,
                      bool utf8);

// "512 MiB", "104.5 MiB", "1 byte", "1000 bytes": in the largest unit that is reached, with one
// digit unless the number is whole. Returns out.
const char *text_bytes(char *out, size_t out_size, uint64_t bytes);

enum { TEXT_BYTES_SIZE = 32 }; // enough for text_bytes

#endif
