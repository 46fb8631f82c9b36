// The longest beginning of a match: as a search of all places finds it, and in bounded time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "console/partial.h"
#include "console/pattern_impl.h"

static struct pattern *compile(const char *regex) {
    char why[256] = "";
    struct pattern *p = pattern_compile(regex, why, sizeof why);
    if (p == NULL)
        fail_msg("%s: %s", regex, why);
    return p;
}

static struct partial look(const char *regex, const char *text, size_t from) {
    struct pattern *p = compile(regex);
    const struct partial found = partial_find(p, text, strlen(text), from);
    pattern_free(p);
    return found;
}

static void test_where_it_broke(void **state) {
    (void)state;
    static const struct {
        const char *regex, *text;
        size_t from, begin, matched;
        bool open;
    } rows[] = {
        {" login: ", "alpine logon: ", 0, 6, 4, false},
        {" login: ", "alpine login:", 0, 6, 7, true},
        {" login: ", "nothing of it", 0, 10, 1, false},
        {"boot:", "xyz", 0, 0, 0, false},
        {"boot:", "", 0, 0, 0, false},
        // The last one of those with the same length.
        {"abcd", "abx abx", 0, 4, 2, false},
        {"abcd", "abcx ab", 0, 0, 3, false},
        // A changed byte in a prompt.
        {"Command \\(m for help\\): ", "\nCommand (m far help): ", 0, 1, 12, false},
        // What stands before `from` is looked at, but no match begins there.
        {"(?<=#) done", "# don", 1, 1, 4, true},
        {"(?<=#) done", "x don", 1, 0, 0, false},
        {"abcd", "abcx", 1, 0, 0, false},
        // A line's beginning.
        {"^/dev/sda2 +\\d", "at /dev/sda2 1\n/dev/sda1", 0, 15, 8, false},
        // A whole match is none; what comes behind it counts.
        {"abcd", "abcd abx", 0, 5, 2, false},
        {"abcd", "abcx abcd", 0, 0, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct partial found = look(rows[i].regex, rows[i].text, rows[i].from);
        assert_int_equal(found.matched, rows[i].matched);
        assert_int_equal(found.matched > 0 && found.open, rows[i].open);
        if (found.matched > 0)
            assert_int_equal(found.begin, rows[i].begin);
    }
}

// Each end, and for each all beginnings.
static struct partial slowly(const struct pattern *p, const char *text, size_t size) {
    struct partial best = {.matched = 0};
    size_t floor = 0;
    for (size_t end = 1; end <= size; end++) {
        int rc = PCRE2_ERROR_NOMATCH;
        size_t begin = floor;
        for (; begin < end && rc == PCRE2_ERROR_NOMATCH; begin++)
            rc = pcre2_match(p->code, (PCRE2_SPTR)text, end, begin,
                             PCRE2_PARTIAL_HARD | PCRE2_ANCHORED, p->match, NULL);
        begin--; // that of the match
        if (rc >= 0) {
            floor = pcre2_get_ovector_pointer(p->match)[1];
            best.matched = 0;
        } else if (rc == PCRE2_ERROR_PARTIAL && end - begin >= best.matched)
            best = (struct partial){begin, end - begin, end == size};
    }
    return best;
}

static void test_as_a_search_of_all_places(void **state) {
    (void)state;
    static const char *const regexes[] = {
        "aabba", "ab+a{2}b", "(?:ab|ba)+c", "^a[^\\n]*b\\n", "\\n(?<x>[^\\n]+)\\nb", "a(?!b)ca"};
    unsigned seed = 20261123;
    for (size_t i = 0; i < sizeof regexes / sizeof *regexes; i++) {
        struct pattern *p = compile(regexes[i]);
        for (int round = 0; round < 300; round++) {
            char text[40];
            for (size_t k = 0; k < sizeof text; k++) {
                seed = seed * 1103515245 + 12345;
                text[k] = "aabb\n"[(seed >> 16) % 5];
            }
            const struct partial fast = partial_find(p, text, sizeof text, 0);
            const struct partial slow = slowly(p, text, sizeof text);
            assert_int_equal(fast.matched, slow.matched);
            if (slow.matched == 0)
                continue;
            assert_int_equal(fast.begin, slow.begin);
            assert_int_equal(fast.open, slow.open);
        }
        pattern_free(p);
    }
}

// Only the last bytes are looked at, and a pattern without an end to its backtracking ends.
static void test_bounded(void **state) {
    (void)state;
    const size_t size = 3UL * PARTIAL_WINDOW;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, 'a', size);
    memcpy(text, "boot", 4);
    struct pattern *p = compile("boot:");
    assert_int_equal(partial_find(p, text, size, 0).matched, 0);
    pattern_free(p);
    p = compile("(?:a+)+b");
    (void)partial_find(p, text, size, 0);
    pattern_free(p);
    p = compile("a[^\\n]*b\\n");
    const struct partial found = partial_find(p, text, size, 0);
    assert_int_equal(found.matched, PARTIAL_WINDOW);
    assert_true(found.open);
    pattern_free(p);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_it_broke),
        cmocka_unit_test(test_as_a_search_of_all_places),
        cmocka_unit_test(test_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
