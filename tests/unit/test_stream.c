// Patterns on a stream: the same matches however the text is cut, memory and time bounded.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "console/stream.h"
#include "console/view.h"
#include "recordings.h"

enum { PATTERNS_MAX = 8, HISTORY = 64 };

static struct pattern *compile(const char *regex) {
    char why[256] = "";
    struct pattern *p = pattern_compile(regex, why, sizeof why);
    if (p == NULL)
        fail_msg("%s: %s", regex, why);
    return p;
}

static void append(struct stream *s, const char *text) {
    assert_int_equal(stream_append(s, text, strlen(text)), 0);
}

static void assert_group(const struct stream *s, const char *name, const char *expected) {
    size_t size = 0;
    const char *bytes = stream_group(s, name, &size);
    if (expected == NULL) {
        assert_null(bytes);
        return;
    }
    assert_non_null(bytes);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(bytes, expected, size);
}

static void assert_rest(const struct stream *s, const char *expected) {
    size_t size = 0;
    const char *rest = stream_rest(s, &size);
    assert_non_null(rest);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(rest, expected, size);
}

// ---- Compiling.

static void test_refused_patterns(void **state) {
    (void)state;
    static const struct {
        const char *regex, *why;
    } rows[] = {
        {"a(b", "missing closing parenthesis at offset 3"},
        {"a{2,1}", "numbers out of order in {} quantifier at offset 5"},
        {"", "empty"},
        {"x*", "empty"},
        {"a|", "empty"},
        {"(?=a)", "empty"},
        {"^", "empty"},
        {"login: $", "ends in `$`"},
        {"# \\Z", "ends in `\\Z`"},
        {"# \\z", "ends in `\\z`"},
        {"word\\b", "ends in `\\b`"},
        {"a(b|c$)", "ends in `$`"},
        {"a(b$|c)", "ends in `$`"},
        {"a$|b", "ends in `$`"},
        {"a(?:b(?:c$))", "ends in `$`"},
        {"(a$)+", "ends in `$`"},
        {"a(?:b$)?", "ends in `$`"},
        {"a$(?#comment)", "ends in `$`"},
        {"a(?=b$)", "ends in `$`"},
        {"\\Ga", "\\G"},
        {"a\\Kb", "\\K"},
        {"a\\Cb", "\\C"},
        {"(*UTF)a", "disabled"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[256] = "";
        struct pattern *p = pattern_compile(rows[i].regex, why, sizeof why);
        if (p != NULL || strstr(why, rows[i].why) == NULL)
            fail_msg("%s: %s", rows[i].regex, p != NULL ? "not refused" : why);
    }
    char tiny[4];
    assert_null(pattern_compile("a$", tiny, sizeof tiny));
    assert_int_equal(strlen(tiny), 3);
}

static void test_patterns_not_refused(void **state) {
    (void)state;
    static const char *const regexes[] = {
        "\\$",    "a[$]",   "[]$]",          "[^]$]", "a\\\\b", "\\Q$\\E",
        "\\Qab$", "a$\\n",  "(?:a$|b)\\n",   "a\\bb", "[\\b]",  "a\\.$",
        "[$",     "a(?#$)", "x[[:alpha:]$]", "a$b|c", "(a$)b",  "[[:alpha:]]",
        "\\$\\$", "a\\x24", "(?<n>a$)b",     "a{2}",  "a(?=b)", "(a)(?!b)",
    };
    for (size_t i = 0; i < sizeof regexes / sizeof *regexes; i++) {
        char why[256] = "";
        struct pattern *p = pattern_compile(regexes[i], why, sizeof why);
        bool wanted = strcmp(regexes[i], "a\\.$") != 0 && strcmp(regexes[i], "[$") != 0;
        if ((p != NULL) != wanted)
            fail_msg("%s: %s", regexes[i], why);
        pattern_free(p);
    }
}

static void test_open_tails(void **state) {
    (void)state;
    static const char *const open[] = {
        "a+",      "ab*",        "ab?",        "a{1,2}",      "a{2,}",      "a++",
        "xa*+b?+", "login:\\s*", "[^\\n]+",    "y(?:ab)?x?",  "(a|b+)",     "(a+|b)",
        "a+|b",    "a|b+",       "(?<n>\\d+)", "(?<n>a(b*))", "a(?!b)",     "a+b??",
        "a+(?#c)", "a(?:b+)??",  "x(?i:a+)",   "(?i)a+",      "a{3}b{0,1}", "y(?:a|(b|c?))",
        "a[]*]+",  "a(?:b|c)*",  "(?>a+)",     "a(?'n'b+)",   "a\\++",      "a+(?:b)*?",
    };
    static const char *const closed[] = {
        "a",
        "a+b",
        "a*?b",
        "ab??",
        "ab*?",
        "a+?",
        "a{2}",
        "\\+",
        "a[+*?]",
        "\\Qa+\\E",
        "(a+)b",
        "a(?=b)",
        "a{,2}",
        "a{x}",
        "(?:a+|b)c",
        "a(?#b+)",
        "Command \\(m\\): ",
        "(?<!a+?b)c",
        "(?<n>a)",
        "(?i)a",
        "a\\?",
        "(?s:.{0,9}?)# ",
        "a+b{2}",
        "(?:x*y)?z",
    };
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        struct pattern *p = compile(open[i]);
        if (!pattern_waits(p))
            fail_msg("%s does not wait", open[i]);
        assert_string_equal(pattern_regex(p), open[i]);
        pattern_free(p);
    }
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        char why[256];
        struct pattern *p = pattern_compile(closed[i], why, sizeof why);
        if (p != NULL && pattern_waits(p)) // a lookbehind of no fixed length is not taken
            fail_msg("%s waits", closed[i]);
        pattern_free(p);
    }
}

