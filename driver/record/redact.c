// One matching stream for each pattern and side; what is typed for a password becomes a pattern.
#include "record/redact.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "console/escape.h"
#include "console/stream.h"

enum {
    LINE_MAX_BYTES = 64, // of the line that may ask for a password
    PASSWORD_MAX = 128,  // bytes
    SECRET_LEAST = 4,    // a shorter one is masked only where it was found
    PATTERNS_MAX = 64,   // with those that were learned
    LITERAL_MAX = 128,   // bytes of a secret that is learned
    LITERAL_BYTE = 10,   // what each becomes in a pattern
};

// What may stand between two bytes of a secret on a console where it is echoed: escape sequences
// (also made visible), a line that was wrapped, lines of the kernel's.
static const char between[] =
    "(?(DEFINE)(?<j>(?:\\x1b\\[[0-9;?]*[ -/]*[@-~]|\\x1b[ -/]*[0-Z\\\\^-~]|[\\x00-\\x1f]|"
    "\\\\x1b\\[[0-9;?]*[@-~]|\\\\(?:[abefnrtv]|x[01][0-9a-f])|"
    "\\[ *[0-9]+\\.[0-9]{6}\\](?:\\[ *[TC][0-9]+\\])? [^\\n]*\\n)*+))";

struct secret {
    struct pattern *pattern;
    struct stream *sides[REDACT_SIDES];
};

// The last bytes of a side.
struct past {
    char bytes[REDACT_HELD_MAX];
    size_t size;
};

