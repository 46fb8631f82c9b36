// The judge of echoes: by examples, and, for ISOLINUX's doubled ones, against all that can be.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "dialogue/echo.h"

static const char *const verdicts[] = {
    [ECHO_PENDING] = "pending", [ECHO_PERFECT] = "perfect", [ECHO_WRONG] = "wrong"};

static enum echo_verdict judge(enum echo kind, const char *lead, const char *sent,
                               const char *seen) {
    return echo_judge(kind, lead, 0, sent, strlen(sent), seen, strlen(seen), NULL);
}

static const struct {
    enum echo kind;
    enum echo_verdict verdict;
    const char *lead, *sent, *seen;
} rows[] = {
    {ECHO_ONCE, ECHO_PENDING, NULL, "root", ""},
    {ECHO_ONCE, ECHO_PENDING, NULL, "root", "ro"},
    {ECHO_ONCE, ECHO_PERFECT, NULL, "root", "root"},
    {ECHO_ONCE, ECHO_WRONG, NULL, "root", "rot"},      // lost
    {ECHO_ONCE, ECHO_WRONG, NULL, "root", "rroot"},    // doubled
    {ECHO_ONCE, ECHO_WRONG, NULL, "root", "roots"},    // more
    {ECHO_ONCE, ECHO_WRONG, NULL, "root", "~ # root"}, // a prompt in between
    {ECHO_ONCE, ECHO_PERFECT, NULL, "", ""},
    {ECHO_ONCE, ECHO_PERFECT, NULL, "long line", "long\n line"}, // wrapped
    {ECHO_ONCE, ECHO_PERFECT, NULL, "long line", "\n\nlong line\n"},
    {ECHO_ONCE, ECHO_PENDING, " ", "root", " "},
    {ECHO_ONCE, ECHO_PERFECT, " ", "root", " root"},
    {ECHO_ONCE, ECHO_PERFECT, " ", "root", "   root"},
    {ECHO_ONCE, ECHO_WRONG, " ", "root", " rot"},
    {ECHO_ONCE, ECHO_PERFECT, " ", " x", " x"}, // the lead's bytes may be typed, too
    {ECHO_ONCE, ECHO_PERFECT, " ", " x", "  x"},
    {ECHO_ONCE, ECHO_WRONG, " ", " x", "x"},

    {ECHO_TWICE, ECHO_PERFECT, NULL, "ab", "aabb"},
    {ECHO_TWICE, ECHO_PERFECT, NULL, "ab", "abab"},
    {ECHO_TWICE, ECHO_PERFECT, NULL, "ab", "ab"},
    {ECHO_TWICE, ECHO_PERFECT, NULL, "ab", "aba"},
    {ECHO_TWICE, ECHO_PENDING, NULL, "ab", "aa"},
    {ECHO_TWICE, ECHO_WRONG, NULL, "ab", "b"},
    {ECHO_TWICE, ECHO_WRONG, NULL, "ab", "aaa"},
    {ECHO_TWICE, ECHO_WRONG, NULL, "abc", "ac"}, // lost
    {ECHO_TWICE, ECHO_WRONG, NULL, "ab", "ababab"},
    {ECHO_TWICE, ECHO_PERFECT, " :bot", "/boot", " //bboooott"},
    {ECHO_TWICE, ECHO_PERFECT, " :bot", "/boot", "boot:  //bboooott"}, // the rest of a prompt
    {ECHO_TWICE, ECHO_PENDING, " :bot", "/boot", "boot:  "},
    {ECHO_TWICE, ECHO_WRONG, " :bot", "/boot", "boot:  //bbttt"},

    {ECHO_REDRAWN, ECHO_PENDING, NULL, "info", "iininfinf"},
    {ECHO_REDRAWN, ECHO_PERFECT, NULL, "info", "iininfinfo"},
    {ECHO_REDRAWN, ECHO_PENDING, NULL, "info", ""},
    {ECHO_REDRAWN, ECHO_PENDING, NULL, "info", "iininfin"},
    {ECHO_REDRAWN, ECHO_WRONG, NULL, "info", "x"},
    {ECHO_REDRAWN, ECHO_WRONG, NULL, "info", "infoo"},
    {ECHO_REDRAWN, ECHO_WRONG, NULL, "info", "ininfinfo"},   // lost
    {ECHO_REDRAWN, ECHO_WRONG, NULL, "info", "iiiiinin"},    // doubled
    {ECHO_REDRAWN, ECHO_WRONG, NULL, "info", "iininfinfox"}, // more
    {ECHO_REDRAWN, ECHO_WRONG, NULL, "info", "xixinxinfxinfo"},

    {ECHO_ERASED, ECHO_PERFECT, NULL, "root", "root"},
    {ECHO_ERASED, ECHO_PERFECT, NULL, "root", " root"}, // nothing stood there that went
    {ECHO_ERASED, ECHO_PERFECT, NULL, "root", "rr oot o t"},
    {ECHO_ERASED, ECHO_PENDING, NULL, "root", "root "},
    {ECHO_ERASED, ECHO_PENDING, NULL, "root", "root    "},
    {ECHO_ERASED, ECHO_WRONG, NULL, "root", "rroot"},
    {ECHO_ERASED, ECHO_WRONG, NULL, "root", "roott"},
};

