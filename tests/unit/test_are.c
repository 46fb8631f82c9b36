// Every pattern of the dialogues and of the death table, said in Tcl, finds in recorded sessions
// what it finds in PCRE2: the same ends, the same groups.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tcl.h>

#include "console/stream.h"
#include "console/view.h"
#include "dialogue/script.h"
#include "dialogue/vars.h"
#include "recordings.h"
#include "runbook/are.h"

enum { LIMIT = 65536, HISTORY = 512, MATCHES_MAX = 300 };

// What the recorded runs had; %{name}s that are not here stand for themselves.
static const char *const values[][2] = {
    {"%{node}", "/dev/[sv]da"},
    {"%{part_name}", "[sv]da2"},
    {"%{part}", "2"},
    {"%{label}", "rootfs"},
    {"%{mark_left}", "(?:rc|[a-z]{6})"},
    {"%{mark_right}", "[a-z]{0,6}"},
};

// The text with each of them put in; freed by the caller.
static char *put_in(const char *text) {
    char *out = strdup(text);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (char *at; (at = strstr(out, values[i][0])) != NULL;) {
            char *more = NULL;
            assert_true(asprintf(&more, "%.*s%s%s", (int)(at - out), out, values[i][1],
                                 at + strlen(values[i][0])) > 0);
            free(out);
            out = more;
        }
    return out;
}

struct session {
    char *text;
    size_t size;
};

static void add_text(void *arg, const char *text, size_t size) {
    struct session *s = arg;
    s->text = realloc(s->text, s->size + size + 1);
    assert_non_null(s->text);
    memcpy(s->text + s->size, text, size);
    s->size += size;
    s->text[s->size] = '\0';
}

struct fixture {
    struct session sessions[16];
    size_t count;
    Tcl_Interp *interp;
    size_t found;
};

// Compares what the next match is, from `*at` on; false: there is none.
static bool same_match(struct fixture *x, const struct session *s, Tcl_Obj *text, Tcl_RegExp tcl,
                       struct stream *stream, struct pattern *p, const struct are *a, size_t *at) {
    const int i = stream_find(stream, true);
    const int begun = *at > 0 && s->text[*at - 1] != '\n' ? TCL_REG_NOTBOL : 0;
    const int j = Tcl_RegExpExecObj(x->interp, tcl, text, (int)*at, -1, begun);
    if (i < 0 || j != 1) {
        if ((i < 0) != (j != 1))
            fail_msg("%s: %s finds nothing from byte %zu on, but the other does", pattern_regex(p),
                     i < 0 ? "PCRE2" : "Tcl", *at);
        return false;
    }
    struct Tcl_RegExpInfo info;
    size_t rest = 0;
    (void)stream_rest(stream, &rest);
    Tcl_RegExpGetInfo(tcl, &info);
    const size_t end = *at + (size_t)info.matches[0].end;
    if (end != s->size - rest)
        fail_msg("%s: PCRE2 ends at %zu, Tcl at %zu", pattern_regex(p), s->size - rest, end);
    assert_int_equal(info.nsubs, a->count);
    for (size_t g = 0; g < a->count; g++) {
        size_t size = 0;
        const char *group =
            a->names[g][0] == '\0' ? NULL : stream_group(stream, a->names[g], &size);
        const long from = info.matches[g + 1].start;
        const long to = info.matches[g + 1].end;
        if (a->names[g][0] == '\0')
            continue;
        if (group == NULL || from < 0) {
            assert_true((group == NULL || size == 0) && from == to);
            continue;
        }
        if ((size_t)(to - from) != size || memcmp(s->text + *at + from, group, size) != 0)
            fail_msg("%s: group %s is `%.*s` in PCRE2, `%.*s` in Tcl", pattern_regex(p),
                     a->names[g], (int)size, group, (int)(to - from), s->text + *at + from);
    }
    *at = end;
    x->found++;
    return true;
}

static void compare(struct fixture *x, const char *see) {
    struct are a;
    struct failure f;
    char why[256];
    if (are_translate(&a, see, &f) != 0)
        fail_msg("%s", f.what);
    char *regex = put_in(see);
    char *are = put_in(a.regex);
    struct pattern *p = pattern_compile(regex, why, sizeof why);
    Tcl_Obj *object = Tcl_NewStringObj(are, -1);
    Tcl_IncrRefCount(object);
    Tcl_RegExp tcl = Tcl_GetRegExpFromObj(x->interp, object, TCL_REG_ADVANCED | TCL_REG_NLANCH);
    if (p == NULL)
        fail_msg("%s: %s", regex, why);
    if (tcl == NULL)
        fail_msg("%s: %s", are, Tcl_GetStringResult(x->interp));
    for (size_t i = 0; i < x->count; i++) {
        const struct session *s = &x->sessions[i];
        struct stream *stream = stream_new(HISTORY, LIMIT);
        Tcl_Obj *text = Tcl_NewByteArrayObj((const unsigned char *)s->text, (int)s->size);
        Tcl_IncrRefCount(text);
        assert_int_equal(stream_watch(stream, &p, 1), 0);
        assert_int_equal(stream_append(stream, s->text, s->size), 0);
        size_t at = 0;
        for (size_t n = 0; n < MATCHES_MAX; n++)
            if (!same_match(x, s, text, tcl, stream, p, &a, &at))
                break;
        Tcl_DecrRefCount(text);
        stream_free(stream);
    }
    pattern_free(p);
    Tcl_DecrRefCount(object);
    free(regex);
    free(are);
    are_free(&a);
}