static void test_group_names(void **state) {
    (void)state;
    struct pattern *p = compile("(?<start>\\d+)-(?<end>\\d+)(x)?(?<type>y)?;");
    assert_string_equal(pattern_group(p, 0), "end");
    assert_string_equal(pattern_group(p, 1), "start");
    assert_string_equal(pattern_group(p, 2), "type");
    assert_null(pattern_group(p, 3));
    struct stream *s = stream_new(HISTORY, 1000);
    assert_int_equal(stream_watch(s, &p, 1), 0);
    assert_group(s, NULL, NULL);
    append(s, "a 33792-2467");
    assert_int_equal(stream_find(s, false), -1);
    assert_group(s, "start", NULL);
    append(s, "83; b");
    assert_int_equal(stream_find(s, false), 0);
    assert_group(s, NULL, "33792-246783;");
    assert_group(s, "start", "33792");
    assert_group(s, "end", "246783");
    assert_group(s, "type", NULL);
    assert_group(s, "none", NULL);
    assert_rest(s, " b");
    append(s, "");
    assert_group(s, "start", NULL);
    stream_free(s);
    pattern_free(p);

    p = compile("(?J)(?:a(?<n>1)|b(?<n>2))");
    s = stream_new(HISTORY, 1000);
    assert_int_equal(stream_watch(s, &p, 1), 0);
    append(s, "b2a1");
    assert_int_equal(stream_find(s, false), 0);
    assert_group(s, "n", "2");
    assert_int_equal(stream_find(s, false), 0);
    assert_group(s, "n", "1");
    stream_free(s);
    pattern_free(p);
}

// ---- Which match, and when.

static void test_order(void **state) {
    (void)state;
    struct pattern *set[] = {compile("login: "), NULL, compile("boot:"), compile("gin: "),
                             compile("oo(t:)?x")};
    struct stream *s = stream_new(HISTORY, 1000);
    assert_int_equal(stream_watch(s, set, 5), 0);
    append(s, "a login: b boot: c gin: d login: ");
    assert_int_equal(stream_find(s, false), 0); // ends with `gin: `, is listed before it
    assert_rest(s, "b boot: c gin: d login: ");
    assert_int_equal(stream_find(s, false), 2); // ends first
    assert_int_equal(stream_find(s, false), 3);
    assert_int_equal(stream_find(s, false), 0);
    assert_int_equal(stream_find(s, false), -1);
    assert_rest(s, "");
    stream_free(s);
    for (size_t i = 0; i < 5; i++)
        pattern_free(set[i]);
}

