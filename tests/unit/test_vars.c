// Variables, lists of lines and templates.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialogue/vars.h"

static int set_up(void **state) {
    struct vars *v = vars_new();
    *state = v;
    return v != NULL && vars_set(v, "node", "/dev/sda") == 0 && vars_set(v, "part", "2") == 0 &&
                   vars_set(v, "empty", "") == 0 &&
                   vars_set(v, "odd", "a.b*[c]\\ \n\xc3\xa9_%{part}") == 0
               ? 0
               : -1;
}

static int tear_down(void **state) {
    vars_free(*state);
    return 0;
}

static void values(void **state) {
    struct vars *v = *state;
    assert_string_equal(vars_get(v, "node"), "/dev/sda");
    assert_string_equal(vars_get(v, "empty"), "");
    assert_null(vars_get(v, "none"));
    assert_null(vars_get(v, "nod"));
    assert_int_equal(vars_set(v, "node", "/dev/vda"), 0);
    assert_string_equal(vars_get(v, "node"), "/dev/vda");
    assert_int_equal(vars_set_bytes(v, "cut", "12345", 3), 0);
    assert_string_equal(vars_get(v, "cut"), "123");
    assert_int_equal(vars_format(v, "sum", "%d-%s", 7, "x"), 0);
    assert_string_equal(vars_get(v, "sum"), "7-x");
    for (int i = 0; i < 1000; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "v%d", i);
        assert_int_equal(vars_format(v, name, "%d", i), 0);
    }
    assert_string_equal(vars_get(v, "v0"), "0");
    assert_string_equal(vars_get(v, "v999"), "999");
    assert_string_equal(vars_get(v, "node"), "/dev/vda");
}

static void lists(void **state) {
    struct vars *v = *state;
    size_t count = 99;
    assert_null(list_get(v, "lines", &count));
    assert_int_equal(count, 0);
    for (int i = 0; i < 100; i++) {
        char line[16];
        const int n = snprintf(line, sizeof line, "line %d", i);
        assert_int_equal(list_append(v, "lines", line, (size_t)n), 0);
        assert_int_equal(list_append(v, "others", line, 4), 0);
    }
    char *const *lines = list_get(v, "lines", &count);
    assert_int_equal(count, 100);
    assert_string_equal(lines[0], "line 0");
    assert_string_equal(lines[99], "line 99");
    list_clear(v, "lines");
    (void)list_get(v, "lines", &count);
    assert_int_equal(count, 0);
    assert_int_equal(list_append(v, "lines", "", 0), 0);
    lines = list_get(v, "lines", &count);
    assert_int_equal(count, 1);
    assert_string_equal(lines[0], "");
    lines = list_get(v, "others", &count);
    assert_int_equal(count, 100);
    assert_string_equal(lines[99], "line");
    list_clear(v, "none");
}

// A list takes so many bytes and no more.
static void list_bounds(void **state) {
    struct vars *v = *state;
    enum { PIECE = 1024 * 1024 };
    char *piece = malloc(PIECE);
    assert_non_null(piece);
    memset(piece, 'x', PIECE);
    for (int i = 0; i < LIST_BYTES_MAX / PIECE; i++)
        assert_int_equal(list_append(v, "large", piece, PIECE), 0);
    assert_int_equal(list_append(v, "large", "x", 1), -1);
    assert_int_equal(list_append(v, "large", "", 0), 0);
    assert_int_equal(list_append(v, "other", "x", 1), 0);
    free(piece);
}

static const struct {
    const char *template;
    bool quote;
    const char *text;    // NULL: it fails
    const char *unknown; // and what is told as unknown
} templates[] = {
    {"", false, "", NULL},
    {"plain text, 100% { } }", false, "plain text, 100% { } }", NULL},
    {"%{node}%{part}", false, "/dev/sda2", NULL},
    {"[%{empty}]", false, "[]", NULL},
    {"%{node}", true, "\\/dev\\/sda", NULL},
    {"^%{node} \\d+", true, "^\\/dev\\/sda \\d+", NULL}, // what is not a value stays as it is
    {"%{odd}", true, "a\\.b\\*\\[c\\]\\\\\\ \\\n\xc3\xa9_\\%\\{part\\}", NULL},
    {"%{odd}", false, "a.b*[c]\\ \n\xc3\xa9_%{part}", NULL}, // a value is not expanded again
    {"x %{node", false, "x %{node", NULL},
    {"%%{part}", false, "%2", NULL},
    {"a %{none} b", false, NULL, "none"},
    {"a %{} b", false, NULL, ""},
    {"%{part} %{other none}", true, NULL, "other none"},
};

static void expansion(void **state) {
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
        char *unknown = NULL;
        char *text = vars_expand(*state, templates[i].template, templates[i].quote, &unknown);
        const char *wanted = templates[i].text;
        if ((text == NULL) != (wanted == NULL) || (text != NULL && strcmp(text, wanted) != 0))
            fail_msg("`%s` gave `%s`", templates[i].template, text == NULL ? "nothing" : text);
        if ((unknown == NULL) != (templates[i].unknown == NULL) ||
            (unknown != NULL && strcmp(unknown, templates[i].unknown) != 0))
            fail_msg("`%s` told `%s` as unknown", templates[i].template,
                     unknown == NULL ? "nothing" : unknown);
        free(text);
        free(unknown);
    }
}

enum { NAMES_SIZE = 64 };

static void add_name(void *arg, const char *name) {
    char *names = arg;
    const size_t size = strlen(names);
    (void)snprintf(names + size, NAMES_SIZE - size, "%s;", name);
}

static void names(void **state) {
    (void)state;
    char found[NAMES_SIZE] = "";
    assert_true(vars_names("a %{b} %{c}%{d} e", add_name, found));
    assert_string_equal(found, "b;c;d;");
    assert_true(vars_names("no names, 5%", add_name, found));
    assert_string_equal(found, "b;c;d;");
    assert_false(vars_names("%{e} %{f", add_name, found));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(list_bounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(expansion, set_up, tear_down),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