static void dialogues(void **state) {
    struct fixture *x = *state;
    struct failure f;
    size_t patterns = 0;
    struct scripts *scripts = scripts_load(SOURCE_DIR "/scripts", &f);
    assert_non_null(scripts);
    for (unsigned i = 0; i < scripts_count(scripts); i++) {
        const struct dialogue *d = scripts_at(scripts, i);
        for (unsigned k = 0; k < d->deaths_count; k++)
            if (d->deaths[k].see != NULL) {
                compare(x, d->deaths[k].see);
                patterns++;
            }
        for (unsigned k = 0; k < d->states_count; k++)
            for (unsigned n = 0; n < d->states[k].expect_count; n++)
                if (d->states[k].expect[n].see != NULL) {
                    compare(x, d->states[k].expect[n].see);
                    patterns++;
                }
        for (unsigned k = 0; k < d->prompts_count; k++)
            if (d->prompts[k].done != NULL)
                compare(x, d->prompts[k].done);
    }
    scripts_free(scripts);
    print_message("%zu patterns, %zu matches\n", patterns, x->found);
    assert_true(patterns > 100 && x->found > 300);
}

// Each kind of thing that differs.
static void rows(void **state) {
    (void)state;
    static const struct {
        const char *pcre, *are;
    } good[] = {
        {"a.b", "(?:)*?a[^\\n]b"},
        {"(?s:.{0,2000}?)# ", "(?:)*?(?:.*?)# "},
        {"(?s:.)(?:.)", "(?:)*?(?:.)(?:[^\\n])"},
        {"(?i)x", "(?i)(?:)*?x"},
        {"(?<a>\\d+)(b)x", "(?:)*?([0-9]+)(b)x"},
        {"[\\w.-]\\S", "(?:)*?[A-Za-z0-9_.-][^ \\t\\n\\v\\f\\r]"},
        {"[]a[b]", "(?:)*?[\\]a\\[b]"},
        {"\\bx\\x1b{a}", "(?:)*?\\yx\\u001b\\{a\\}"},
        {"x{2,}y{3}z{1,2}?", "(?:)*?x{2,}y{3,3}z{1,2}?"},
        {"%{node}%{part} +", "(?:)*?%{node}%{part} +"},
        {"(?<!\\S)x", "(?:)*?(?:^|[ \\t\\n\\v\\f\\r])x"},
        {"a(?!b)(?=c)", "(?:)*?a(?!b)(?=c)"},
    };
    static const char *const bad[] = {"(?<=a)b", "(?<!a)b", "(?>a)b", "a++b",       "(?P<x>a)",
                                      "\\p{L}",  "\\1",     "\\Kx",   "x{300,400}", "[[:alpha:]]",
                                      "[^\\S]",  "(?-i)x",  "[a",     "[a\\",       "\\",
                                      "(?#x)",   "\\hx",    "\\Rx"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct are a;
        struct failure f;
        if (are_translate(&a, good[i].pcre, &f) != 0)
            fail_msg("%s", f.what);
        assert_string_equal(a.regex, good[i].are);
        are_free(&a);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct are a;
        struct failure f;
        if (are_translate(&a, bad[i], &f) == 0)
            fail_msg("%s became %s", bad[i], a.regex);
        assert_int_equal(f.id, EXIT_ID_SCRIPTS_BAD);
        are_free(&a);
    }
}

static void ignore(void *arg, const char *text, size_t size) {
    (void)arg;
    (void)text;
    (void)size;
}

static int setup(void **state) {
    struct fixture *x = calloc(1, sizeof *x);
    if (x == NULL)
        return -1;
    x->interp = Tcl_CreateInterp();
    for (size_t i = 0; i < RECORDINGS; i++) {
        size_t size = 0;
        char *raw = recording_read(i, &size);
        // The text, and the kernel's lines.
        for (int kernel = 0; kernel < 2; kernel++) {
            struct view *v = view_new(kernel ? ignore : add_text, kernel ? add_text : ignore,
                                      &x->sessions[x->count]);
            view_feed(v, raw, size);
            view_end(v);
            view_free(v);
            x->count += x->sessions[x->count].size > 0;
        }
        free(raw);
    }
    *state = x;
    return 0;
}

static int teardown(void **state) {
    struct fixture *x = *state;
    for (size_t i = 0; i < x->count; i++)
        free(x->sessions[i].text);
    Tcl_DeleteInterp(x->interp);
    free(x);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(dialogues)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
