// Eight bytes at a time are copied and looked at; what has to be escaped is rare.
#include "record/jsontext.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

enum { WORD = sizeof(uint64_t), US = 1000000, TEN = 10, FIRST_PRINTABLE = 0x20, NON_ASCII = 0x80 };
static const uint64_t ONES = 0x0101010101010101U, HIGHS = 0x8080808080808080U;

// Marks (0x80) the bytes in w that are not to be copied as they are: C0 controls, `"`, `\` and what
// is not ASCII. The lowest mark is right; above it there may be some too many.
static uint64_t specials(uint64_t w) {
    const uint64_t quote = w ^ (ONES * '"');
    const uint64_t slash = w ^ (ONES * '\\');
    return (w | (w - ONES * FIRST_PRINTABLE) | ((quote - ONES) & ~quote) |
            ((slash - ONES) & ~slash)) &
           HIGHS;
}

static bool is_special(unsigned char byte) {
    return byte < FIRST_PRINTABLE || byte >= NON_ASCII || byte == '"' || byte == '\\';
}

static char *escape(char *out, unsigned char byte) {
    static const char digits[] = "0123456789ABCDEF";
    static const char shorts[NON_ASCII] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
                                           ['\t'] = 't', ['"'] = '"',  ['\\'] = '\\'};
    *out++ = '\\';
    if (shorts[byte] != '\0') {
        *out++ = shorts[byte];
        return out;
    }
    const char code[] = {'u', '0', '0', digits[byte >> 4], digits[byte & 0xf]};
    memcpy(out, code, sizeof code);
    return out + sizeof code;
}

char *jsontext_ascii(char *out, const char *text, size_t size, size_t *taken) {
    size_t i = 0;
    while (i < size) {
        uint64_t w = 0;
        while (i + WORD <= size) {
            memcpy(&w, text + i, WORD);
            memcpy(out, &w, WORD);
            const uint64_t marks = specials(le64toh(w));
            const size_t n = marks == 0 ? WORD : (size_t)__builtin_ctzll(marks) / WORD;
            i += n;
            out += n;
            if (n < WORD)
                break;
        }
        while (i < size && !is_special((unsigned char)text[i]) && i + WORD > size)
            *out++ = text[i++];
        if (i == size || (unsigned char)text[i] >= NON_ASCII)
            break;
        if (is_special((unsigned char)text[i]))
            out = escape(out, (unsigned char)text[i++]);
    }
    *taken = i;
    return out;
}

int jsontext_utf8(const char *bytes, size_t size) {
    const unsigned char first = (unsigned char)bytes[0];
    const int wanted = first < 0x80                    ? 1
                       : first >= 0xc2 && first < 0xe0 ? 2
                       : first >= 0xe0 && first < 0xf0 ? 3
                       : first >= 0xf0 && first < 0xf5 ? 4
                                                       : -1;
    // Overlong forms, surrogates, and what is beyond the last character, show in the second byte.
    const unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    for (int i = 1; i < wanted; i++) {
        if ((size_t)i >= size)
            return 0;
        const unsigned char byte = (unsigned char)bytes[i];
        if (byte < (i == 1 ? least : 0x80) || byte > (i == 1 ? most : 0xbf))
            return -1;
    }
    return wanted;
}

char *jsontext_number(char *out, uint64_t n) {
    char digits[JSONTEXT_NUMBER];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + n % TEN);
        n /= TEN;
    } while (n > 0);
    memcpy(out, digits + at, sizeof digits - at);
    return out + sizeof digits - at;
}

char *jsontext_seconds(char *out, uint64_t us) {
    // The digit of a million in front keeps the zeros; the point takes its place.
    char *const point = jsontext_number(out, us / US);
    char *const end = jsontext_number(point, US + us % US);
    *point = '.';
    return end;
}