// A pending `BEGIN ... END` keeps no prompt from being seen.
static void test_no_masking(void **state) {
    (void)state;
    struct pattern *set[] = {compile("(?s)BEGIN.*END"), compile("# ")};
    struct stream *s = stream_new(HISTORY, 1000);
    assert_int_equal(stream_watch(s, set, 2), 0);
    append(s, "BEGIN x\n~ # ");
    assert_int_equal(stream_find(s, false), 1);
    stream_free(s);
    pattern_free(set[0]);
    pattern_free(set[1]);
}

// What a match that had begun kept from being seen is seen as soon as that has become void.
static void test_unmasking(void **state) {
    (void)state;
    struct pattern *set[] = {compile("(?s)x.*9|ab"), compile("o")};
    struct stream *s = stream_new(HISTORY, 1000);
    assert_int_equal(stream_watch(s, set, 2), 0);
    append(s, "xoab");
    assert_int_equal(stream_find(s, false), 1);
    assert_int_equal(stream_find(s, false), 0);
    stream_free(s);
    pattern_free(set[0]);
    pattern_free(set[1]);
}

static void test_final(void **state) {
    (void)state;
    struct pattern *set[] = {compile("\\d+"), compile("x(?!y)")};
    struct stream *s = stream_new(HISTORY, 1000);
    assert_int_equal(stream_watch(s, set, 2), 0);
    append(s, "12");
    assert_int_equal(stream_find(s, false), -1);
    append(s, "34");
    assert_int_equal(stream_find(s, false), -1);
    assert_int_equal(stream_find(s, true), 0);
    assert_group(s, NULL, "1234");
    assert_int_equal(stream_find(s, true), -1);
    append(s, " x");
    assert_int_equal(stream_find(s, false), -1);
    assert_int_equal(stream_find(s, true), 1);
    append(s, "5 x"); // more came after all
    assert_int_equal(stream_find(s, false), 0);
    assert_group(s, NULL, "5");
    append(s, "y");
    assert_int_equal(stream_find(s, true), -1);
    stream_free(s);
    pattern_free(set[0]);
    pattern_free(set[1]);
}

static void test_line_beginnings(void **state) {
    (void)state;
    // Each append is a piece of its own; the pattern is `^b`.
    static const struct {
        const char *first, *second;
        int found;
    } rows[] = {{"", "b", 0}, {"a", "b", -1}, {"a\n", "b", 0}, {"\n", "b", 0}, {"a\nx", "b", -1}};
    struct pattern *p = compile("^b");
    struct pattern *gone = compile("[^b]b");
    for (size_t history = 0; history < 3; history++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct stream *s = stream_new(history, 100);
            assert_int_equal(stream_watch(s, &p, 1), 0);
            append(s, rows[i].first);
            assert_int_equal(stream_find(s, false), -1);
            append(s, rows[i].second);
            assert_int_equal(stream_find(s, false), rows[i].found);
            stream_free(s);
        }
    // The same after so much text that the beginning has been dropped many times.
    for (size_t n = 9990; n < 10010; n++) {
        struct stream *s = stream_new(0, 10);
        assert_int_equal(stream_watch(s, &p, 1), 0);
        for (size_t i = 0; i < n; i++) {
            append(s, "a");
            assert_int_equal(stream_find(s, false), -1);
        }
        append(s, "b");
        assert_int_equal(stream_find(s, false), -1);
        append(s, "\nb");
        assert_int_equal(stream_find(s, false), 0);
        append(s, "b"); // after a match, in the middle of a line
        assert_int_equal(stream_find(s, false), -1);
        stream_free(s);
    }
    pattern_free(p);
    pattern_free(gone);

    // A line that begins where the text ends, for the time being.
    struct pattern *crossing = compile("\\n^b");
    struct stream *s = stream_new(0, 100);
    assert_int_equal(stream_watch(s, &crossing, 1), 0);
    append(s, "a\n");
    assert_int_equal(stream_find(s, false), -1);
    append(s, "b");
    assert_int_equal(stream_find(s, false), 0);
    stream_free(s);
    pattern_free(crossing);
}

