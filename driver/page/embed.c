// `<`, `>` and `&` occur in JSON only within strings, so that each may be written as an escape.
#include "page/embed.h"

#include <stdio.h>
#include <stdlib.h>

enum { REAL_DIGITS = 9, UTF8_MOST = 2 }; // bytes that a character up to U+00FF takes

int embed_json(struct text_buffer *page, const json_t *json) {
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY |
                                      JSON_REAL_PRECISION(REAL_DIGITS));
    if (text == NULL)
        return -1;
    for (const char *c = text; *c != '\0'; c++) {
        char escape[sizeof "\\u0000"];
        const bool plain = *c >= ' ' && *c <= '~' && *c != '<' && *c != '>' && *c != '&';
        if (!plain)
            (void)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)*c);
        text_buffer_add(page, plain ? c : escape, plain ? 1 : sizeof escape - 1);
    }
    free(text);
    return page->failed ? -1 : 0;
}

json_t *embed_bytes(const void *bytes, size_t size) {
    const unsigned char *b = bytes;
    char *utf8 = malloc(UTF8_MOST * size + 1);
    size_t used = 0;
    if (utf8 == NULL)
        return NULL;
    for (size_t i = 0; i < size; i++) {
        if (b[i] < 0x80) {
            utf8[used++] = (char)b[i];
        } else {
            utf8[used++] = (char)(0xc0 | b[i] >> 6);
            utf8[used++] = (char)(0x80 | (b[i] & 0x3f));
        }
    }
    json_t *json = json_stringn(utf8, used);
    free(utf8);
    return json;
}
