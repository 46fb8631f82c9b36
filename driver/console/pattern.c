// Compiling patterns, and refusing those that cannot be meant for a stream.
#include "console/pattern_impl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEST_MAX = 256 }; // PCRE2 itself refuses groups nested deeper than 250

// Escapes and anchors that are looked for.
struct token {
    const char *text;
    const char *why; // what is wrong with it
};

// At the end of a pattern these wait for text that does not come after a prompt.
static const struct token tail_tokens[] = {
    {"$", "ends in `$`"},
    {"\\Z", "ends in `\\Z`"},
    {"\\z", "ends in `\\z`"},
    {"\\b", "ends in `\\b`"},
};

// These mean something else in each piece of a stream.
static const struct token bad_tokens[] = {
    {"\\G", "has `\\G`, which depends on how the text was cut"},
    {"\\K", "has `\\K`, which hides where a match begins"},
    {"\\C", "has `\\C`, which is not to be relied on"},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct token *token_find(const struct token *tokens, size_t count, const char *item,
                                      size_t size) {
    for (size_t i = 0; i < count; i++)
        if (strlen(tokens[i].text) == size && memcmp(tokens[i].text, item, size) == 0)
            return &tokens[i];
    return NULL;
}

static const char *end_or(const char *found, size_t skip, const char *r) {
    return found == NULL ? r + strlen(r) : found + skip;
}

// The first byte after an escape or a quoted run.
static const char *skip_escape(const char *r) {
    if (r[1] == 'Q')
        return end_or(strstr(r + 2, "\\E"), 2, r);
    if (r[1] == 'c' && r[2] != '\0') // \c( and its like: a control character
        return r + 3;
    return r[1] == '\0' ? r + 1 : r + 2;
}

// The first byte after a class, which r is at the `[` of.
static const char *skip_class(const char *r) {
    r += r[1] == '^' ? 2 : 1;
    if (*r == ']')
        r++;
    while (*r != '\0' && *r != ']') {
        if (*r == '\\')
            r = skip_escape(r);
        else if (r[0] == '[' && r[1] == ':' && strstr(r, ":]") != NULL)
            r = strstr(r, ":]") + 2;
        else
            r++;
    }
    return *r == ']' ? r + 1 : r;
}

const char *pattern_item(const char *r) {
    if (*r == '\\')
        return skip_escape(r);
    if (*r == '[')
        return skip_class(r);
    if (strncmp(r, "(?#", 3) == 0)
        return end_or(strchr(r, ')'), 1, r);
    return r + 1;
}

// Whether the item that r is at says how often the one before is to come, or nothing at all.
static bool is_quantifier(const char *r) {
    return strchr("*+?{},", *r) != NULL || strncmp(r, "(?#", 3) == 0;
}

// Why a regex (one that compiles) is of no use on a stream, or NULL. Keeps, for each open group,
// what one of its alternatives ends in.
static const char *find_mistake(const char *regex) {
    const struct token *ended[NEST_MAX] = {NULL}; // in an alternative that is finished
    const struct token *tail = NULL;              // in the one at hand
    size_t depth = 0;
    for (const char *r = regex, *next; *r != '\0'; r = next) {
        next = pattern_item(r);
        size_t size = (size_t)(next - r);
        const struct token *bad = token_find(bad_tokens, COUNT(bad_tokens), r, size);
        if (bad != NULL)
            return bad->why;
        if (is_quantifier(r))
            continue;
        if (*r == '|' || *r == ')') {
            if (ended[depth] == NULL)
                ended[depth] = tail;
            tail = *r == ')' ? ended[depth] : NULL;
            if (*r == ')' && depth > 0)
                depth--;
        } else if (*r == '(' && depth + 1 < NEST_MAX) {
            ended[++depth] = tail = NULL;
        } else
            tail = token_find(tail_tokens, COUNT(tail_tokens), r, size);
    }
    if (tail == NULL)
        tail = ended[0];
    return tail == NULL ? NULL : tail->why;
}

// The first byte of what a group holds; r is at its `(`.
static const char *skip_group_head(const char *r) {
    if (r[1] == '*')
        return end_or(strchr(r, ')'), 0, r);
    if (r[1] != '?')
        return r + 1;
    r += 2;
    if (*r != '\0' && strchr(":=!>|", *r) != NULL)
        return r + 1;
    if (*r == '<' && (r[1] == '=' || r[1] == '!'))
        return r + 2;
    if (*r == '<' || strncmp(r, "P<", 2) == 0)
        return end_or(strchr(r, '>'), 1, r);
    if (*r == '\'')
        return end_or(strchr(r + 1, '\''), 1, r);
    r += strcspn(r, ":)"); // options
    return *r == ':' ? r + 1 : r;
}

const char *pattern_quantifier(const char *r, struct quantifier *q) {
    *q = (struct quantifier){.variable = true, .none = *r == '*' || *r == '?'};
    if (*r == '{') {
        const size_t least = strspn(r + 1, "0123456789");
        const char *end = r + 1 + least + strspn(r + 1 + least, ",0123456789");
        if (*end != '}' || least == 0)
            return r;
        q->variable = r[1 + least] == ',';
        q->none = strspn(r + 1, "0") == least;
        r = end;
    } else if (*r != '*' && *r != '+' && *r != '?')
        return r;
    r++;
    q->lazy = *r == '?';
    return *r == '?' || *r == '+' ? r + 1 : r;
}

// For pattern_waits. Keeps, for each open group, whether what stands before it is open, whether an
// alternative that is finished is, and whether it is a look ahead that must fail.
static bool has_open_tail(const char *regex) {
    struct {
        bool before, ended, ahead;
    } groups[NEST_MAX] = {{false, false, false}};
    bool open = false;   // what is there so far ends in an open tail
    bool before = false; // and so did it without the last item
    size_t depth = 0;
    for (const char *r = regex; *r != '\0';) {
        struct quantifier q;
        const char *next = pattern_quantifier(r, &q);
        if (next != r) {
            open = (q.variable && !q.lazy) || open || (q.none && before);
        } else if (strncmp(r, "(?#", 3) == 0) {
            next = pattern_item(r);
        } else if (*r == '(' && depth + 1 < NEST_MAX) {
            groups[++depth].before = open;
            groups[depth].ended = false;
            groups[depth].ahead = strncmp(r, "(?!", 3) == 0;
            open = before = false;
            next = skip_group_head(r);
        } else if (*r == '|' || *r == ')') {
            next = r + 1;
            groups[depth].ended = groups[depth].ended || open;
            open = false;
            if (*r == ')' && depth > 0) {
                open = groups[depth].ended || groups[depth].ahead;
                before = groups[depth--].before;
            }
        } else {
            next = pattern_item(r);
            before = open;
            open = false;
        }
        r = next;
    }
    return open || groups[0].ended;
}

static struct pattern *refuse(struct pattern *p, char *why, size_t why_size, const char *text) {
    (void)snprintf(why, why_size, "%s", text);
    pattern_free(p);
    return NULL;
}

// What each match has: a text, or the last byte of which PCRE2 itself knows that. Not a letter,
// which might come in the other case.
static void find_needed(struct pattern *p) {
    uint32_t type = 0;
    uint32_t unit = 0;
    p->needed_size = literal_find(p->regex, p->needed);
    (void)pcre2_pattern_info(p->code, PCRE2_INFO_LASTCODETYPE, &type);
    (void)pcre2_pattern_info(p->code, PCRE2_INFO_LASTCODEUNIT, &unit);
    if (p->needed_size > 1 || type != 1 || unit >= 0x80 || isalpha((int)unit))
        return;
    p->needed[0] = (char)unit;
    p->needed_size = 1;
}

struct pattern *pattern_compile(const char *regex, char *why, size_t why_size) {
    struct pattern *p = calloc(1, sizeof *p);
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (p != NULL)
        p->regex = strdup(regex);
    if (p == NULL || p->regex == NULL || context == NULL) {
        pcre2_compile_context_free(context);
        return refuse(p, why, why_size, "there is no memory for it");
    }
    (void)pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    int error = 0;
    PCRE2_SIZE offset = 0;
    p->code =
        pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
                      PCRE2_MULTILINE | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP,
                      &error, &offset, context);
    pcre2_compile_context_free(context);
    if (p->code == NULL) {
        char message[256];
        (void)pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
        (void)snprintf(why, why_size, "%s at offset %zu", message, (size_t)offset);
        pattern_free(p);
        return NULL;
    }

    const char *mistake = find_mistake(regex);
    if (mistake != NULL) {
        (void)snprintf(why, why_size, "%s%s", mistake,
                       strncmp(mistake, "ends", 4) == 0 ? ", which never matches on a stream" : "");
        pattern_free(p);
        return NULL;
    }
    p->waits = has_open_tail(regex);
    uint32_t empty = 0;
    (void)pcre2_pattern_info(p->code, PCRE2_INFO_MATCHEMPTY, &empty);
    if (empty != 0)
        return refuse(p, why, why_size, "matches the empty string");

    p->match = pcre2_match_data_create_from_pattern(p->code, NULL);
    if (p->match == NULL)
        return refuse(p, why, why_size, "there is no memory for it");
    find_needed(p);
    (void)pcre2_pattern_info(p->code, PCRE2_INFO_MAXLOOKBEHIND, &p->lookbehind);
    (void)pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &p->name_count);
    (void)pcre2_pattern_info(p->code, PCRE2_INFO_NAMEENTRYSIZE, &p->name_size);
    (void)pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, (void *)&p->name_table);
    return p;
}

bool pattern_tried(struct pattern *p, size_t size) {
    const bool little = p->tried < JIT_FROM;
    p->tried += size;
    // Without JIT (a machine that forbids it, or has none) pcre2_match goes on interpreting.
    if (little && p->tried >= JIT_FROM)
        (void)pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD);
    return p->tried >= JIT_FROM;
}

void pattern_free(struct pattern *p) {
    if (p == NULL)
        return;
    pcre2_match_data_free(p->match);
    pcre2_code_free(p->code);
    free(p->regex);
    free(p);
}

const char *pattern_regex(const struct pattern *p) {
    return p->regex;
}

bool pattern_waits(const struct pattern *p) {
    return p->waits;
}

const char *pattern_row(const struct pattern *p, size_t row, size_t *group) {
    PCRE2_SPTR entry = p->name_table + row * p->name_size;
    *group = (size_t)entry[0] << 8 | entry[1];
    return (const char *)(entry + 2);
}

const char *pattern_group(const struct pattern *p, size_t i) {
    size_t group = 0;
    return i < p->name_count ? pattern_row(p, i, &group) : NULL;
}