static void examples(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const enum echo_verdict v = judge(rows[i].kind, rows[i].lead, rows[i].sent, rows[i].seen);
        if (v != rows[i].verdict)
            fail_msg("row %zu: `%s` as the echo of `%s` is %s, not %s", i, rows[i].seen,
                     rows[i].sent, verdicts[v], verdicts[rows[i].verdict]);
    }
}

// By its definition: can seen be dealt to two copies of sent, of which one is not ahead of the
// other? Tries each way. *perfect: one of the ways completes a copy.
static bool deal(const char *sent, const char *seen, size_t ahead, size_t behind, bool *perfect) {
    if (*seen == '\0') {
        *perfect = *perfect || sent[ahead] == '\0';
        return true;
    }
    bool good = false;
    if (sent[ahead] == *seen)
        good = deal(sent, seen + 1, ahead + 1, behind, perfect);
    if (behind < ahead && sent[behind] == *seen)
        good = deal(sent, seen + 1, ahead, behind + 1, perfect) || good;
    return good;
}

// The i-th text over the letters a, b and c, of a length.
static void text_of(char *text, unsigned i, size_t length) {
    for (size_t k = 0; k < length; k++, i /= 3)
        text[k] = (char)('a' + (int)(i % 3));
    text[length] = '\0';
}

static unsigned power(unsigned base, size_t exponent) {
    unsigned result = 1;
    while (exponent-- > 0)
        result *= base;
    return result;
}

// Every echo of up to nine bytes of every line of up to four bytes, over three letters.
static void every_shuffle(void **state) {
    (void)state;
    enum { SENT_MAX = 4, SEEN_MAX = 9 };
    unsigned long judged[3] = {0};
    char sent[SENT_MAX + 1];
    char seen[SEEN_MAX + 1];
    for (size_t m = 0; m <= SENT_MAX; m++)
        for (unsigned i = 0; i < power(3, m); i++)
            for (size_t n = 0; n <= (m < SENT_MAX ? 2 * m + 1 : SEEN_MAX - 1); n++)
                for (unsigned k = 0; k < power(3, n); k++) {
                    text_of(sent, i, m);
                    text_of(seen, k, n);
                    bool perfect = false;
                    const bool good = deal(sent, seen, 0, 0, &perfect);
                    const enum echo_verdict wanted = !good     ? ECHO_WRONG
                                                     : perfect ? ECHO_PERFECT
                                                               : ECHO_PENDING;
                    const enum echo_verdict v = judge(ECHO_TWICE, NULL, sent, seen);
                    judged[v]++;
                    if (v != wanted)
                        fail_msg("`%s` as the echo of `%s` is %s, not %s", seen, sent, verdicts[v],
                                 verdicts[wanted]);
                }
    assert_true(judged[ECHO_PENDING] > 1000 && judged[ECHO_PERFECT] > 1000);
}

// A long line with all of its echo, and what is beyond any echo.
static void long_line(void **state) {
    (void)state;
    enum { SIZE = 2000 };
    static char sent[SIZE];
    static char seen[2 * SIZE + 1];
    for (size_t i = 0; i < SIZE; i++) {
        sent[i] = (char)(i == SIZE - 1 ? 'z' : 'a' + (int)(i * i % 7));
        seen[2 * i] = seen[2 * i + 1] = sent[i];
    }
    seen[2 * (size_t)SIZE] = 'x';
    assert_int_equal(echo_judge(ECHO_TWICE, NULL, 0, sent, SIZE, seen, 2 * (size_t)SIZE, NULL),
                     ECHO_PERFECT);
    assert_int_equal(echo_judge(ECHO_TWICE, NULL, 0, sent, SIZE, seen, 2 * (size_t)SIZE - 2, NULL),
                     ECHO_PENDING);
    assert_int_equal(echo_judge(ECHO_TWICE, NULL, 0, sent, SIZE, seen, 2 * (size_t)SIZE + 1, NULL),
                     ECHO_WRONG);
}

