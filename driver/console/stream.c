// Matching on a stream. All offsets count from the stream's first byte.
//
// Each pattern has a scan offset: no match of it begins before that. A try with PCRE2_PARTIAL_HARD
// ends in no match (go on at the end of the text), a partial match (go on where it begins, when
// there is more text), or a match that no further text can change.
//
// Which pattern wins must not depend on how much text came at once. So each match is traced back to
// the byte that made it certain, as if bytes had come one by one; the earliest wins, then the match
// that ends first, then the order of listing. For a pattern that does not look beyond its match the
// byte that makes it certain is its last one.
//
// No try sees more than `limit` bytes from where it begins, so one that is given up is given up at
// the same byte however the text was cut, and each byte is scanned `limit` times at the very worst.
#include "console/stream.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "console/pattern_impl.h"

enum {
    MATCH_LIMIT = 1000000,       // backtracks in one try, some milliseconds
    JIT_STACK_MIN = 32 * 1024,   // bytes
    JIT_STACK_MAX = 1024 * 1024, // bytes
    BUFFER_MIN = 4096,           // bytes
    NESTED_MAX = 256             // bytes that lookbehinds may look back beyond the longest of them
};

typedef uint64_t offset64; // bytes from the stream's beginning

// How far a pattern has got.
struct search {
    offset64 scan;    // no match begins before it
    offset64 looked;  // up to here a match that begins at `scan` goes on, or 0
    offset64 lacking; // from `scan` up to here the text that each match has does not begin
    bool found;       // the match from there on is known:
    offset64 begin, end, certain; // `certain` is the end of the text that made it certain
    // Not 0: a partial match that began one byte before it was given up, `limit` bytes after its
    // beginning. Until then nothing behind it counted.
    offset64 given_up;
};

struct stream {
    char *buffer;
    size_t size;
    offset64 start; // of what is in the buffer
    offset64 end;
    offset64 read; // the read position

    size_t history, limit;
    bool defers; // see stream_defer

    struct pattern *const *patterns; // borrowed
    struct search *searches;         // one for each pattern
    size_t count, searches_size;
    uint32_t lookbehind; // the largest of the patterns'

    const struct pattern *matched;   // or NULL
    offset64 *groups;                // of the match: begin and end of each, or NO_GROUP
    size_t group_count, groups_size; // pairs

    size_t overruns;
    size_t overrun;   // the pattern of the last one
    size_t exhausted; // overruns by too much backtracking
    pcre2_match_context *context;
    pcre2_jit_stack *jit_stack;
};

static const offset64 NO_GROUP = UINT64_MAX;

struct stream *stream_new(size_t history, size_t limit) {
    struct stream *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->history = history;
    s->limit = limit == 0 ? 1 : limit;
    s->context = pcre2_match_context_create(NULL);
    if (s->context == NULL) {
        stream_free(s);
        return NULL;
    }
    (void)pcre2_set_match_limit(s->context, MATCH_LIMIT);
    return s;
}

// Machine code is about to run here for the first time. Without a stack of its own (no memory) it
// uses 32 KiB of the machine's.
static void make_jit_stack(struct stream *s) {
    s->jit_stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
    if (s->jit_stack != NULL)
        pcre2_jit_stack_assign(s->context, NULL, s->jit_stack);
}

void stream_free(struct stream *s) {
    if (s == NULL)
        return;
    pcre2_match_context_free(s->context);
    pcre2_jit_stack_free(s->jit_stack);
    free(s->buffer);
    free(s->searches);
    free(s->groups);
    free(s);
}

static const char *at(const struct stream *s, offset64 offset) {
    return s->buffer == NULL ? "" : s->buffer + (offset - s->start);
}

void stream_defer(struct stream *s) {
    s->defers = true;
}

int stream_watch(struct stream *s, struct pattern *const *patterns, size_t count) {
    s->count = 0;
    s->matched = NULL;
    s->lookbehind = 0;
    size_t pairs = 1;
    for (size_t i = 0; i < count; i++)
        if (patterns[i] != NULL) {
            size_t n = pcre2_get_ovector_count(patterns[i]->match);
            pairs = n > pairs ? n : pairs;
            if (patterns[i]->lookbehind > s->lookbehind)
                s->lookbehind = patterns[i]->lookbehind;
        }
    if (count > s->searches_size) {
        struct search *larger = reallocarray(s->searches, count, sizeof *larger);
        if (larger == NULL)
            return -1;
        s->searches = larger;
        s->searches_size = count;
    }
    if (pairs > s->groups_size) {
        offset64 *larger = reallocarray(s->groups, pairs, 2 * sizeof *larger);
        if (larger == NULL)
            return -1;
        s->groups = larger;
        s->groups_size = pairs;
    }
    s->patterns = patterns;
    s->count = count;
    for (size_t i = 0; i < count; i++)
        s->searches[i] = (struct search){.scan = s->read};
    return 0;
}

static offset64 less(offset64 a, offset64 b) {
    return a < b ? a : b;
}