static void test_lookbehind(void **state) {
    (void)state;
    // 300 bytes back, and nested: each of these looks further back than PCRE2 tells.
    char regex[1024];
    char *end = regex;
    put(&end, "(?<=", 4);
    for (size_t i = 0; i < 30; i++)
        put(&end, "0123456789", 10);
    put(&end, ")x", 3);
    struct pattern *set[] = {compile("(?<=(?<=(?<=(?<=^0)1)2)3)x"), compile(regex)};
    struct pattern *begin = compile("\\Aab");
    struct stream *s = stream_new(0, 10); // history is kept as far as patterns look back
    for (size_t shift = 0; shift < 7; shift++)
        for (size_t k = 0; k < 2; k++) {
            stream_free(s);
            s = stream_new(0, 1);
            assert_int_equal(stream_watch(s, set + k, 1), 0);
            for (size_t i = 0; i < shift; i++)
                append(s, "z");
            for (size_t i = 0; i < 2000; i++) {
                append(s, "x\n");
                for (size_t d = 0; d < (k == 0 ? 4 : 300); d++) {
                    assert_int_equal(stream_append(s, &"0123456789"[d % 10], 1), 0);
                    assert_int_equal(stream_find(s, false), -1);
                }
                append(s, "x");
                assert_int_equal(stream_find(s, false), 0);
                assert_group(s, NULL, "x");
            }
        }
    assert_int_equal(stream_watch(s, &begin, 1), 0); // the stream's beginning is long gone
    append(s, "ab");
    assert_int_equal(stream_find(s, true), -1);
    stream_free(s);
    s = stream_new(0, 10);
    assert_int_equal(stream_watch(s, &begin, 1), 0);
    append(s, "a");
    assert_int_equal(stream_find(s, false), -1);
    append(s, "b");
    assert_int_equal(stream_find(s, false), 0);
    stream_free(s);
    pattern_free(set[0]);
    pattern_free(set[1]);
    pattern_free(begin);
}

static void test_watching_anew(void **state) {
    (void)state;
    struct pattern *a = compile("a"), *b = compile("b");
    struct stream *s = stream_new(HISTORY, 100);
    append(s, "0a1b2a3");
    assert_int_equal(stream_find(s, true), -1); // nothing is looked for
    assert_int_equal(stream_watch(s, &b, 1), 0);
    assert_int_equal(stream_find(s, false), 0);
    assert_rest(s, "2a3");
    assert_int_equal(stream_watch(s, &a, 1), 0);
    assert_group(s, NULL, NULL);
    assert_int_equal(stream_find(s, false), 0);
    assert_rest(s, "3");
    assert_int_equal(stream_watch(s, NULL, 0), 0);
    append(s, "a");
    assert_int_equal(stream_find(s, false), -1);
    assert_int_equal(stream_watch(s, &a, 1), 0); // from the read position on
    assert_int_equal(stream_find(s, false), 0);
    append(s, "abc");
    stream_skip(s);
    assert_rest(s, "");
    assert_int_equal(stream_find(s, false), -1);
    append(s, "aa");
    assert_int_equal(stream_find(s, false), 0);
    assert_rest(s, "a");
    stream_skip(s);
    assert_group(s, NULL, NULL);
    assert_int_equal(stream_find(s, false), -1);
    size_t size = 4;
    const char *tail = stream_tail(s, &size);
    assert_int_equal(size, 4);
    assert_memory_equal(tail, "bcaa", 4);
    size = 1000;
    tail = stream_tail(s, &size);
    assert_int_equal(size, 13);
    assert_memory_equal(tail, "0a1b2a3aabcaa", 13);
    stream_free(s);
    stream_free(NULL);
    pattern_free(a);
    pattern_free(b);
    pattern_free(NULL);

    s = stream_new(HISTORY, 100);
    assert_rest(s, "");
    size = 10;
    assert_non_null(stream_tail(s, &size));
    assert_int_equal(size, 0);
    stream_free(s);
}

// ---- Bounds.

// BEGIN, and END so that both and what is between have `length` bytes; full stops.
static void limit_text(char *text, size_t size, size_t length) {
    memset(text, '.', size);
    char *begin = text, *end = text + length - 3;
    put(&begin, "BEGIN", 5);
    put(&end, "END", 3);
}

