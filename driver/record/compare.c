// States must come in the recording's order; a pattern must match the text that it matched then.
#include "record/compare.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/text.h"

enum { SHOWN = 120, MARK_SIZE = 12, US = 1000000 }; // bytes of a text that are shown; of a mark

void compare_begin(struct compare *c, const struct reading *r) {
    *c = (struct compare){.r = r};
}

static void differ(struct compare *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void differ(struct compare *c, const char *format, ...) {
    va_list args;
    if (c->differs) // only the first one means something
        return;
    c->differs = true;
    va_start(args, format);
    (void)vsnprintf(c->what, sizeof c->what, format, args);
    va_end(args);
}

static const char *shown(char out[SHOWN + 1], const char *text) {
    (void)text_printable(out, SHOWN + 1, SHOWN, text, strlen(text), true);
    return out;
}

// The next recorded match on the console; kernel lines have an order of their own.
static const json_t *next_match(const struct compare *c, size_t *i) {
    const json_t *match = NULL;
    *i = c->matches;
    do
        match = reading_next(c->r, "match", i);
    while (match != NULL && strcmp(reading_text(match, "in"), "kernel") == 0);
    return match;
}

// The recorded match that has not come again yet, as a clause; "" where there is none left.
static const char *missing(const struct compare *c, char *out, size_t size) {
    size_t i = 0;
    char pattern[SHOWN + 1];
    char text[SHOWN + 1];
    const json_t *match = next_match(c, &i);
    out[0] = '\0';
    if (match != NULL)
        (void)snprintf(out, size,
                       "; the pattern `%s` then matched `%s` at bytes %" PRIu64 " to %" PRIu64
                       " of the clean console",
                       shown(pattern, reading_text(match, "pattern")),
                       shown(text, reading_text(match, "text")), reading_number(match, "begin"),
                       reading_number(match, "end"));
    return out;
}

// All recorded matches before an event have come again.
static void expect_no_match(struct compare *c, size_t event) {
    size_t i = 0;
    char clause[640];
    if (next_match(c, &i) != NULL && i <= event)
        differ(c, "in state %s a pattern does not match any more%s", c->here,
               missing(c, clause, sizeof clause));
}

static void compare_state(struct compare *c, const json_t *fields) {
    char then[128] = "no further state";
    char clause[640];
    const json_t *state = reading_next(c->r, "state", &c->states);
    if (state != NULL)
        (void)snprintf(then, sizeof then, "%s/%s", reading_text(state, "dialogue"),
                       reading_text(state, "state"));
    char now[sizeof c->here];
    (void)snprintf(now, sizeof now, "%s/%s", reading_text(fields, "dialogue"),
                   reading_text(fields, "state"));
    if (strcmp(now, then) != 0) {
        // A recording that was cut off ends anywhere.
        size_t end = 0;
        if (state == NULL && reading_next(c->r, "talked", &end) == NULL)
            return;
        differ(c,
               "after state %s the recording has %s, and this run comes to %s, at byte %" PRIu64
               " of the raw console%s",
               c->here[0] == '\0' ? "none" : c->here, then, now, reading_number(fields, "out"),
               missing(c, clause, sizeof clause));
        return;
    }
    expect_no_match(c, c->states - 1);
    memcpy(c->here, now, sizeof now);
    c->state_count++;
}

// Where two texts begin to differ.
static size_t first_difference(const char *a, const char *b) {
    size_t i = 0;
    while (a[i] != '\0' && a[i] == b[i])
        i++;
    return i;
}

static void compare_match(struct compare *c, const json_t *fields) {
    char pattern[SHOWN + 1];
    char then[SHOWN + 1];
    char now[SHOWN + 1];
    char clause[640];
    size_t i = 0;
    const json_t *match = next_match(c, &i);
    if (strcmp(reading_text(fields, "in"), "kernel") == 0)
        return;
    if (match == NULL ||
        strcmp(reading_text(match, "pattern"), reading_text(fields, "pattern")) != 0) {
        differ(c,
               "in state %s the pattern `%s` matches `%s` at byte %" PRIu64
               " of the clean console, which it did not%s",
               c->here, shown(pattern, reading_text(fields, "pattern")),
               shown(now, reading_text(fields, "text")), reading_number(fields, "begin"),
               missing(c, clause, sizeof clause));
        return;
    }
    const char *a = reading_text(match, "text");
    const char *b = reading_text(fields, "text");
    const uint64_t begin = reading_number(match, "begin");
    if (strcmp(a, b) == 0) {
        c->matches = i;
        if (begin != reading_number(fields, "begin"))
            differ(c,
                   "in state %s the pattern `%s` matched at byte %" PRIu64
                   " of the clean console in the recording, and matches at byte %" PRIu64 " now",
                   c->here, shown(pattern, reading_text(fields, "pattern")), begin,
                   reading_number(fields, "begin"));
        return;
    }
    const size_t at = first_difference(a, b);
    differ(c,
           "in state %s the pattern `%s` matched `%s` in the recording and matches `%s` now; the "
           "first difference is at byte %" PRIu64 " of the clean console",
           c->here, shown(pattern, reading_text(fields, "pattern")), shown(then, a), shown(now, b),
           reading_number(fields, "begin") + at);
}

void compare_event(void *compare, const char *type, const json_t *fields) {
    struct compare *c = compare;
    if (strcmp(type, "state") == 0)
        compare_state(c, fields);
    else if (strcmp(type, "match") == 0)
        compare_match(c, fields);
}

static const char *key_name(char out[8], unsigned char key) {
    if (isprint(key))
        (void)snprintf(out, 8, "`%c`", key);
    else
        (void)snprintf(out, 8, "\\x%02x", key);
    return out;
}

// Whether a person has had the console by then: nobody is there to type their keys again.
static bool had_person(const struct compare *c, uint64_t us) {
    size_t i = 0;
    const json_t *person = reading_next(c->r, "person", &i);
    while (person != NULL && strcmp(reading_text(person, "what"), "takes the console") != 0)
        person = reading_next(c->r, "person", &i);
    return person != NULL && json_number_value(json_object_get(person, "t")) * US <= (double)us;
}

void compare_key(struct compare *c, const struct player_word *word) {
    char then[8];
    char now[8];
    char clause[640];
    differ(c,
           "in state %s the recording has the key %s as byte %" PRIu64
           " of what was typed, and this run sends %s, at byte %" PRIu64 " of the raw console%s%s",
           c->here[0] == '\0' ? "none" : c->here, key_name(then, word->wanted), word->in,
           key_name(now, word->got), word->out,
           had_person(c, word->us) ? "; a person had the console there, whom nobody can play" : "",
           missing(c, clause, sizeof clause));
}

void compare_end(struct compare *c, const struct failure *f) {
    char clause[640];
    size_t i = 0;
    const json_t *end = reading_next(c->r, "talked", &i);
    const char *then = reading_text(end, "id");
    const char *now = f == NULL ? "ok" : exit_rows[f->id].name;
    i = c->states;
    const json_t *left = reading_next(c->r, "state", &i);
    if (end != NULL && left != NULL)
        differ(c, "after state %s the recording goes on to %s/%s, and this run ends with %s%s",
               c->here, reading_text(left, "dialogue"), reading_text(left, "state"), now,
               missing(c, clause, sizeof clause));
    if (end != NULL && strcmp(then, now) != 0)
        differ(c, "the recording ends with %s in state %s, and this run with %s%s%s", then, c->here,
               now, f == NULL ? "" : ": ", f == NULL ? "" : f->what);
}
