// Walks a regex item by item, and gives up where it is not sure.
#include "console/literal.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "console/pattern_impl.h"

struct search {
    char *best;
    size_t best_size;
    char run[LITERAL_MAX]; // bytes that follow each other in each match
    size_t size;
};

static void end_run(struct search *s) {
    if (s->size > s->best_size) {
        memcpy(s->best, s->run, s->size);
        s->best_size = s->size;
    }
    s->size = 0;
}

static void add(struct search *s, char byte) {
    if (s->size == sizeof s->run)
        end_run(s);
    s->run[s->size++] = byte;
}

// The group's `)`; r is behind its head. *alternatives: it has several.
static const char *group_end(const char *r, bool *alternatives) {
    *alternatives = false;
    for (size_t depth = 0; *r != '\0'; r = pattern_item(r)) {
        if (*r == ')' && depth-- == 0)
            return r;
        depth += *r == '(' ? 1 : 0;
        *alternatives = *alternatives || (*r == '|' && depth == 0);
    }
    return r;
}

// The first byte after the head of a group, which r is at; NULL for a kind that is not understood.
// *around: it only looks.
static const char *group_head(const char *r, bool *around) {
    *around = strncmp(r, "(?=", 3) == 0 || strncmp(r, "(?!", 3) == 0 ||
              strncmp(r, "(?<=", 4) == 0 || strncmp(r, "(?<!", 4) == 0;
    if (*around)
        return r + (r[2] == '<' ? 4 : 3);
    if (strncmp(r, "(?:", 3) == 0)
        return r + 3;
    if (strncmp(r, "(?<", 3) == 0)
        return strchr(r, '>') == NULL ? NULL : strchr(r, '>') + 1;
    return r[1] == '?' || r[1] == '*' ? NULL : r + 1;
}

// Where to go on at a group: within it, when all that is in it stands in each match; else behind
// it. NULL for a kind that is not understood.
static const char *enter(struct search *s, const char *r) {
    bool around = false;
    bool alternatives = false;
    struct quantifier q;
    const char *within = group_head(r, &around);
    const char *end = within == NULL ? NULL : group_end(within, &alternatives);
    if (end == NULL || *end != ')')
        return NULL;
    const char *behind = pattern_quantifier(end + 1, &q);
    if (behind == end + 1 && !around && !alternatives)
        return end[1] == '{' ? NULL : within;
    end_run(s);
    return behind;
}

// The byte that an item stands for; -1: for several, or for none. *sure: it is understood.
static int byte_of(const char *r, bool *sure) {
    *sure = true;
    if (*r != '\\')
        return strchr(".^$[{", *r) != NULL ? -1 : (unsigned char)*r;
    if (r[1] == 'n')
        return '\n';
    if (ispunct((unsigned char)r[1]) || r[1] == ' ')
        return (unsigned char)r[1];
    *sure = r[1] != '\0' && strchr("dDsSwWbB", r[1]) != NULL;
    return -1;
}

size_t literal_find(const char *regex, char text[LITERAL_MAX]) {
    struct search s = {.best = text};
    for (const char *r = regex; *r != '\0';) {
        if (*r == '|') // of the whole regex: enter() passes those of groups by
            return 0;
        if (*r == ')') {
            r++;
            continue;
        }
        if (*r == '(') {
            r = enter(&s, r);
            if (r == NULL)
                return 0;
            continue;
        }
        bool sure = true;
        struct quantifier q;
        const int byte = byte_of(r, &sure);
        const char *next = pattern_item(r);
        const char *behind = pattern_quantifier(next, &q);
        if (!sure || (behind == next && *next == '{'))
            return 0;
        if (byte >= 0 && (behind == next || !q.none))
            add(&s, (char)byte);
        if (byte < 0 || behind != next)
            end_run(&s);
        r = behind;
    }
    end_run(&s);
    return s.best_size;
}
