// What stream.c needs to know of a pattern. For no other file.
#ifndef QEMU_GROW_CONSOLE_PATTERN_IMPL_H
#define QEMU_GROW_CONSOLE_PATTERN_IMPL_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "console/literal.h"
#include "console/stream.h"

struct pattern {
    pcre2_code *code;
    char *regex;
    bool waits;
    char needed[LITERAL_MAX]; // each match has this text
    size_t needed_size;       // 0: none is known
    pcre2_match_data *match;
    size_t tried;          // bytes of text that it was tried on
    uint32_t lookbehind;   // bytes that it may look at before its match
    uint32_t name_count;   // rows of the table of names
    uint32_t name_size;    // bytes of a row: two of the group's number, then the name
    PCRE2_SPTR name_table; // sorted by name
};

enum { JIT_FROM = 16 * 1024 }; // bytes of text from which on machine code is worth making

// The pattern is about to be tried on so many bytes. Whether machine code will do it.
bool pattern_tried(struct pattern *p, size_t size);

// The first byte after one item of a regex that r is at: an escape, a class, a comment, or one
// byte.
const char *pattern_item(const char *r);

// How often an item may come.
struct quantifier {
    bool variable; // not always the same number of times
    bool lazy;     // as rarely as can be
    bool none;     // perhaps not at all
};

// The first byte after a quantifier that r is at; r itself where there is none.
const char *pattern_quantifier(const char *r, struct quantifier *q);

// The name in a row of the table, and its group's number.
const char *pattern_row(const struct pattern *p, size_t row, size_t *group);

#endif
