// JSON within an HTML page: no byte of it, wherever it comes from, can end the element that it is
// in.
#ifndef QEMU_GROW_PAGE_EMBED_H
#define QEMU_GROW_PAGE_EMBED_H

#include <jansson.h>

#include "page/text_buffer.h"

// Adds the object as printable ASCII without `<`, `>` and `&`: what else there is in its strings is
// written as \uNNNN, which JSON reads as the same. 0, or -1 without memory.
int embed_json(struct text_buffer *page, const json_t *json);

// Any bytes as a JSON string of so many characters, U+0000 to U+00FF, one for each byte. NULL
// without memory.
json_t *embed_bytes(const void *bytes, size_t size);

#endif
