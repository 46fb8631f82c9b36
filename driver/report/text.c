// UTF-8 taken apart, and two small tables of characters that are not one column wide.
#include "report/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Ranges of characters that need care; all others beyond ASCII are one column wide.
enum range_kind { RANGE_ESCAPED, RANGE_ZERO, RANGE_WIDE };

static const struct {
    uint32_t first, last;
    enum range_kind kind;
} ranges[] = {
    {0x0000, 0x001f, RANGE_ESCAPED},
    {0x007f, 0x009f, RANGE_ESCAPED}, // C0, DEL, C1
    {0x0300, 0x036f, RANGE_ZERO},    // combining marks
    {0x1100, 0x115f, RANGE_WIDE},    // Hangul's leading letters
    {0x200b, 0x200d, RANGE_ZERO},    // zero-width space, joiners
    {0x200e, 0x200f, RANGE_ESCAPED},
    {0x2028, 0x202e, RANGE_ESCAPED}, // direction, line separators
    {0x2060, 0x206f, RANGE_ESCAPED}, // invisible, direction
    {0x20d0, 0x20ff, RANGE_ZERO},    // combining marks for symbols
    {0x2e80, 0x303e, RANGE_WIDE},
    {0x3041, 0xa4cf, RANGE_WIDE},    // CJK
    {0xac00, 0xd7a3, RANGE_WIDE},    // Hangul
    {0xf900, 0xfaff, RANGE_WIDE},    // CJK
    {0xfe00, 0xfe0f, RANGE_ZERO},    // variation selectors
    {0xfe30, 0xfe6f, RANGE_WIDE},    // CJK
    {0xfeff, 0xfeff, RANGE_ESCAPED}, // byte order mark
    {0xff01, 0xff60, RANGE_WIDE},
    {0xffe0, 0xffe6, RANGE_WIDE},      // full-width forms
    {0x1f300, 0x1faff, RANGE_WIDE},    // pictographs
    {0x20000, 0x3fffd, RANGE_WIDE},    // CJK
    {0xe0000, 0xe0fff, RANGE_ESCAPED}, // tags
};

// The length in bytes of the UTF-8 character at s (1 to 4), stored in *code; 0 if there is none.
static size_t decode(const unsigned char *s, size_t size, uint32_t *code) {
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t length = 1; length <= 4 && length <= size; length++) {
        if ((s[0] & forms[length - 1].mask) != forms[length - 1].lead)
            continue;
        *code = s[0] & (uint32_t)(unsigned char)~forms[length - 1].mask;
        for (size_t i = 1; i < length; i++) {
            if ((s[i] & 0xc0) != 0x80)
                return 0;
            *code = *code << 6 | (s[i] & 0x3f);
        }
        bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
        return *code < forms[length - 1].least || *code > 0x10ffff || surrogate ? 0 : length;
    }
    return 0;
}

// Columns of the character, or -1 if it must be escaped.
static int width_of(uint32_t code) {
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return ranges[i].kind == RANGE_WIDE ? 2 : ranges[i].kind == RANGE_ZERO ? 0 : -1;
    return 1;
}

size_t text_printable(char *out, size_t out_size, size_t columns, const char *bytes, size_t size,
                      bool utf8) {
    const unsigned char *s = (const unsigned char *)bytes;
    size_t used = 0;
    size_t width = 0;
    for (size_t i = 0; i < size;) {
        uint32_t code = 0;
        size_t length = decode(s + i, size - i, &code);
        int wide = length == 0 || (!utf8 && length > 1) ? -1 : width_of(code);
        char piece[8];
        if (length == 0)
            length = 1;
        // One escape stands for one byte; a character of several bytes that must not be shown
        // becomes several escapes, one in each turn, since its later bytes alone are no UTF-8.
        size_t take = wide < 0 ? 1 : length;
        size_t piece_size = take;
        if (wide < 0)
            piece_size = (size_t)snprintf(piece, sizeof piece, "\\x%02x", s[i]);
        else
            memcpy(piece, s + i, take);
        size_t piece_width = wide < 0 ? piece_size : (size_t)wide;
        if (used + piece_size + 1 > out_size || width + piece_width > columns)
            break;
        memcpy(out + used, piece, piece_size);
        used += piece_size;
        width += piece_width;
        i += take;
    }
    out[used] = '\0';
    return width;
}

const char *text_bytes(char *out, size_t out_size, uint64_t bytes) {
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    uint64_t one = 1;
    while (unit + 1 < sizeof units / sizeof units[0] && bytes / one >= 1024) {
        one *= 1024;
        unit++;
    }
    uint64_t whole = bytes / one;
    uint64_t rest = bytes % one;
    if (bytes == 1)
        (void)snprintf(out, out_size, "1 byte");
    else if (rest == 0)
        (void)snprintf(out, out_size, "%" PRIu64 " %s", whole, units[unit]);
    else // cut, not rounded: never more than there is
        (void)snprintf(out, out_size, "%" PRIu64 ".%" PRIu64 " %s", whole,
                       rest / (one / 1024) * 10 / 1024, units[unit]);
    return out;
}