// The offset that all patterns have scanned up to.
static offset64 scanned(const struct stream *s) {
    offset64 least = s->end;
    for (size_t i = 0; i < s->count; i++)
        if (s->patterns[i] != NULL)
            least = less(least, s->searches[i].scan);
    return least;
}

static offset64 back(offset64 from, size_t by) {
    return from > by ? from - by : 0;
}

// Moves the read position up to what is kept of text that nothing matched in.
static void read_limit(struct stream *s) {
    offset64 least = back(scanned(s), s->limit);
    if (s->read < least)
        s->read = least;
}

// Drops what nobody needs any more, when that is at least half of what there is.
static void compact(struct stream *s) {
    // So much that neither `^` nor a lookbehind in a lookbehind gets to the beginning of the
    // buffer, which is not the beginning of a line, nor of the stream.
    size_t keep = (s->history > s->lookbehind ? s->history : s->lookbehind) + NESTED_MAX;
    offset64 needed = back(less(s->read, scanned(s)), keep);
    if (needed <= s->start || needed - s->start < s->end - needed)
        return;
    memmove(s->buffer, at(s, needed), (size_t)(s->end - needed));
    s->start = needed;
}

int stream_append(struct stream *s, const char *text, size_t size) {
    s->matched = NULL;
    size_t held = (size_t)(s->end - s->start);
    if (size > s->size - held) {
        compact(s);
        held = (size_t)(s->end - s->start);
    }
    if (size > s->size - held) {
        size_t wanted = s->size < BUFFER_MIN ? BUFFER_MIN : s->size;
        while (wanted - held < size) {
            if (wanted > SIZE_MAX / 2)
                return -1;
            wanted *= 2;
        }
        char *larger = realloc(s->buffer, wanted);
        if (larger == NULL)
            return -1;
        s->buffer = larger;
        s->size = wanted;
    }
    if (size > 0)
        memcpy(s->buffer + held, text, size);
    s->end += size;
    if (s->count == 0)
        read_limit(s);
    return 0;
}

// One try of a pattern on the text up to `end`, from `from` on.
static int try(struct stream *s, struct pattern *p, offset64 from, offset64 end, uint32_t options) {
    if (pattern_tried(p, (size_t)(end - from)) && s->jit_stack == NULL)
        make_jit_stack(s);
    return pcre2_match(p->code, (PCRE2_SPTR)at(s, s->start), (PCRE2_SIZE)(end - s->start),
                       (PCRE2_SIZE)(from - s->start), options, p->match, s->context);
}

static offset64 tried(const struct stream *s, const struct pattern *p, size_t i) {
    PCRE2_SIZE offset = pcre2_get_ovector_pointer(p->match)[i];
    return offset == PCRE2_UNSET ? NO_GROUP : s->start + offset;
}

// The end of the text that makes a match certain: between the match's own end, where it most often
// is, and `most`.
static offset64 certain_end(struct stream *s, struct pattern *p, offset64 from, offset64 least,
                            offset64 most) {
    for (offset64 guess = least; least < most; guess = least + (most - least) / 2) {
        if (try(s, p, from, guess, PCRE2_PARTIAL_HARD) >= 0)
            most = guess;
        else
            least = guess + 1;
    }
    return most;
}

// The end of the text that is needed to know of the match that was found.
static offset64 known(const struct stream *s, const struct search *h) {
    const offset64 after = h->given_up == 0 ? 0 : h->given_up - 1 + s->limit;
    return h->certain > after ? h->certain : after;
}

static void overrun(struct stream *s, size_t i) {
    s->overruns++;
    s->overrun = i;
}

static void exhausted(struct stream *s, size_t i) {
    s->exhausted++;
    overrun(s, i);
}

// Whether the text that each match of a pattern has does not come in what there is up to `window`.
static bool lacks_needed(const struct stream *s, const struct pattern *p, struct search *h,
                         offset64 window) {
    if (!s->defers || p->needed_size == 0 || window >= h->scan + s->limit)
        return false;
    const offset64 from = h->lacking > h->scan ? h->lacking : h->scan;
    if (from + p->needed_size > window)
        return true;
    const char *text = at(s, from);
    const char *found = memmem(text, (size_t)(window - from), p->needed, p->needed_size);
    h->lacking = found == NULL ? window + 1 - p->needed_size : from + (offset64)(found - text);
    return found == NULL;
}

