// One matching stream for each pattern and side; what is typed for a password becomes a pattern.
#include "record/redact.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "console/stream.h"

enum {
    LINE_MAX_BYTES = 64, // of the line that may ask for a password
    PASSWORD_MAX = 256,  // bytes
    PASSWORD_LEAST = 4,  // a shorter one is masked only where it is typed
    PATTERNS_MAX = 64,   // with those of passwords
};

struct secret {
    struct pattern *pattern;
    struct stream *sides[REDACT_SIDES];
};

struct redact {
    struct secret secrets[PATTERNS_MAX];
    size_t count;
    uint64_t seen[REDACT_SIDES]; // bytes
    char line[LINE_MAX_BYTES];   // the end of the console's last line
    size_t line_size;
    bool asked;  // for a password, and Enter has not come
    bool echoes; // on the line that asks
    char password[PASSWORD_MAX];
    size_t password_size;
};

static bool add(struct redact *x, const char *regex, char *why, size_t why_size) {
    if (x->count == PATTERNS_MAX)
        return true;
    struct secret *s = &x->secrets[x->count];
    s->pattern = pattern_compile(regex, why, why_size);
    if (s->pattern == NULL)
        return false;
    x->count++;
    for (int side = 0; side < REDACT_SIDES; side++) {
        s->sides[side] = stream_new(0, REDACT_HELD_MAX);
        if (s->sides[side] == NULL || stream_watch(s->sides[side], &s->pattern, 1) != 0)
            abort(); // without memory nothing may be written
    }
    return true;
}

struct redact *redact_new(const char *const *patterns, size_t count, struct failure *f) {
    struct redact *x = calloc(1, sizeof *x);
    if (x == NULL) {
        (void)failure_no_memory(f);
        return NULL;
    }
    char why[256] = "there are too many";
    for (size_t i = 0; i < count; i++)
        if (i >= PATTERNS_MAX / 2 || !add(x, patterns[i], why, sizeof why)) {
            (void)failure_set(f, EXIT_ID_USAGE, "give --redact another regular expression (PCRE2)",
                              "--redact=%s cannot be used: %s", patterns[i], why);
            redact_free(x);
            return NULL;
        }
    return x;
}

void redact_free(struct redact *x) {
    if (x == NULL)
        return;
    for (size_t i = 0; i < x->count; i++) {
        for (int side = 0; side < REDACT_SIDES; side++)
            stream_free(x->secrets[i].sides[side]);
        pattern_free(x->secrets[i].pattern);
    }
    explicit_bzero(x->password, sizeof x->password);
    free(x);
}

bool redact_active(const struct redact *x) {
    return x->count > 0;
}

// The password that was typed is looked for from now on.
static void learn(struct redact *x) {
    char regex[2 * PASSWORD_MAX + 1];
    char why[256];
    size_t size = 0;
    x->asked = false;
    for (size_t i = 0; i < x->password_size; i++) {
        if (!isalnum((unsigned char)x->password[i]))
            regex[size++] = '\\';
        regex[size++] = x->password[i];
    }
    regex[size] = '\0';
    if (x->password_size >= PASSWORD_LEAST)
        (void)add(x, regex, why, sizeof why);
    explicit_bzero(x->password, sizeof x->password);
    x->password_size = 0;
}

// Whether the console's line ends in "assword:".
static bool asks(const struct redact *x) {
    static const char word[] = "assword:";
    const size_t size = sizeof word - 1;
    size_t end = x->line_size;
    while (end > 0 && x->line[end - 1] == ' ')
        end--;
    return end >= size && strncasecmp(x->line + end - size, word, size) == 0;
}

static void see_output(struct redact *x, char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (x->echoes && isgraph((unsigned char)bytes[i]))
            bytes[i] = REDACT_MASK;
        if (bytes[i] == '\n' || bytes[i] == '\r') {
            x->line_size = 0;
            x->echoes = x->echoes && bytes[i] != '\n';
            continue;
        }
        if (x->line_size == LINE_MAX_BYTES)
            memmove(x->line, x->line + 1, --x->line_size);
        x->line[x->line_size++] = bytes[i];
        if (bytes[i] == ':' && asks(x))
            x->asked = x->echoes = true;
    }
}

static void see_input(struct redact *x, char *bytes, size_t size) {
    for (size_t i = 0; i < size && x->asked; i++) {
        if (bytes[i] == '\r' || bytes[i] == '\n') {
            learn(x);
            break;
        }
        if (x->password_size < PASSWORD_MAX)
            x->password[x->password_size++] = bytes[i];
        bytes[i] = REDACT_MASK;
    }
}

uint64_t redact_feed(struct redact *x, enum redact_side side, char *bytes, size_t size, bool final,
                     void (*found)(void *arg, enum redact_side side, struct redact_range range),
                     void *arg) {
    if (side == REDACT_OUTPUT)
        see_output(x, bytes, size);
    else
        see_input(x, bytes, size);
    uint64_t known = x->seen[side] += size;
    for (size_t i = 0; i < x->count; i++) {
        struct stream *s = x->secrets[i].sides[side];
        struct redact_range range;
        if (stream_append(s, bytes, size) != 0)
            abort();
        while (stream_find(s, final) >= 0) {
            stream_match_range(s, &range.begin, &range.end);
            // A pattern that came later counts from its own first byte.
            const uint64_t missed = x->seen[side] - stream_end(s);
            range.begin += missed;
            range.end += missed;
            found(arg, side, range);
        }
        const uint64_t open = stream_open(s) + x->seen[side] - stream_end(s);
        if (!final && open < known)
            known = open;
    }
    return known;
}

bool redact_text(struct redact *x, char *text, size_t size) {
    bool masked = false;
    for (size_t i = 0; i < x->count; i++) {
        struct stream *s = stream_new(0, size + 1);
        uint64_t begin = 0;
        uint64_t end = 0;
        if (s == NULL || stream_watch(s, &x->secrets[i].pattern, 1) != 0 ||
            stream_append(s, text, size) != 0)
            abort();
        while (stream_find(s, true) >= 0) {
            stream_match_range(s, &begin, &end);
            memset(text + begin, REDACT_MASK, (size_t)(end - begin));
            masked = true;
        }
        stream_free(s);
    }
    return masked;
}
