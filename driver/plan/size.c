// Reads sizes without rounding: the fraction is worked out digit by digit, in binary.
#include "plan/size.h"

#include <inttypes.h>
#include <string.h>

enum { FRACTION_DIGITS_MAX = 18, SECTOR = 512 };

static const struct {
    char letter; // upper case
    unsigned shift;
} suffixes[] = {{'B', 0}, {'K', 10}, {'M', 20}, {'G', 30}, {'T', 40}, {'P', 50}, {'E', 60}};

static const char advice[] = "write SIZE as 8G, 1.5G, +512M or a number of bytes";

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int upper(char c) {
    return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

static int hex_value(char c) {
    if (is_digit(c))
        return c - '0';
    int letter = upper(c);
    return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}

// True when a * b fits; the product in *product.
static bool multiply(uint64_t *product, uint64_t a, uint64_t b) {
    return !__builtin_mul_overflow(a, b, product) && *product <= INT64_MAX;
}

static bool add(uint64_t *sum, uint64_t a, uint64_t b) {
    return !__builtin_add_overflow(a, b, sum) && *sum <= INT64_MAX;
}

static int too_large(struct failure *f, const char *text) {
    return failure_set(f, EXIT_ID_SIZE_INVALID, advice, "SIZE \"%s\" is beyond all disks", text);
}

static int malformed(struct failure *f, const char *text, const char *why) {
    return failure_set(f, EXIT_ID_SIZE_INVALID, advice, "SIZE \"%s\" is no size: %s", text, why);
}

// 0x and hexadecimal digits, and nothing behind them.
static int read_hex(uint64_t *bytes, const char *p, const char *text, struct failure *f) {
    if (*p == '\0')
        return malformed(f, text, "digits are missing after 0x");
    *bytes = 0;
    for (; *p != '\0'; p++) {
        int digit = hex_value(*p);
        if (digit < 0)
            return malformed(f, text, "a hexadecimal number has digits only, and no suffix");
        if (!multiply(bytes, *bytes, 16) || !add(bytes, *bytes, (uint64_t)digit))
            return too_large(f, text);
    }
    return 0;
}

// floor(0.DIGITS * 2^shift): doubling the decimal fraction `shift` times moves one binary digit
// each time in front of the point. 10^18 doubled still fits.
static uint64_t fraction(const char *digits, size_t count, unsigned shift) {
    uint64_t numerator = 0;
    uint64_t one = 1;
    for (size_t i = 0; i < count; i++) {
        numerator = numerator * 10 + (uint64_t)(digits[i] - '0');
        one *= 10;
    }
    uint64_t value = 0;
    for (unsigned i = 0; i < shift; i++) {
        numerator *= 2;
        value *= 2;
        if (numerator >= one) {
            numerator -= one;
            value++;
        }
    }
    return value;
}

static int read_decimal(uint64_t *bytes, const char *p, const char *text, struct failure *f) {
    if (!is_digit(*p))
        return malformed(f, text, "it does not begin with a digit");
    uint64_t whole = 0;
    for (; is_digit(*p); p++)
        if (!multiply(&whole, whole, 10) || !add(&whole, whole, (uint64_t)(*p - '0')))
            return too_large(f, text);
    const char *digits = p;
    size_t count = 0;
    if (*p == '.') {
        digits = ++p;
        while (is_digit(*p))
            p++;
        count = (size_t)(p - digits);
        if (count == 0)
            return malformed(f, text, "digits are missing after the point");
        while (count > 0 && digits[count - 1] == '0')
            count--;
        if (count > FRACTION_DIGITS_MAX)
            return malformed(f, text, "it has too many digits after the point");
    }
    unsigned shift = 0;
    if (*p != '\0') {
        size_t i = 0;
        while (i < sizeof suffixes / sizeof suffixes[0] && suffixes[i].letter != upper(*p))
            i++;
        if (i == sizeof suffixes / sizeof suffixes[0])
            return malformed(f, text, "the suffix is none of b k M G T P E");
        if (p[1] != '\0')
            return malformed(f, text, "there is something behind its suffix");
        shift = suffixes[i].shift;
    }
    if (count > 0 && shift == 0)
        return malformed(f, text, "there is no part of a byte");
    if (!multiply(&whole, whole, UINT64_C(1) << shift) ||
        !add(bytes, whole, fraction(digits, count, shift)))
        return too_large(f, text);
    return 0;
}

int size_read(struct size *s, const char *text, struct failure *f) {
    *s = (struct size){0};
    if (text[0] == '-')
        return failure_set(f, EXIT_ID_SIZE_NOT_LARGER, advice, "SIZE \"%s\" would shrink the disk",
                           text);
    s->relative = text[0] == '+';
    const char *p = text + (s->relative ? 1 : 0);
    if (p[0] == '0' && upper(p[1]) == 'X')
        return read_hex(&s->bytes, p + 2, text, f);
    return read_decimal(&s->bytes, p, text, f);
}

int size_apply(uint64_t *bytes, const struct size *s, uint64_t present, struct failure *f) {
    if (!add(bytes, s->bytes, s->relative ? present : 0))
        return failure_set(f, EXIT_ID_SIZE_INVALID, advice,
                           "SIZE would make the disk larger than any disk");
    uint64_t below = *bytes - *bytes % SECTOR;
    if (below == *bytes)
        return 0;
    return failure_set(f, EXIT_ID_SIZE_INVALID, "give one of these two numbers of bytes as SIZE",
                       "SIZE means %" PRIu64 " bytes, which is no multiple of 512; the nearest are "
                       "%" PRIu64 " and %" PRIu64,
                       *bytes, below, below + SECTOR);
}