// Looks for pattern i in the text up to `end`. True for a match that is certain by then.
static bool search(struct stream *s, size_t i, offset64 end) {
    struct pattern *p = s->patterns[i];
    struct search *h = &s->searches[i];
    while (!h->found && h->scan < end) {
        offset64 window = less(end, h->scan + s->limit);
        if (window <= h->looked || lacks_needed(s, p, h, window))
            return false;
        int rc = try(s, p, h->scan, window, PCRE2_PARTIAL_HARD);
        if (rc >= 0) {
            h->found = true;
            h->begin = tried(s, p, 0);
            h->end = tried(s, p, 1);
            h->certain = certain_end(s, p, h->scan, h->end, window);
        } else if (rc == PCRE2_ERROR_PARTIAL) {
            h->scan = tried(s, p, 0);
            if (window >= h->scan + s->limit) {
                overrun(s, i);
                h->given_up = ++h->scan;
            } else if (window == end) {
                h->looked = window;
                return false;
            }
        } else {
            if (rc != PCRE2_ERROR_NOMATCH) // too much backtracking somewhere in the window
                exhausted(s, i);
            h->scan = window;
        }
    }
    return h->found && known(s, h) <= end;
}

// Moves the read position. What has been found out about the text behind it stays.
static void read_move(struct stream *s, offset64 to) {
    s->read = to;
    for (size_t i = 0; i < s->count; i++) {
        struct search *h = &s->searches[i];
        const bool free = h->given_up != 0 && h->given_up <= to;
        if (free)
            h->given_up = 0;
        if (h->scan >= to && !free)
            continue;
        h->scan = h->scan < to ? to : h->scan;
        h->looked = 0;
        h->found = h->found && h->begin >= to;
        if (h->found) // what had begun before `to` does not keep it uncertain any more
            h->certain = certain_end(s, s->patterns[i], h->scan, h->end, h->certain);
    }
}

// Keeps the groups of the pattern's last try, and moves on behind its match.
static int matched(struct stream *s, size_t i) {
    const struct pattern *p = s->patterns[i];
    s->matched = p;
    s->group_count = pcre2_get_ovector_count(p->match);
    for (size_t g = 0; g < 2 * s->group_count; g++)
        s->groups[g] = tried(s, p, g);
    read_move(s, s->groups[1]);
    return (int)i;
}

// The last try: without partial matching, what has begun may end here.
static int find_final(struct stream *s) {
    size_t best = s->count;
    offset64 best_end = NO_GROUP;
    for (size_t i = 0; i < s->count; i++) {
        struct pattern *p = s->patterns[i];
        if (p == NULL || s->searches[i].scan >= s->end)
            continue;
        int rc = try(s, p, s->searches[i].scan, s->end, 0);
        if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
            exhausted(s, i);
        if (rc >= 0 && tried(s, p, 1) < best_end) {
            best = i;
            best_end = tried(s, p, 1);
        }
    }
    if (best == s->count)
        return -1;
    (void)try(s, s->patterns[best], s->searches[best].scan, s->end, 0);
    return matched(s, best);
}

int stream_find(struct stream *s, bool final) {
    s->matched = NULL;
    const struct search *best = NULL;
    for (size_t i = 0; i < s->count; i++) {
        const struct search *h = &s->searches[i];
        if (s->patterns[i] == NULL || !search(s, i, best == NULL ? s->end : known(s, best)))
            continue;
        if (best == NULL || known(s, h) < known(s, best) || h->end < best->end)
            best = h;
    }
    if (best != NULL) {
        size_t i = (size_t)(best - s->searches);
        (void)try(s, s->patterns[i], best->scan, best->certain, PCRE2_PARTIAL_HARD);
        return matched(s, i);
    }
    int found = final ? find_final(s) : -1;
    read_limit(s);
    return found;
}

const char *stream_group(const struct stream *s, const char *name, size_t *size) {
    if (s->matched == NULL)
        return NULL;
    size_t rows = name == NULL ? 1 : s->matched->name_count;
    for (size_t i = 0; i < rows; i++) {
        size_t g = 0;
        if (name != NULL && strcmp(pattern_row(s->matched, i, &g), name) != 0)
            continue;
        if (s->groups[2 * g] == NO_GROUP)
            continue; // of several groups with this name one may have taken part
        *size = (size_t)(s->groups[2 * g + 1] - s->groups[2 * g]);
        return at(s, s->groups[2 * g]);
    }
    return NULL;
}

void stream_match_range(const struct stream *s, uint64_t *begin, uint64_t *end) {
    *begin = s->matched == NULL ? 0 : s->groups[0];
    *end = s->matched == NULL ? 0 : s->groups[1];
}

uint64_t stream_end(const struct stream *s) {
    return s->end;
}

uint64_t stream_open(const struct stream *s) {
    return scanned(s);
}

const char *stream_rest(const struct stream *s, size_t *size) {
    *size = (size_t)(s->end - s->read);
    return at(s, s->read);
}

const char *stream_tail(const struct stream *s, size_t *size) {
    if (*size > s->end - s->start)
        *size = (size_t)(s->end - s->start);
    return at(s, s->end - *size);
}

void stream_skip(struct stream *s) {
    s->matched = NULL;
    read_move(s, s->end);
}

size_t stream_overruns(const struct stream *s) {
    return s->overruns;
}

size_t stream_overrun(const struct stream *s) {
    return s->overrun;
}

size_t stream_exhausted(const struct stream *s) {
    return s->exhausted;
}
