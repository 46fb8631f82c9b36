// Doubles its room when it is full.
#include "page/text_buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 4096 };

void text_buffer_add(struct text_buffer *b, const void *bytes, size_t size) {
    if (b->failed || size == 0)
        return;
    size_t room = b->room == 0 ? ROOM_FIRST : b->room;
    while (room - b->size < size && room <= SIZE_MAX / 2)
        room *= 2;
    char *fresh = room - b->size < size ? NULL
                  : room == b->room     ? b->bytes
                                        : realloc(b->bytes, room);
    if (fresh == NULL) {
        b->failed = true;
        return;
    }
    b->bytes = fresh;
    b->room = room;
    memcpy(b->bytes + b->size, bytes, size);
    b->size += size;
}

void text_buffer_add_text(struct text_buffer *b, const char *text) {
    text_buffer_add(b, text, strlen(text));
}

void text_buffer_free(struct text_buffer *b) {
    free(b->bytes);
    *b = (struct text_buffer){0};
}
