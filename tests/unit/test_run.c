// Programs that are run: what they write, how they end, and that nothing keeps us waiting for them.
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "workspace.h"

static void run_sh(struct run_result *r, const char *command) {
    char *argv[] = {"sh", "-c", (char *)command, NULL};
    struct failure f = {0};
    if (run_program(r, argv, -1, &f) != 0)
        fail_msg("%s", f.what);
}

static void test_output_and_status(void **state) {
    (void)state;
    struct run_result r;
    run_sh(&r, "echo one; echo two >&2; printf 'a\\0b'; exit 3");
    assert_int_equal(r.out_size, 7);
    assert_memory_equal(r.out, "one\na\0b", 8);
    assert_string_equal(r.err, "two\n");
    assert_true(WIFEXITED(r.status));
    assert_int_equal(WEXITSTATUS(r.status), 3);
    assert_false(run_ok(&r));
    assert_false(r.cut);
    run_free(&r);
    run_sh(&r, "kill -9 $$");
    assert_true(WIFSIGNALED(r.status));
    assert_int_equal(WTERMSIG(r.status), SIGKILL);
    assert_false(run_ok(&r));
    run_free(&r);
    run_sh(&r, ":");
    assert_true(run_ok(&r));
    assert_string_equal(r.out, "");
    run_free(&r);
}

// Arguments reach the program as they are: no shell looks at them.
static void test_arguments(void **state) {
    (void)state;
    struct run_result r;
    struct failure f = {0};
    char *argv[] = {"printf", "[%s]", "a b", "$HOME `id`", "\"'\\", "new\nline", "", NULL};
    assert_int_equal(run_program(&r, argv, -1, &f), 0);
    assert_string_equal(r.out, "[a b][$HOME `id`][\"'\\][new\nline][]");
    run_free(&r);
}

static void test_missing(void **state) {
    (void)state;
    static const char *const names[] = {"no-such-program", "./no-such-program", "/",
                                        "/etc/passwd",     "/etc/passwd/x",     ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct run_result r;
        struct failure f = {0};
        char *argv[] = {(char *)names[i], NULL};
        assert_int_equal(run_program(&r, argv, -1, &f), -1);
        assert_id(&f, EXIT_ID_PROGRAM_MISSING);
        run_free(&r);
    }
}

static void test_cut(void **state) {
    (void)state;
    struct run_result r;
    run_sh(&r, "head -c 3000000 /dev/zero | tr '\\0' x; head -c 100000 /dev/zero | tr '\\0' y >&2");
    assert_true(run_ok(&r)); // it could write all of it
    assert_true(r.cut);
    assert_int_equal(r.out_size, RUN_OUT_MAX);
    assert_int_equal(strlen(r.out), RUN_OUT_MAX);
    assert_int_equal(r.err_size, RUN_ERR_MAX);
    run_free(&r);
}

// A child of the program that lives on with its output streams does not matter.
static void test_grandchild(void **state) {
    (void)state;
    struct run_result r;
    run_sh(&r, "sleep 1000 & echo $!");
    assert_true(run_ok(&r));
    pid_t pid = (pid_t)strtol(r.out, NULL, 10);
    assert_true(pid > 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    run_free(&r);
}

static void test_stop(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    struct run_result r;
    struct failure f = {0};
    // The whole group is told, so that the shell's own child does not live on.
    char *argv[] = {"sh", "-c", "sleep 1000; true", NULL};
    assert_int_equal(run_program(&r, argv, fds[0], &f), -1);
    assert_id(&f, EXIT_ID_INTERRUPTED);
    assert_true(WIFSIGNALED(r.status));
    assert_int_equal(WTERMSIG(r.status), SIGTERM);
    run_free(&r);
    close(fds[0]);
    close(fds[1]);
}

static void on_alarm(int number) {
    (void)number;
}

// Signals that interrupt every system call change nothing.
static void test_interrupted_calls(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = on_alarm};
    struct sigaction old;
    assert_int_equal(sigaction(SIGALRM, &action, &old), 0);
    struct itimerval often = {{0, 1000}, {0, 1000}};
    struct itimerval never = {0};
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    struct run_result r;
    run_sh(&r, "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.02; done");
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
    assert_true(run_ok(&r));
    assert_string_equal(r.out, "1\n2\n3\n4\n5\n6\n7\n8\n");
    run_free(&r);
}

// Nothing of ours reaches the program: no descriptor, no blocked or ignored signal, no input.
static void test_inheritance(void **state) {
    (void)state;
    sigset_t blocked;
    sigset_t old;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &blocked, &old), 0);
    void (*was)(int) = signal(SIGPIPE, SIG_IGN);
    struct run_result r;
    // 32 and 33 are glibc's own, and may be ignored by whoever started us.
    run_sh(&r, "for set in $(grep -E 'SigBlk|SigIgn' /proc/self/status | cut -f2); do "
               "echo $((0x$set & 0x7fffffff)); done; cat; readlink /proc/self/fd/0");
    (void)signal(SIGPIPE, was);
    assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0);
    assert_string_equal(r.out, "0\n0\n/dev/null\n");
    run_free(&r);
}

static void test_find(void **state) {
    const char *folder = *state;
    sh_do("mkdir -p bin && printf '#!/bin/sh\\n' >bin/tool && chmod +x bin/tool && : >bin/data");
    char *old = strdup(getenv("PATH"));
    char path[WORKSPACE_PATH_MAX];
    (void)snprintf(path, sizeof path, "/nowhere:%s/bin", folder);
    setenv("PATH", path, 1);
    char *found = run_find("tool");
    assert_non_null(found);
    (void)snprintf(path, sizeof path, "%s/bin/tool", folder);
    assert_string_equal(found, path);
    free(found);
    assert_null(run_find("data")); // not executable
    assert_null(run_find("nothing"));
    assert_null(run_find(""));
    assert_null(run_find("./tool"));
    assert_null(run_find("bin")); // a folder
    found = run_find("bin/tool");
    assert_string_equal(found, "bin/tool");
    free(found);
    setenv("PATH", "/nowhere:", 1); // the empty element is the working directory
    assert_int_equal(chdir("bin"), 0);
    found = run_find("tool");
    assert_string_equal(found, "./tool");
    free(found);
    assert_int_equal(chdir(folder), 0);
    setenv("PATH", old, 1);
    free(old);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_and_status),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_grandchild),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_interrupted_calls),
        cmocka_unit_test(test_inheritance),
        cmocka_unit_test(test_find),
    };
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
