// A small automaton over the beginnings of lines.
#include "console/stamp.h"

#include <stdbool.h>

enum {
    AT_START,    // of a line
    AT_SECONDS,  // behind `[`: blanks and digits
    AT_FRACTION, // behind `.`
    AT_REST,     // of the line
    SECONDS_DIGITS = 9,
    FRACTION_DIGITS = 6,
};

static void digit(struct stamp *s, char c) {
    uint64_t *value = s->at == AT_SECONDS ? &s->seconds : &s->fraction;
    const unsigned most = s->at == AT_SECONDS ? SECONDS_DIGITS : FRACTION_DIGITS;
    *value = *value * 10 + (uint64_t)(c - '0');
    if (++s->digits > most)
        s->at = AT_REST;
}

// Behind the stamp, or no stamp at all.
static void end(struct stamp *s, char c) {
    if (s->at == AT_FRACTION && c == ']' && s->digits == FRACTION_DIGITS)
        s->ms = s->seconds * 1000 + s->fraction / 1000;
    s->at = AT_REST;
}

static void feed(struct stamp *s, char c) {
    const bool inside = s->at == AT_SECONDS || s->at == AT_FRACTION;
    if (c == '\n') {
        s->at = AT_START;
    } else if (s->at == AT_START && c == '[') {
        *s = (struct stamp){.ms = s->ms, .at = AT_SECONDS};
    } else if (inside && c >= '0' && c <= '9') {
        digit(s, c);
    } else if (s->at == AT_SECONDS && c == '.' && s->digits > 0) {
        s->at = AT_FRACTION;
        s->digits = 0;
    } else if ((inside && !(s->at == AT_SECONDS && c == ' ' && s->digits == 0)) ||
               (s->at == AT_START && c != '\r')) {
        end(s, c);
    }
}

void stamp_feed(struct stamp *s, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++)
        feed(s, text[i]);
}
