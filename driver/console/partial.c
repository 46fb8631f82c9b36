// Grows the text byte by byte: what begins a match and is gone with the next byte broke there. No
// match that does not begin before a byte begins there with more text, so the search goes forward
// only.
#include "console/partial.h"

#include "console/pattern_impl.h"

enum { BACKTRACKS_MAX = 20000 }; // in one try

static struct partial find(const struct pattern *p, pcre2_match_context *context, const char *text,
                           size_t size, size_t from) {
    struct partial best = {.matched = 0};
    const PCRE2_SIZE *place = pcre2_get_ovector_pointer(p->match);
    for (size_t end = from + 1; end <= size; end++) {
        const int rc = pcre2_match(p->code, (PCRE2_SPTR)text, end, from, PCRE2_PARTIAL_HARD,
                                   p->match, context);
        if (rc == PCRE2_ERROR_PARTIAL) {
            from = place[0];
            if (end - from >= best.matched)
                best = (struct partial){.begin = from, .matched = end - from, .open = end == size};
        } else if (rc >= 0 && place[1] > from) {
            from = place[1];
            best.matched = 0;
        } else
            from = end;
    }
    return best;
}

struct partial partial_find(const struct pattern *p, const char *text, size_t size, size_t from) {
    struct partial none = {.matched = 0};
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    if (context == NULL)
        return none;
    (void)pcre2_set_match_limit(context, BACKTRACKS_MAX);
    if (size > PARTIAL_WINDOW && from < size - PARTIAL_WINDOW)
        from = size - PARTIAL_WINDOW;
    const struct partial best = find(p, context, text, size, from);
    pcre2_match_context_free(context);
    return best;
}
