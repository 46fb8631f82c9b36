// Text that grows as it is put together.
#ifndef QEMU_GROW_PAGE_TEXT_BUFFER_H
#define QEMU_GROW_PAGE_TEXT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

// Begin with {0}. bytes: NULL as long as there are none.
struct text_buffer {
    char *bytes; // not NUL-terminated
    size_t size, room;
    bool failed; // there was no memory: what was added since is not there
};

void text_buffer_add(struct text_buffer *b, const void *bytes, size_t size);
void text_buffer_add_text(struct text_buffer *b, const char *text);
void text_buffer_free(struct text_buffer *b);

#endif