// After a drawing of so many bytes, the line goes on from there.
static void drawn_in_one_piece(void **state) {
    (void)state;
    static const struct {
        size_t stands;
        const char *seen;
        enum echo_verdict verdict;
        size_t echoed;
    } drawings[] = {
        {4, "info", ECHO_PERFECT, 4},       {2, "ininfinfo", ECHO_PERFECT, 4},
        {2, "in", ECHO_PENDING, 2},         {2, "ininfin", ECHO_PENDING, 3},
        {2, "i", ECHO_PENDING, 0},          {2, "infinfo", ECHO_WRONG, 0},
        {0, "iininfinfo", ECHO_PERFECT, 4}, {4, "infoinfo", ECHO_WRONG, 0},
    };
    for (size_t i = 0; i < sizeof drawings / sizeof *drawings; i++) {
        size_t echoed = 0;
        const char *seen = drawings[i].seen;
        assert_int_equal(echo_judge(ECHO_REDRAWN, NULL, drawings[i].stands, "info", 4, seen,
                                    strlen(seen), &echoed),
                         drawings[i].verdict);
        if (drawings[i].verdict != ECHO_WRONG)
            assert_int_equal(echoed, drawings[i].echoed);
    }
}

// How much has come back, when not all has.
static void how_much(void **state) {
    (void)state;
    size_t echoed = 0;
    assert_int_equal(echo_judge(ECHO_ONCE, NULL, 0, "root", 4, "ro", 2, &echoed), ECHO_PENDING);
    assert_int_equal(echoed, 2);
    assert_int_equal(echo_judge(ECHO_TWICE, " ", 0, "root", 4, "  rroo", 6, &echoed), ECHO_PENDING);
    assert_int_equal(echoed, 3); // it can be one `roo` and the other's `r` as well
    // `/boo` and the other's `/b`; but not when `/bo` was drawn in one piece
    assert_int_equal(echo_judge(ECHO_TWICE, " ", 0, "/boo", 4, "  //bboo", 8, &echoed),
                     ECHO_PERFECT);
    assert_int_equal(echo_judge(ECHO_TWICE, " ", 3, "/boo", 4, "  //bboo", 8, &echoed),
                     ECHO_PENDING);
    assert_int_equal(echoed, 3);
    assert_int_equal(echo_judge(ECHO_TWICE, " ", 3, "/boo", 4, "  //bbooo", 9, &echoed),
                     ECHO_PERFECT);
    assert_int_equal(echo_judge(ECHO_TWICE, " ", 3, "/boo", 4, "  //bob", 7, &echoed), ECHO_WRONG);
    assert_int_equal(echo_judge(ECHO_ERASED, NULL, 0, "root", 4, "rox t", 5, &echoed), ECHO_WRONG);
    assert_int_equal(echo_judge(ECHO_ERASED, NULL, 0, "root", 4, "rox o", 5, &echoed),
                     ECHO_PENDING);
    assert_int_equal(echoed, 3);
}

// A line is read out of a drawing.
static void readings(void **state) {
    (void)state;
    static const struct {
        enum echo kind;
        const char *seen, *line; // line NULL: it cannot be told
    } drawings[] = {
        {ECHO_ONCE, "", ""},
        {ECHO_ONCE, "ls -l", "ls -l"},
        {ECHO_ONCE, "ls \n-l\n", "ls -l"}, // wrapped
        {ECHO_REDRAWN, "info", "info"},
        {ECHO_TWICE, "", ""},
        {ECHO_TWICE, "  aabb", "ab"},
        {ECHO_TWICE, "  aa  bb\n", "a b"},
        {ECHO_TWICE, "  aab", NULL},
        {ECHO_TWICE, "  abab", NULL},
        {ECHO_TWICE, "aabb", NULL}, // the prompt ends in a blank
        {ECHO_ERASED, "rr oot", "root"},
        {ECHO_ERASED, "ro   ", ""},
    };
    for (size_t i = 0; i < sizeof drawings / sizeof *drawings; i++) {
        char line[64] = "";
        const ptrdiff_t size =
            echo_read(drawings[i].kind, drawings[i].seen, strlen(drawings[i].seen), line);
        if (drawings[i].line == NULL) {
            assert_int_equal(size, -1);
            continue;
        }
        assert_int_equal(size, strlen(drawings[i].line));
        assert_memory_equal(line, drawings[i].line, (size_t)size);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),  cmocka_unit_test(every_shuffle),
        cmocka_unit_test(long_line), cmocka_unit_test(drawn_in_one_piece),
        cmocka_unit_test(how_much),  cmocka_unit_test(readings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