static void test_limit(void **state) {
    (void)state;
    struct pattern *p = compile("(?s)BEGIN.*END");
    for (size_t length = 90; length < 110; length++) { // of the match
        struct stream *s = stream_new(HISTORY, 100);
        assert_int_equal(stream_watch(s, &p, 1), 0);
        char text[256];
        limit_text(text, sizeof text, length);
        assert_int_equal(stream_append(s, text, length), 0);
        assert_int_equal(stream_find(s, false), -1); // `.*` may go on
        assert_int_equal(stream_append(s, text + length, 100), 0);
        assert_int_equal(stream_find(s, false), -1);
        assert_int_equal(stream_overruns(s), 1); // however long: the greedy one always runs into it
        stream_free(s);
    }
    pattern_free(p);

    p = compile("(?s)BEGIN.*?END");
    for (size_t length = 90; length < 110; length++) {
        struct stream *s = stream_new(HISTORY, 100);
        assert_int_equal(stream_watch(s, &p, 1), 0);
        char text[256];
        limit_text(text, sizeof text, length);
        assert_int_equal(stream_append(s, text, sizeof text), 0);
        assert_int_equal(stream_find(s, false), length <= 100 ? 0 : -1);
        assert_int_equal(stream_overruns(s), length <= 100 ? 0 : 1);
        append(s, "BEGIN.END"); // it is looked for again all the same
        assert_int_equal(stream_find(s, false), 0);
        assert_group(s, NULL, "BEGIN.END");
        stream_free(s);
    }
    pattern_free(p);
}

static void test_backtracking_is_limited(void **state) {
    (void)state;
    struct pattern *set[] = {compile("(a+)+[bc]+!"), compile("(*NO_JIT)(a+)+[bc]+!"),
                             compile("end")};
    for (size_t i = 0; i < 2; i++) {
        struct stream *s = stream_new(HISTORY, 1000);
        assert_int_equal(stream_watch(s, set + i, 3 - i), 0);
        for (size_t k = 0; k < 40; k++)
            append(s, "aaaaa");
        append(s, "z");
        (void)stream_find(s, false);
        assert_true(stream_overruns(s) > 0);
        assert_int_equal(stream_overrun(s), 1 - i); // that of the last one
        append(s, "end");
        assert_int_equal(stream_find(s, false), 2 - i);
        stream_free(s);
    }
    for (size_t i = 0; i < 3; i++)
        pattern_free(set[i]);
}

// However much text comes: with patterns that do not match, that keep matching, that wait for a
// byte, or with none.
static void test_memory_is_bounded(void **state) {
    (void)state;
    static const char *const regexes[] = {"never", "(?s)x.*never", "a line\\n", "a[^:]*:"};
    enum { LIMIT = 1000, PIECE = 777, TOTAL = 20000000 };
    char piece[PIECE + 1];
    for (size_t i = 0; i < PIECE; i++)
        piece[i] = "a line\n xyz"[i % 11];
    piece[PIECE] = '\0';
    for (size_t i = 0; i < 5; i++) {
        struct pattern *p = i < 4 ? compile(regexes[i]) : NULL;
        struct stream *s = stream_new(HISTORY, LIMIT);
        stream_defer(s);
        assert_int_equal(stream_watch(s, &p, i < 4), 0);
        size_t most = 0, total = i == 1 || i == 3 ? TOTAL / 20 : TOTAL;
        for (size_t done = 0; done < total; done += PIECE) {
            assert_int_equal(stream_append(s, piece, PIECE), 0);
            while (i < 4 && stream_find(s, false) >= 0)
                ;
            size_t held = SIZE_MAX;
            (void)stream_tail(s, &held);
            most = held > most ? held : most;
            size_t rest = 0;
            (void)stream_rest(s, &rest);
            assert_true(rest <= (size_t)2 * LIMIT);
        }
        // What is needed, as much again before it is dropped, and the buffer's least size.
        assert_true(most <= (size_t)(2 * (2 * LIMIT + HISTORY + 256) + 2 * PIECE + 4096));
        assert_true(most >= LIMIT);
        stream_free(s);
        pattern_free(p);
    }
}

// ---- The same events however the text is cut.

struct event {
    int pattern;
    size_t end; // of the match, in the stream
    size_t size;
};

struct events {
    struct event at[4096];
    size_t count, overruns;
};

static void event_add(struct events *e, int pattern, size_t end, size_t size) {
    assert_true(e->count < sizeof e->at / sizeof *e->at);
    e->at[e->count++] = (struct event){pattern, end, size};
}