struct redact {
    struct secret secrets[PATTERNS_MAX];
    size_t count, given; // the given ones come first
    struct past past[REDACT_SIDES];
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
        if (s->sides[side] == NULL || stream_watch(s->sides[side], &s->pattern, 1) != 0 ||
            stream_append(s->sides[side], x->past[side].bytes, x->past[side].size) != 0)
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
    x->given = x->count;
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

// A secret itself, each byte of it so many times.
static void add_literal(struct redact *x, const char *text, size_t size, int times) {
    char regex[sizeof between + (size_t)LITERAL_MAX * 2 * LITERAL_BYTE];
    char why[256];
    size_t at = sizeof between - 1;
    memcpy(regex, between, at);
    for (size_t i = 0; i < size * (size_t)times; i++)
        at += (size_t)snprintf(regex + at, sizeof regex - at, "%s\\x%02x", i == 0 ? "" : "(?&j)",
                               (unsigned char)text[i / (size_t)times]);
    for (size_t i = 0; i < x->count; i++)
        if (strcmp(pattern_regex(x->secrets[i].pattern), regex) == 0)
            return;
    (void)add(x, regex, why, sizeof why);
}

// From now on a secret is found as a console echoes it, too: at `boot:` each byte comes twice.
static void learn(struct redact *x, const char *text, size_t size) {
    for (int times = 1; times <= 2 && size >= SECRET_LEAST && size <= LITERAL_MAX; times++)
        add_literal(x, text, size, times);
}

// The password that was typed is looked for from now on.
static void learn_password(struct redact *x) {
    x->asked = false;
    learn(x, x->password, x->password_size);
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

// Adds text to what is kept of the line.
static void keep_line(struct redact *x, const char *bytes, size_t size) {
    const char *lf = memrchr(bytes, '\n', size);
    const char *cr = memrchr(bytes, '\r', size);
    const char *end = cr > lf || lf == NULL ? cr : lf;
    if (end != NULL) {
        x->line_size = 0;
        size -= (size_t)(end + 1 - bytes);
        bytes = end + 1;
    }
    if (size > LINE_MAX_BYTES) {
        bytes += size - LINE_MAX_BYTES;
        size = LINE_MAX_BYTES;
    }
    const size_t over =
        x->line_size + size > LINE_MAX_BYTES ? x->line_size + size - LINE_MAX_BYTES : 0;
    memmove(x->line, x->line + over, x->line_size - over);
    x->line_size -= over;
    memcpy(x->line + x->line_size, bytes, size);
    x->line_size += size;
}

static void see_byte(struct redact *x, char *byte) {
    if (x->echoes && isgraph((unsigned char)*byte))
        *byte = REDACT_MASK;
    if (*byte == '\n' || *byte == '\r') {
        x->line_size = 0;
        x->echoes = x->echoes && *byte != '\n';
        return;
    }
    keep_line(x, byte, 1);
    if (*byte == ':' && asks(x))
        x->asked = x->echoes = true;
}

// The next byte that may end a question for a password; size where there is none.
static size_t next_question(const char *bytes, size_t i, size_t size) {
    for (const char *colon; i < size && (colon = memchr(bytes + i, ':', size - i)) != NULL; i++) {
        i = (size_t)(colon - bytes);
        if (i == 0 || colon[-1] == 'd' || colon[-1] == 'D' || colon[-1] == ' ')
            return i;
    }
    return size;
}

// Most text need not be looked at byte by byte.
static void see_output(struct redact *x, char *bytes, size_t size) {
    for (size_t i = 0; i < size;) {
        const size_t end = x->echoes ? i : next_question(bytes, i, size);
        keep_line(x, bytes + i, end - i);
        if (end < size)
            see_byte(x, bytes + end);
        i = end + 1;
    }
}

static void see_input(struct redact *x, char *bytes, size_t size) {
    for (size_t i = 0; i < size && x->asked; i++) {
        if (bytes[i] == '\r' || bytes[i] == '\n') {
            learn_password(x);
            break;
        }
        if (x->password_size < PASSWORD_MAX)
            x->password[x->password_size++] = bytes[i];
        bytes[i] = REDACT_MASK;
    }
}

static void keep_past(struct past *p, const char *bytes, size_t size) {
    if (size > REDACT_HELD_MAX) {
        bytes += size - REDACT_HELD_MAX;
        size = REDACT_HELD_MAX;
    }
    const size_t over = p->size + size > REDACT_HELD_MAX ? p->size + size - REDACT_HELD_MAX : 0;
    memmove(p->bytes, p->bytes + over, p->size - over);
    p->size -= over;
    memcpy(p->bytes + p->size, bytes, size);
    p->size += size;
}

typedef void tell_found(void *arg, enum redact_side side, struct redact_range range);

// Tells what is shown of a secret that was learned: what moves the cursor within stays.
static void tell_shown(const char *text, size_t size, uint64_t begin, enum redact_side side,
                       tell_found *found, void *arg) {
    struct escape e = {0};
    for (size_t i = 0; i < size; i++)
        if (escape_step(&e, (unsigned char)text[i]) == ESCAPE_TEXT)
            found(arg, side, (struct redact_range){begin + i, begin + i + 1});
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
            size_t length = 0;
            const char *text = stream_group(s, NULL, &length);
            if (side == REDACT_INPUT && i < x->given)
                learn(x, text, length);
            if (i < x->given)
                found(arg, side, range);
            else
                tell_shown(text, length, range.begin, side, found, arg);
        }
        const uint64_t open = stream_open(s) + x->seen[side] - stream_end(s);
        if (!final && open < known)
            known = open;
    }
    if (x->count > 0 && size > 0)
        keep_past(&x->past[side], bytes, size);
    return known;
}

void redact_learn(struct redact *x, const char *text, size_t size) {
    for (size_t i = 0; i < x->given; i++) {
        struct stream *s = stream_new(0, size + 1);
        if (s == NULL || stream_watch(s, &x->secrets[i].pattern, 1) != 0 ||
            stream_append(s, text, size) != 0)
            abort();
        while (stream_find(s, true) >= 0) {
            size_t length = 0;
            const char *secret = stream_group(s, NULL, &length);
            learn(x, secret, length);
        }
        stream_free(s);
    }
}

// Masks a range, or what is shown of it.
static void mask_text(char *text, struct redact_range range, bool all) {
    struct escape e = {0};
    for (char *at = text + range.begin; at < text + range.end; at++)
        if (all || escape_step(&e, (unsigned char)*at) == ESCAPE_TEXT)
            *at = REDACT_MASK;
}

bool redact_text(struct redact *x, char *text, size_t size) {
    bool masked = false;
    for (size_t i = 0; i < x->count; i++) {
        struct stream *s = stream_new(0, size + 1);
        struct redact_range range;
        if (s == NULL || stream_watch(s, &x->secrets[i].pattern, 1) != 0 ||
            stream_append(s, text, size) != 0)
            abort();
        while (stream_find(s, true) >= 0) {
            stream_match_range(s, &range.begin, &range.end);
            mask_text(text, range, i < x->given);
            masked = true;
        }
        stream_free(s);
    }
    return masked;
}
