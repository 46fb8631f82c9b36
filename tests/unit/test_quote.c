// Any text survives its quoting: for a shell, as a word of Tcl, as a code span.
#include "workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tcl.h>

#include "base/run.h"
#include "runbook/quote.h"

static char *quoted(void (*quote)(FILE *, const char *), const char *text) {
    char *result = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&result, &size);
    assert_non_null(out);
    quote(out, text);
    assert_int_equal(fclose(out), 0);
    return result;
}

static const char *const texts[] = {
    "plain/path-1.raw",
    "two words",
    "-dash",
    "it's",
    "\"$(id)`id`\\",
    "a\nb\n",
    "\x1b[31m\x7f\t",
    "caf\xc3\xa9",
    "\xff\xfe",
    "{",
    "}",
    "}{",
    "a{b}c",
    "{a}\\",
    "\\",
    "\\{",
    "[exec id]",
    "$x;#",
    "#",
    "",
    "%{name}",
    "a\\\nb",
    "~user",
    "a b}",
    "\"",
};

// Texts, then random ones.
static const char *text_of(size_t i, char buffer[32]) {
    if (i < sizeof texts / sizeof *texts)
        return texts[i];
    static const char letters[] = "a {}\\[]$\"'`\n#;-\xc3\xa9";
    const size_t n = (size_t)rand() % 31;
    for (size_t k = 0; k < n; k++)
        buffer[k] = letters[(size_t)rand() % (sizeof letters - 1)];
    buffer[n] = '\0';
    return buffer;
}

static void shell(void **state) {
    (void)state;
    srand(1);
    for (size_t i = 0; i < 60; i++) {
        char buffer[32];
        char *script = NULL;
        const char *text = text_of(i, buffer);
        char *word = quoted(quote_shell, text);
        for (const char *c = word; *c != '\0'; c++)
            assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
        assert_true(asprintf(&script, "printf %%s %s.", word) > 0);
        char *argv[] = {(char *)"bash", (char *)"-c", script, NULL};
        struct run_result r;
        struct failure f;
        assert_int_equal(run_program(&r, argv, -1, &f), 0);
        assert_true(run_ok(&r));
        assert_int_equal(r.out_size, strlen(text) + 1);
        assert_memory_equal(r.out, text, strlen(text));
        run_free(&r);
        free(script);
        free(word);
    }
}

// The word of a list, and of a command, within the braces of another word.
static void tcl(void **state) {
    (void)state;
    Tcl_Interp *interp = Tcl_CreateInterp();
    srand(2);
    for (size_t i = 0; i < 5000; i++) {
        char buffer[32];
        char *script = NULL;
        const char *text = text_of(i, buffer);
        char *word = quoted(quote_tcl, text);
        assert_true(asprintf(&script, "set x %s; set y [lindex {a %s b} 1]; set z {x {y %s}}", word,
                             word, word) > 0);
        assert_int_equal(Tcl_Eval(interp, script), TCL_OK);
        for (const char *name = "xy"; *name != '\0'; name++) {
            const char one[] = {*name, '\0'};
            Tcl_Obj *value = Tcl_GetVar2Ex(interp, one, NULL, 0);
            int length = 0;
            const unsigned char *bytes = Tcl_GetByteArrayFromObj(value, &length);
            assert_int_equal(length, strlen(text));
            assert_memory_equal(bytes, text, strlen(text));
        }
        free(script);
        free(word);
    }
    Tcl_DeleteInterp(interp);
}

static void markdown(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"a`b", "``a`b``"}, {"`", "`` ` ``"}, {"a b", "`a b`"}, {"", ""}, {"a\nb", "`a\\x0ab`"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *span = quoted(quote_code, rows[i][0]);
        assert_string_equal(span, rows[i][1]);
        free(span);
    }
    char *plain = quoted(quote_markdown, "*a* PART_NAME <b>");
    assert_string_equal(plain, "\\*a\\* PART_NAME \\<b\\>");
    free(plain);
    char *keys = quoted(quote_keys, "\x01"
                                    "c\r");
    assert_string_equal(keys, "Ctrl-A, then `c`, then Enter");
    free(keys);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(shell), cmocka_unit_test(tcl),
                                       cmocka_unit_test(markdown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