// Of several patterns, one may be tried in vain where another's match makes that pointless: then
// more overruns are counted.
static bool events_equal(const struct events *a, const struct events *b, size_t patterns) {
    return a->count == b->count &&
           (patterns == 1 ? a->overruns == b->overruns : a->overruns <= b->overruns) &&
           memcmp(a->at, b->at, a->count * sizeof *a->at) == 0;
}

static void find_all(struct stream *s, bool final, size_t fed, struct events *e) {
    int i;
    while ((i = stream_find(s, final)) >= 0) {
        size_t size = 0, rest = 0;
        assert_non_null(stream_group(s, NULL, &size));
        (void)stream_rest(s, &rest);
        event_add(e, i, fed - rest, size);
    }
}

// Feeds text in random pieces (seed 0: all at once; 1: byte by byte).
static void stream_events(const char *text, size_t size, struct pattern **set, size_t count,
                          size_t limit, uint64_t seed, bool defers, struct events *e) {
    memset(e, 0, sizeof *e);
    struct stream *s = stream_new(seed % 3 == 0 ? 0 : 100, limit);
    assert_non_null(s);
    if (defers)
        stream_defer(s);
    assert_int_equal(stream_watch(s, set, count), 0);
    for (size_t done = 0; done < size;) {
        size_t n = seed == 0 ? size : seed == 1 ? 1 : random_piece(&seed, size - done);
        assert_int_equal(stream_append(s, text + done, n), 0);
        done += n;
        find_all(s, false, done, e);
    }
    find_all(s, true, size, e);
    e->overruns = stream_overruns(s);
    stream_free(s);
}

// The same, told as simply as can be: byte by byte, each time on all of the text, nothing dropped.
static void plain_events(const char *text, size_t size, pcre2_code **codes, size_t count,
                         size_t limit, struct events *e) {
    memset(e, 0, sizeof *e);
    size_t scans[PATTERNS_MAX] = {0};
    pcre2_match_data *m = pcre2_match_data_create(32, NULL);
    const size_t *v = pcre2_get_ovector_pointer(m);
    for (size_t n = 1; n <= size + 1; n++) { // in the end once more, without PARTIAL
        bool final = n > size;
        size_t end = final ? size : n;
        for (;;) {
            size_t best = count, best_end = SIZE_MAX, best_size = 0;
            for (size_t i = 0; i < count; i++) {
                int rc = PCRE2_ERROR_NOMATCH;
                while (scans[i] < end) {
                    rc = pcre2_match(codes[i], (PCRE2_SPTR)text, end, scans[i],
                                     final ? 0 : PCRE2_PARTIAL_HARD, m, NULL);
                    if (rc != PCRE2_ERROR_PARTIAL || end - v[0] < limit)
                        break;
                    scans[i] = v[0] + 1;
                    e->overruns++;
                }
                if (rc >= 0 && scans[i] < end && v[1] < best_end) {
                    best = i;
                    best_end = v[1];
                    best_size = v[1] - v[0];
                }
            }
            if (best == count)
                break;
            event_add(e, (int)best, best_end, best_size);
            for (size_t i = 0; i < count; i++)
                scans[i] = best_end;
        }
    }
    pcre2_match_data_free(m);
}

static const char *const sets[][PATTERNS_MAX] = {
    {"foo", "o+", "(?s)b.*?f", "^f", "ba|bar", NULL},
    {"\\d+", "12", "(?<=1)2 ", "a\\b ", "\\d{2,3}", NULL},
    {"foo(?=bar)", "fo(?!ob)", "(?s)f.*o", "[^a]b", NULL},
    {"^.*b\\n", "^\\n", "(?<n>o)(?:o|a)*", "a$\\n", NULL},
    {"f(?:.*a)?", "(?s)o.*\\n", "o", "(?<!o)b", NULL},
    {"(?>a+)b", "(a|ab)(o|bo)", "f*o", "\\bf", "\\Bo\\n", NULL},
    {"foo[^1]*1", "a +[bo]", "1[^\\n]*o\\n", "^[^\\n]*2\\n", "\\n[a-z]+?(?=2)", NULL},
    {"(?s)f(o|b).*?\\d", NULL},
    {"(?s)o.*2", NULL},
    {"(*NO_JIT)(?s)b.*?f", "(*NO_JIT)o+", "(*NO_JIT)^f", "(*NO_JIT)(?<=a)b", NULL},
};
enum { SETS = sizeof sets / sizeof *sets };

