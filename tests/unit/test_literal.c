// The text that no match of a regex can do without.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "console/literal.h"
#include "dialogue/script.h"

static void test_literals(void **state) {
    (void)state;
    static const struct {
        const char *regex, *text;
    } rows[] = {
        {"login: ", "login: "},
        {"(?<said>can't fork[^\\n]*)\\n", "can't fork"},
        {"^(?<said>[^\\n]*)\\s+-- System halted", "-- System halted"},
        {"a(?:bc(?<x>d)e)f", "abcdef"},
        {"\\] BUG: \\w+\\.", "] BUG: "},
        {"a\\nb", "a\nb"},
        // Not what is optional, or one of several.
        {"abc?d", "ab"},
        {"abc*", "ab"},
        {"abc+de", "abc"},
        {"abc{2}d", "abc"},
        {"abc{0,2}d", "ab"},
        {"ab(?:cdef)?g", "ab"},
        {"ab(cdef)*g", "ab"},
        {"ab(cdef){2}g", "ab"},
        {"ab(cdef|ghij)k", "ab"},
        {"ab(c(?:d|e)fgh)i", "fghi"},
        {"a[bcdef]ghi", "ghi"},
        {"a[](]ghi", "ghi"},
        {"a.b^cd$", "cd"},
        {"(a(b(cd)e)f)g", "abcdefg"},
        // Nor what is only looked at.
        {"ab(?=cdef)c", "ab"},
        {"ab(?!cdef)c", "ab"},
        {"(?<=abcd)ef", "ef"},
        {"(?<!abcd)ef", "ef"},
        // Nothing where anything is not understood.
        {"abc|def", ""},
        {"(?i)abc", ""},
        {"abc(?i)def", ""},
        {"(?i:abc)def", ""},
        {"(?s)abc", ""},
        {"(?|abc)", ""},
        {"(?>abc)", ""},
        {"(?#abc)", ""},
        {"(*NO_JIT)abc", ""},
        {"\\Qabc\\E", ""},
        {"(a)\\1bcd", ""},
        {"\\x41bcd", ""},
        {"\\Rabc", ""},
        {"abc{,3}", ""},
        {"(abc){,3}", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[LITERAL_MAX];
        const size_t size = literal_find(rows[i].regex, text);
        if (size != strlen(rows[i].text) || memcmp(text, rows[i].text, size) != 0)
            fail_msg("%s: `%.*s`", rows[i].regex, (int)size, text);
    }
}

// No more than there is room for.
static void test_long(void **state) {
    (void)state;
    char regex[3 * LITERAL_MAX + 1];
    char text[LITERAL_MAX];
    memset(regex, 'x', sizeof regex - 1);
    regex[sizeof regex - 1] = '\0';
    assert_int_equal(literal_find(regex, text), LITERAL_MAX);
}

// It is worth it: most rows of the death table have one.
static void test_deaths(void **state) {
    (void)state;
    struct failure f;
    struct scripts *s = scripts_load(SOURCE_DIR "/scripts", &f);
    assert_non_null(s);
    const struct dialogue *d = scripts_dialogue(s, "deaths");
    size_t rows = 0;
    size_t known = 0;
    for (unsigned i = 0; i < d->deaths_count; i++)
        if (d->deaths[i].see != NULL) {
            char text[LITERAL_MAX];
            rows++;
            known += literal_find(d->deaths[i].see, text) > 3 ? 1 : 0;
        }
    assert_true(rows > 100 && known > rows / 2);
    scripts_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_deaths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
