// Conditions of dialogue files: what they mean, and what is said of those that cannot be read.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "dialogue/expr.h"

static const struct {
    const char *name, *value;
} variables[] = {{"seq", "single"}, {"log", "no"},    {"rc", "1"},  {"empty", ""},
                 {"end", "4095"},   {"last", "4095"}, {"flag", "*"}};

static const char *lookup(void *arg, const char *name) {
    (void)arg;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (strcmp(variables[i].name, name) == 0)
            return variables[i].value;
    return NULL;
}

static const struct {
    const char *condition;
    int result;
    const char *why; // of -1: what is said
} rows[] = {
    {"seq == single", 1, NULL},
    {"seq == init", 0, NULL},
    {"seq != init", 1, NULL},
    {"seq != single", 0, NULL},
    {"  seq\t==\nsingle ", 1, NULL},
    // Words are taken as they are; $ is a variable's value, '' is empty
    {"end == last", 0, NULL},
    {"end == $last", 1, NULL},
    {"end != $last", 0, NULL},
    {"empty == ''", 1, NULL},
    {"seq == ''", 0, NULL},
    {"seq != ''", 1, NULL},
    {"flag == *", 1, NULL},
    {"empty == $empty", 1, NULL},
    {"rc == 01", 0, NULL},
    // in
    {"rc in 0|1", 1, NULL},
    {"rc in 0|2", 0, NULL},
    {"rc in 1", 1, NULL},
    {"rc in 10|11", 0, NULL},
    {"end in 1|$last", 1, NULL},
    {"empty in ''|x", 1, NULL},
    {"seq in ''|x", 0, NULL},
    // and binds tighter than or
    {"seq == single and log == no", 1, NULL},
    {"seq == single and log == init", 0, NULL},
    {"seq == init or log == no", 1, NULL},
    {"seq == init or log == init", 0, NULL},
    {"seq == single or log == no and rc == 2", 1, NULL},
    {"rc == 2 and log == no or seq == single", 1, NULL},
    {"rc == 2 and seq == single or log == init", 0, NULL},
    {"rc == 1 and log == init or seq == single and log == no", 1, NULL},
    // What cannot be read, also where it would not matter for the result
    {"", -1, "no condition"},
    {"  ", -1, "no condition"},
    {"seq", -1, "ends after `seq`"},
    {"seq ==", -1, "ends after `==`"},
    {"seq = single", -1, "not `=`"},
    {"seq is single", -1, "not `is`"},
    {"none == 1", -1, "no variable `none`"},
    {"seq == $none", -1, "no variable `$none`"},
    {"seq in single|$none", -1, "no variable `$none`"},
    {"seq == single xor log == no", -1, "not `xor`"},
    {"seq == single and", -1, "behind `and`"},
    {"seq == single or", -1, "behind `or`"},
    {"seq == single or none == 1", -1, "no variable `none`"},
    {"seq == init and none == 1", -1, "no variable `none`"},
};

static void conditions(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[256] = "";
        const int result = expr_eval(rows[i].condition, lookup, NULL, why, sizeof why);
        if (result != rows[i].result)
            fail_msg("`%s` gave %d, not %d (%s)", rows[i].condition, result, rows[i].result, why);
        if (result < 0 && strstr(why, rows[i].why) == NULL)
            fail_msg("`%s`: \"%s\" does not say \"%s\"", rows[i].condition, why, rows[i].why);
    }
}

// A reason that is longer than its room is cut.
static void long_reason(void **state) {
    (void)state;
    char why[16];
    assert_int_equal(expr_eval("a_name_that_is_long == 1", lookup, NULL, why, sizeof why), -1);
    assert_string_equal(why, "there is no var");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions),
        cmocka_unit_test(long_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
