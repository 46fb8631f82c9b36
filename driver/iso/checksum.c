// Line by line: the hexadecimal digits, blank, a blank or star, a name that may have folders.
#include "iso/checksum.h"

#include <stdbool.h>
#include <string.h>

// The last part of a path.
static const char *base_name(const char *path, size_t size, size_t *length) {
    const char *slash = memrchr(path, '/', size);
    const char *base = slash == NULL ? path : slash + 1;
    *length = size - (size_t)(base - path);
    return base;
}

// Whether the line is one for `name`; its digest goes into hex.
static bool line_fits(const char *line, size_t size, const char *name, enum digest_kind kind,
                      char hex[DIGEST_HEX_MAX + 1]) {
    const size_t digits = digest_characters(kind);
    while (size > 0 && strchr("\r \t", line[size - 1]) != NULL && line[size - 1] != '\0')
        size--;
    if (size < digits)
        return false;
    memcpy(hex, line, digits);
    hex[digits] = '\0';
    if (!digest_is_hex_of(kind, hex, hex))
        return false;
    if (size == digits)
        return true;
    const char *rest = line + digits;
    size -= digits;
    if (size < 3 || rest[0] != ' ' || (rest[1] != ' ' && rest[1] != '*'))
        return false;
    size_t length = 0;
    const char *base = base_name(rest + 2, size - 2, &length);
    return strlen(name) == length && memcmp(base, name, length) == 0;
}

int checksum_find(const char *text, size_t size, const char *name, enum digest_kind kind,
                  char *hex) {
    int found = 0;
    char digest[DIGEST_HEX_MAX + 1];
    for (const char *end = text + size; text < end;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const size_t length = (size_t)((newline == NULL ? end : newline) - text);
        if (line_fits(text, length, name, kind, digest)) {
            if (found > 0 && strcmp(hex, digest) != 0)
                return -1;
            memcpy(hex, digest, digest_characters(kind) + 1);
            found++;
        }
        text += length + (newline == NULL ? 0 : 1);
    }
    return found > 0 ? 0 : -1;
}
