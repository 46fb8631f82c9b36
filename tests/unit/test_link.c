// The line to the guest: what comes through the pty gets into the two streams, whole.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console/link.h"
#include "shell_link.h"

// Pumps until this text (or the end) has come.
static void await(struct link *l, struct stream *from, const char *text) {
    struct failure f = {0};
    size_t size = 0;
    const char *rest = stream_rest(from, &size);
    while (text == NULL || size != strlen(text) || memcmp(rest, text, size) != 0) {
        const enum link_event event = link_pump(l, 10, false, &f);
        assert_int_not_equal(event, LINK_ERROR);
        if (event == LINK_GONE)
            break;
        rest = stream_rest(from, &size);
    }
    rest = stream_rest(from, &size);
    if (text != NULL && (size != strlen(text) || memcmp(rest, text, size) != 0))
        fail_msg("`%.*s`, not `%s`", (int)size, rest, text);
}

static void assert_last_line(const struct link *l, const char *expected) {
    size_t size = 0;
    const char *line = link_last_line(l, &size);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(line, expected, size);
}

// So many turns in which nothing comes, 50 ms each.
static void stay_quiet(struct link *l, int turns) {
    struct failure f = {0};
    while (turns-- > 0)
        assert_int_equal(link_pump(l, 50, false, &f), LINK_QUIET);
}

// Something else that is to be read ends the wait, and is left to be read.
static void test_waking(void **state) {
    (void)state;
    struct failure f = {0};
    int ends[2];
    struct link *l = shell_link("read x");
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    link_set_wake(l, ends[0]);
    assert_int_equal(link_pump(l, -1, false, &f), LINK_QUIET); // at once
    assert_true(link_woken(l));
    assert_int_equal(link_pump(l, -1, false, &f), LINK_QUIET);
    link_set_wake(l, -1);
    assert_int_equal(link_pump(l, 10, false, &f), LINK_QUIET);
    assert_false(link_woken(l));
    (void)close(ends[0]);
    (void)close(ends[1]);
    link_free(l);
}

// An echo that is expected and does not come, or is another, holds nothing up.
static void test_expecting(void **state) {
    (void)state;
    struct link *l = shell_link("printf one; read x; printf 'two and more'; read x");
    link_expect(l, 1000000000);
    await(l, link_text(l), "one");
    link_send(l, "\n", 1);
    link_expect(l, 3);
    await(l, link_text(l), "onetwo and more");
    link_free(l);
}

// A guest that is held up in the middle of a time stamp leaves nothing of it in the text.
static void test_a_halt_within_a_head(void **state) {
    (void)state;
    struct link *l =
        shell_link("printf 'log[   12.3'; read x; printf '45678] x\\r\\nin: '; read x");
    await(l, link_text(l), "log");
    stay_quiet(l, 10);
    await(l, link_text(l), "log");
    link_send(l, "\n", 1);
    await(l, link_text(l), "login: ");
    await(l, link_kernel(l), "[   12.345678] x\n");
    link_free(l);
}

// What is no time stamp after all is text when nothing more comes.
static void test_a_bracket_at_the_end(void **state) {
    (void)state;
    struct link *l = shell_link("printf 'go on? [   1'; read x; printf 'y]'; read x");
    await(l, link_text(l), "go on? ");
    await(l, link_text(l), "go on? [   1"); // after a while
    link_send(l, "\n", 1);
    await(l, link_text(l), "go on? [   1y]");
    link_free(l);
}

static void test_the_last_kernel_line(void **state) {
    (void)state;
    struct link *l = shell_link("printf 'login: [   12.345678] Kernel panic - not syncing'");
    await(l, link_kernel(l), NULL);
    await(l, link_kernel(l), "[   12.345678] Kernel panic - not syncing\n");
    await(l, link_text(l), "login: ");
    link_free(l);
}

// What QEMU says before it ends is read, though something was typed at it too late.
static void test_last_words(void **state) {
    (void)state;
    struct link *l = shell_link("printf 'last words'");
    siginfo_t info = {0};
    assert_int_equal(waitid(P_PID, (id_t)pty_pid(link_pty(l)), &info, WEXITED | WNOWAIT), 0);
    link_send(l, "x", 1);
    await(l, link_text(l), NULL);
    await(l, link_text(l), "last words");
    link_free(l);
}

static void test_traces(void **state) {
    (void)state;
    struct link *l = shell_link("printf 'a\\r\\n+ mount\\r\\nb'; read x");
    link_traces(l, true);
    await(l, link_text(l), "a\nb");
    await(l, link_kernel(l), "+ mount\n");
    link_free(l);
    l = shell_link("printf 'a\\r\\n+ mount\\r\\nb'; read x");
    await(l, link_text(l), "a\n+ mount\nb");
    link_free(l);
}

static void test_last_line(void **state) {
    (void)state;
    struct link *l =
        shell_link("printf 'one\\r\\n two  \\r\\n   \\r\\n'; read x; printf ' '; read x;"
                   "printf 'thr'; read x; printf 'ee '; read x;"
                   "printf ' and\\r\\n\\r\\n'; read x; printf %0300d 0; read x;"
                   "printf '\\nx'; read x; printf '\\n\\n'; read x");
    assert_last_line(l, "");
    await(l, link_text(l), "one\n two  \n   \n");
    assert_last_line(l, " two");
    static const struct {
        const char *text, *last;
    } steps[] = {{" ", " two"}, {"thr", " thr"}, {"ee ", " three"}, {" and\n\n", " three  and"}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        stream_skip(link_text(l));
        link_send(l, "\n", 1);
        await(l, link_text(l), steps[i].text);
        assert_last_line(l, steps[i].last);
    }
    char zeros[301];
    memset(zeros, '0', 300);
    zeros[300] = '\0';
    stream_skip(link_text(l));
    link_send(l, "\n", 1);
    await(l, link_text(l), zeros);
    zeros[256] = '\0'; // so much is kept
    assert_last_line(l, zeros);
    stream_skip(link_text(l));
    link_send(l, "\n", 1);
    await(l, link_text(l), "\nx");
    assert_last_line(l, "x");
    link_send(l, "\n", 1);
    await(l, link_text(l), "\nx\n\n");
    assert_last_line(l, "x");
    link_free(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waking),
        cmocka_unit_test(test_expecting),
        cmocka_unit_test(test_a_halt_within_a_head),
        cmocka_unit_test(test_a_bracket_at_the_end),
        cmocka_unit_test(test_the_last_kernel_line),
        cmocka_unit_test(test_last_words),
        cmocka_unit_test(test_traces),
        cmocka_unit_test(test_last_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