static void test_cuts_do_not_matter(void **state) {
    (void)state;
    static struct events expected, got;
    uint64_t cuts = cuts_wanted(2000);
    size_t all = 0, overruns = 0;
    for (size_t k = 0; k < SETS; k++) {
        struct pattern *set[PATTERNS_MAX];
        pcre2_code *codes[PATTERNS_MAX];
        size_t count = 0;
        for (; sets[k][count] != NULL; count++) {
            int error = 0;
            PCRE2_SIZE offset = 0;
            set[count] = compile(sets[k][count]);
            codes[count] =
                pcre2_compile((PCRE2_SPTR)sets[k][count], PCRE2_ZERO_TERMINATED,
                              PCRE2_MULTILINE | PCRE2_ALT_CIRCUMFLEX, &error, &offset, NULL);
            assert_non_null(codes[count]);
        }
        for (uint64_t seed = 1; seed <= cuts; seed++) {
            uint64_t r = seed * 7919 + k;
            char text[120];
            for (size_t i = 0; i < sizeof text; i++)
                text[i] = "foobar \n12"[random_below(&r, 10)];
            size_t limit = 1 + random_below(&r, 60);
            plain_events(text, sizeof text, codes, count, limit, &expected);
            for (uint64_t way = 0; way < 8; way++) {
                stream_events(text, sizeof text, set, count, limit,
                              way % 4 < 2 ? way % 4 : seed + way, way >= 4, &got);
                if (!events_equal(&expected, &got, count))
                    fail_msg("set %zu, seed %ju, way %ju, limit %zu", k, (uintmax_t)seed,
                             (uintmax_t)way, limit);
            }
            all += expected.count;
            overruns += expected.overruns;
        }
        for (size_t i = 0; i < count; i++) {
            pattern_free(set[i]);
            pcre2_code_free(codes[i]);
        }
    }
    assert_true(all > cuts * SETS); // there was something to be found
    assert_true(overruns > cuts / 10);
}

// One pattern on a stream finds what a search of the whole text finds.
static void test_like_the_whole_text(void **state) {
    (void)state;
    static struct events expected, got;
    for (size_t k = 0; k < SETS; k++)
        for (size_t i = 0; sets[k][i] != NULL; i++) {
            int error = 0;
            PCRE2_SIZE offset = 0;
            struct pattern *p = compile(sets[k][i]);
            pcre2_code *code =
                pcre2_compile((PCRE2_SPTR)sets[k][i], PCRE2_ZERO_TERMINATED,
                              PCRE2_MULTILINE | PCRE2_ALT_CIRCUMFLEX, &error, &offset, NULL);
            pcre2_match_data *m = pcre2_match_data_create_from_pattern(code, NULL);
            assert_non_null(m);
            for (uint64_t seed = 1; seed <= 200; seed++) {
                uint64_t r = seed * 104729 + i;
                char text[300];
                for (size_t b = 0; b < sizeof text; b++)
                    text[b] = "foobar \n12"[random_below(&r, 10)];
                memset(&expected, 0, sizeof expected);
                const size_t *v = pcre2_get_ovector_pointer(m);
                for (size_t from = 0;
                     pcre2_match(code, (PCRE2_SPTR)text, sizeof text, from, 0, m, NULL) >= 0;
                     from = v[1])
                    event_add(&expected, 0, v[1], v[1] - v[0]);
                stream_events(text, sizeof text, &p, 1, 1000, seed, seed % 2 == 0, &got);
                if (!events_equal(&expected, &got, 1))
                    fail_msg("%s, seed %ju", sets[k][i], (uintmax_t)seed);
            }
            pcre2_match_data_free(m);
            pcre2_code_free(code);
            pattern_free(p);
        }
}

// ---- The recordings, through the view and into two streams.

static const char *const dialogue[] = {
    "localhost login: ",
    "Command \\(m for help\\): ",
    "^(?<device>/dev/\\w+?)(?<part>\\d)\\s+(?<boot>\\*)?\\s*\\S+\\s+\\S+\\s+(?<start>\\d+)\\s",
    "boot:",
    "(?s)Pass 1:.*?Pass 5:[^\\n]*\\n",
    "^OK: \\d+ MiB in \\d+ packages",
    "~ ?# ",
};
enum { DIALOGUE = sizeof dialogue / sizeof *dialogue };

struct pipeline {
    struct stream *text, *kernel;
};

static void on_text(void *arg, const char *text, size_t size) {
    assert_int_equal(stream_append(((struct pipeline *)arg)->text, text, size), 0);
}

static void on_kernel(void *arg, const char *text, size_t size) {
    assert_int_equal(stream_append(((struct pipeline *)arg)->kernel, text, size), 0);
}

// What has matched so far, each match with its text, in two lists.
struct log {
    char text[1 << 18], kernel[1 << 18];
    size_t text_size, kernel_size;
};

static void log_matches(struct stream *s, bool final, char *log, size_t *used) {
    int i;
    while ((i = stream_find(s, final)) >= 0) {
        size_t size = 0;
        const char *bytes = stream_group(s, NULL, &size);
        assert_true(*used + size + 3 < 1 << 18);
        log[(*used)++] = (char)('0' + i);
        memcpy(log + *used, bytes, size);
        *used += size;
        log[(*used)++] = '|';
    }
}

static void pipeline_run(const char *bytes, size_t size, struct pattern **set,
                         struct pattern **kernel_set, uint64_t seed, struct log *log) {
    struct pipeline p = {stream_new(512, 4096), stream_new(512, 4096)};
    struct view *v = view_new(on_text, on_kernel, &p);
    log->text_size = log->kernel_size = 0;
    assert_int_equal(stream_watch(p.text, set, DIALOGUE), 0);
    assert_int_equal(stream_watch(p.kernel, kernel_set, 1), 0);
    for (size_t done = 0; done < size;) {
        size_t n = seed == 0 ? size : random_piece(&seed, size - done);
        view_feed(v, bytes + done, n);
        done += n;
        log_matches(p.text, false, log->text, &log->text_size);
        log_matches(p.kernel, false, log->kernel, &log->kernel_size);
    }
    view_idle(v);
    log_matches(p.text, true, log->text, &log->text_size);
    log_matches(p.kernel, true, log->kernel, &log->kernel_size);
    view_free(v);
    stream_free(p.text);
    stream_free(p.kernel);
}

static void test_recordings(void **state) {
    (void)state;
    static struct log expected, got;
    struct pattern *set[DIALOGUE];
    for (size_t i = 0; i < DIALOGUE; i++)
        set[i] = compile(dialogue[i]);
    struct pattern *kernel = compile("^\\[ *[\\d.]+\\] (?<what>[^\\n]+)\\n");
    uint64_t cuts = cuts_wanted(200);
    for (size_t i = 0; i < RECORDINGS; i++) {
        size_t size = 0;
        char *bytes = recording_read(i, &size);
        pipeline_run(bytes, size, set, &kernel, 0, &expected);
        assert_true(expected.text_size > 500);
        for (uint64_t seed = 1; seed <= cuts; seed++) {
            pipeline_run(bytes, size, set, &kernel, seed, &got);
            if (got.text_size != expected.text_size || got.kernel_size != expected.kernel_size ||
                memcmp(got.text, expected.text, got.text_size) != 0 ||
                memcmp(got.kernel, expected.kernel, got.kernel_size) != 0)
                fail_msg("%s, seed %ju", recordings[i], (uintmax_t)seed);
        }
        free(bytes);
    }
    for (size_t i = 0; i < DIALOGUE; i++)
        pattern_free(set[i]);
    pattern_free(kernel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_patterns),
        cmocka_unit_test(test_patterns_not_refused),
        cmocka_unit_test(test_open_tails),
        cmocka_unit_test(test_group_names),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_no_masking),
        cmocka_unit_test(test_unmasking),
        cmocka_unit_test(test_final),
        cmocka_unit_test(test_line_beginnings),
        cmocka_unit_test(test_lookbehind),
        cmocka_unit_test(test_watching_anew),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_backtracking_is_limited),
        cmocka_unit_test(test_memory_is_bounded),
        cmocka_unit_test(test_cuts_do_not_matter),
        cmocka_unit_test(test_like_the_whole_text),
        cmocka_unit_test(test_recordings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
