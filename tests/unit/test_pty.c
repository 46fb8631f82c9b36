// Programs on a pty: what they get, what they leave behind, and what is told of them.
//
// The program that is started is this one, as `test_pty child MODE`.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "guest/pty.h"

enum { BURST = 300000, BIG = (1 << 20) + 1000, SPAWNS = 100 };

static char self[4096]; // the path of this program

// ---- What both sides need.

// All descriptors but `skip`: number, what it is, whether it is closed on exec.
static void fds_list(char *list, size_t size, int skip) {
    size_t used = 0;
    list[0] = '\0';
    for (int fd = 0; fd < 256; fd++) {
        int flags = fcntl(fd, F_GETFD);
        char link[64], target[512];
        if (flags < 0 || fd == skip)
            continue;
        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, target, sizeof target - 1);
        target[n < 0 ? 0 : n] = '\0';
        used += (size_t)snprintf(list + used, size - used, "%d %s%s\n", fd, target,
                                 (flags & FD_CLOEXEC) != 0 ? " cloexec" : "");
        if (used >= size)
            abort();
    }
}

static unsigned char burst_byte(size_t i) {
    return (unsigned char)(i * 31 + i / 251);
}

static uint32_t checksum(uint32_t sum, const void *bytes, size_t size) {
    const unsigned char *b = bytes;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ b[i]) * 16777619U;
    return sum;
}

static struct pty *start(const char *mode, struct failure *f) {
    char *argv[] = {self, (char *)"child", (char *)mode, NULL};
    return pty_spawn(argv, f);
}

static void wait_for(struct pty *p, short events) {
    struct pollfd pfd = {.fd = pty_fd(p), .events = events};
    while (poll(&pfd, 1, -1) < 0 && errno == EINTR)
        ;
}

// Reads until the terminal is gone; the size, and the text with a NUL behind it.
static size_t read_all(struct pty *p, char *text, size_t size) {
    size_t used = 0;
    for (;;) {
        ssize_t n = pty_read(p, text + used, size - 1 - used);
        if (n < 0)
            break;
        used += (size_t)n;
        if (used == size - 1)
            abort();
        if (n == 0)
            wait_for(p, POLLIN);
    }
    text[used] = '\0';
    return used;
}

static int wait_end(struct pty *p) {
    siginfo_t info;
    while (waitid(P_PID, (id_t)pty_pid(p), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        ;
    int status = 0;
    return pty_ended(p, &status) ? status : -1;
}

// ---- The child's side.

static int say_fds(void) {
    char list[16384];
    fds_list(list, sizeof list, -1);
    (void)printf("%s", list);
    return 0;
}

static int say_signals(void) {
    sigset_t mask;
    (void)sigprocmask(SIG_BLOCK, NULL, &mask);
    for (int sig = 1; sig < NSIG; sig++) {
        struct sigaction a;
        if (sigaction(sig, NULL, &a) == 0 && a.sa_handler == SIG_IGN)
            (void)printf("%d ignored\n", sig);
        if (sigismember(&mask, sig) == 1)
            (void)printf("%d blocked\n", sig);
    }
    (void)printf("end\n");
    return 0;
}

static int say_tty(void) {
    struct winsize w = {0};
    struct termios t = {0};
    (void)ioctl(0, TIOCGWINSZ, &w);
    (void)tcgetattr(0, &t);
    (void)printf(
        "%d x %d%s%s%s%s%s%s\n", w.ws_col, w.ws_row, isatty(1) && isatty(2) ? "" : " no tty",
        (t.c_lflag & ECHO) != 0 ? " echo" : "", (t.c_lflag & ICANON) != 0 ? " icanon" : "",
        (t.c_oflag & OPOST) != 0 ? " opost" : "", getsid(0) == getpid() ? "" : " no session",
        tcgetpgrp(0) == getpid() ? "" : " not in front");
    return 0;
}

static int say_burst(void) {
    static unsigned char bytes[BURST];
    for (size_t i = 0; i < BURST; i++)
        bytes[i] = burst_byte(i);
    for (size_t done = 0; done < BURST;) {
        ssize_t n = write(1, bytes + done, BURST - done);
        if (n < 0)
            return 1;
        done += (size_t)n;
    }
    return 7;
}

// Answers four bytes by their hexadecimal digits.
static int say_back(void) {
    unsigned char b[4];
    for (size_t i = 0; i < sizeof b; i++)
        if (read(0, b + i, 1) != 1)
            return 1;
    (void)printf("%02x%02x%02x%02x\n", b[0], b[1], b[2], b[3]);
    return 0;
}

static int say_checksum(void) {
    static char bytes[65536];
    uint32_t sum = 0;
    for (size_t left = BIG; left > 0;) {
        ssize_t n = read(0, bytes, left < sizeof bytes ? left : sizeof bytes);
        if (n <= 0)
            return 1;
        sum = checksum(sum, bytes, (size_t)n);
        left -= (size_t)n;
    }
    (void)printf("%08x\n", sum);
    return 0;
}

static int stay(void) {
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    (void)printf("ready\n");
    (void)fflush(stdout);
    while (pause() != 0)
        ;
    return 0;
}

// Leaves a process behind that keeps the terminal open.
static int stay_both(void) {
    if (fork() < 0)
        return 1;
    return stay();
}

// The descriptors of a process that has a controlling terminal, before and after its first spawns.
static int say_leaks(void) {
    char before[16384], after[16384], out[64];
    struct failure f;
    (void)open("/dev/null", O_RDONLY); // gets descriptor 3, and is not closed on exec
    fds_list(before, sizeof before, -1);
    for (int i = 0; i < 3; i++) {
        char *missing[] = {(char *)"/nonexistent/program", NULL};
        struct pty *none = pty_spawn(missing, &f);
        struct pty *some = start("exit", &f);
        if (none != NULL || some == NULL)
            return 1;
        (void)read_all(some, out, sizeof out);
        pty_free(some);
    }
    fds_list(after, sizeof after, -1);
    (void)printf("%s", strcmp(before, after) == 0 ? "same\n" : after);
    return 0;
}

static int say_nothing(void) {
    return 0;
}

static const struct mode {
    const char *name;
    int (*run)(void);
} modes[] = {
    {"fds", say_fds},     {"signals", say_signals}, {"tty", say_tty}, {"burst", say_burst},
    {"back", say_back},   {"sum", say_checksum},    {"stay", stay},   {"both", stay_both},
    {"leaks", say_leaks}, {"exit", say_nothing},
};

static int child(const char *mode) {
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(modes[i].name, mode) == 0)
            return modes[i].run();
    return 2;
}

// ---- The tests.

static void test_child_has_three_descriptors(void **state) {
    (void)state;
    struct failure f;
    int extra[4];
    for (int i = 0; i < 4; i++) {
        extra[i] = open("/dev/zero", O_RDONLY); // not closed on exec
        assert_true(extra[i] >= 0);
    }
    struct pty *p = start("fds", &f);
    assert_non_null(p);
    char out[16384], name[64], expected[256];
    (void)read_all(p, out, sizeof out);
    assert_int_equal(ptsname_r(pty_fd(p), name, sizeof name), 0);
    (void)snprintf(expected, sizeof expected, "0 %s\n1 %s\n2 %s\n", name, name, name);
    assert_string_equal(out, expected);
    assert_int_equal(wait_end(p), 0);
    pty_free(p);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(fcntl(extra[i], F_GETFD), 0);
        (void)close(extra[i]);
    }
}

static void test_nothing_is_left_behind(void **state) {
    (void)state;
    struct failure f;
    char before[16384], after[16384], out[64];
    int three = open("/dev/zero", O_RDONLY); // the lowest that is free
    assert_true(three >= 0);
    fds_list(before, sizeof before, -1);
    for (int i = 0; i < SPAWNS; i++) {
        struct pty *p = start("exit", &f);
        assert_non_null(p);
        assert_int_equal(fcntl(pty_fd(p), F_GETFD), FD_CLOEXEC);
        assert_true((fcntl(pty_fd(p), F_GETFL) & O_NONBLOCK) != 0);
        fds_list(after, sizeof after, pty_fd(p));
        assert_string_equal(after, before);
        assert_int_equal(read_all(p, out, sizeof out), 0);
        pty_free(p);

        char *missing[] = {(char *)"/nonexistent/program", NULL};
        assert_null(pty_spawn(missing, &f));
        fds_list(after, sizeof after, -1);
        assert_string_equal(after, before);
    }
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    (void)close(three);
}

static void test_nothing_is_left_behind_on_a_terminal(void **state) {
    (void)state;
    struct failure f;
    struct pty *p = start("leaks", &f);
    assert_non_null(p);
    char out[16384];
    (void)read_all(p, out, sizeof out);
    assert_string_equal(out, "same\n");
    assert_int_equal(wait_end(p), 0);
    pty_free(p);
}

static void test_signals_are_reset_in_the_child(void **state) {
    (void)state;
    struct failure f;
    sigset_t some, before, after;
    sigemptyset(&some);
    sigaddset(&some, SIGTERM);
    sigaddset(&some, SIGUSR1);
    sigaddset(&some, SIGCHLD);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    (void)sigprocmask(SIG_BLOCK, &some, NULL);
    (void)sigprocmask(SIG_BLOCK, NULL, &before);

    struct pty *p = start("signals", &f);
    assert_non_null(p);
    (void)sigprocmask(SIG_BLOCK, NULL, &after);
    for (int sig = 1; sig < NSIG; sig++)
        assert_int_equal(sigismember(&before, sig), sigismember(&after, sig));
    assert_ptr_equal(signal(SIGPIPE, SIG_DFL), SIG_IGN);
    assert_ptr_equal(signal(SIGINT, SIG_DFL), SIG_IGN);
    (void)sigprocmask(SIG_UNBLOCK, &some, NULL);

    char out[4096];
    (void)read_all(p, out, sizeof out);
    assert_string_equal(out, "end\n");
    pty_free(p);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig) {
    (void)sig;
    alarms = alarms + 1;
}

static void test_signals_while_spawning(void **state) {
    (void)state;
    struct failure f;
    struct sigaction a = {.sa_handler = on_alarm}; // without SA_RESTART
    assert_int_equal(sigaction(SIGALRM, &a, NULL),
                     0); // stays: one more may be on its way at the end
    struct itimerval every = {{0, 100}, {0, 100}};
    struct itimerval never = {{0, 0}, {0, 0}};
    char out[64];
    alarms = 0;
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
    for (int i = 0; i < 20; i++) {
        struct pty *p = start("exit", &f);
        assert_non_null(p);
        (void)read_all(p, out, sizeof out);
        assert_int_equal(wait_end(p), 0);
        pty_free(p);
    }
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_true(alarms > 20);
}

static void test_exec_failures(void **state) {
    (void)state;
    char file[] = "/tmp/test_pty.XXXXXX"; // mode 0600: no program
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    struct {
        char *program;
        enum exit_id id;
        int why;
    } cases[] = {
        {(char *)"/nonexistent/program", EXIT_ID_PROGRAM_MISSING, ENOENT},
        {(char *)"no-such-program-in-path", EXIT_ID_PROGRAM_MISSING, ENOENT},
        {(char *)"/tmp", EXIT_ID_PROGRAM_MISSING, EACCES},
        {file, EXIT_ID_PROGRAM_MISSING, EACCES},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct failure f = {0};
        char *argv[] = {cases[i].program, NULL};
        assert_null(pty_spawn(argv, &f));
        assert_int_equal(f.id, cases[i].id);
        assert_non_null(strstr(f.what, cases[i].program));
        assert_non_null(strstr(f.what, strerror(cases[i].why)));
    }
    assert_int_equal(unlink(file), 0);
    char *none[] = {NULL};
    struct failure f = {0};
    assert_null(pty_spawn(none, &f));
    assert_int_equal(f.id, EXIT_ID_INTERNAL);
}

static int exit_pipe = -1;

static void at_exit(void) {
    if (exit_pipe >= 0)
        (void)!write(exit_pipe, "x", 1);
}

static void test_no_exit_handler_runs_in_the_child(void **state) {
    (void)state;
    struct failure f;
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    FILE *buffered = fdopen(ends[1], "w");
    assert_non_null(buffered);
    assert_true(fprintf(buffered, "unwritten") > 0); // what exit() would write a second time
    exit_pipe = ends[1];
    char *missing[] = {(char *)"/nonexistent/program", NULL};
    assert_null(pty_spawn(missing, &f));
    exit_pipe = -1;
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(read(ends[0], &byte, 1), -1); // the child is reaped: nothing more can come
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(fclose(buffered), 0);
    assert_int_equal(close(ends[0]), 0);
}

// Runs a piece of a test in a process of its own, which it may spoil. Returns its exit code.
static int apart(int (*run)(void)) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(run());
    int status = 0;
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_with_low_fds_closed(void) {
    struct failure f;
    char out[16384], name[64], expected[256];
    for (int closed = 1; closed < 8; closed++) { // one bit for each of them
        for (int fd = 0; fd < 3; fd++)
            if ((closed >> fd & 1) != 0)
                (void)close(fd);
        struct pty *p = start("fds", &f);
        if (p == NULL || ptsname_r(pty_fd(p), name, sizeof name) != 0)
            return 1;
        (void)snprintf(expected, sizeof expected, "0 %s\n1 %s\n2 %s\n", name, name, name);
        (void)read_all(p, out, sizeof out);
        pty_free(p);
        for (int fd = 0; fd < 3; fd++) {
            if ((closed >> fd & 1) != 0 && fcntl(fd, F_GETFD) >= 0)
                return 2;
            if (fcntl(fd, F_GETFD) < 0 && fd < 2)
                (void)open("/dev/null", O_RDWR);
            else if (fcntl(fd, F_GETFD) < 0)
                (void)dup(0);
        }
        if (strcmp(out, expected) != 0)
            return 3;
    }
    return 0;
}

static void test_low_descriptors_closed(void **state) {
    (void)state;
    assert_int_equal(apart(run_with_low_fds_closed), 0);
}

static int run_without_processes(void) {
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
        return 1;
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_NPROC, &none) != 0)
        return 2;
    char before[16384], after[16384];
    struct failure f = {0};
    fds_list(before, sizeof before, -1);
    struct pty *p = start("exit", &f);
    if (p != NULL || f.id != EXIT_ID_QEMU_START)
        return 3;
    fds_list(after, sizeof after, -1);
    return strcmp(before, after) == 0 ? 0 : 4;
}

static void test_fork_failure(void **state) {
    (void)state;
    assert_int_equal(apart(run_without_processes), 0);
}

static int run_with_few_descriptors(void) {
    char before[16384], after[16384];
    fds_list(before, sizeof before, -1);
    int first_free = open("/dev/null", O_RDONLY);
    (void)close(first_free);
    int failures = 0;
    for (rlim_t more = 0;; more++) {
        struct rlimit limit;
        (void)getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = (rlim_t)first_free + more;
        if (more > 30 || setrlimit(RLIMIT_NOFILE, &limit) != 0)
            return 1;
        struct failure f = {0};
        struct pty *p = start("exit", &f);
        pty_free(p);
        fds_list(after, sizeof after, -1);
        if (strcmp(before, after) != 0)
            return 2;
        if (p != NULL)
            return failures > 5 ? 0 : 3;
        if (f.id != EXIT_ID_QEMU_START || strstr(f.what, strerror(EMFILE)) == NULL)
            return 4;
        failures++;
    }
}

static void test_no_descriptors(void **state) {
    (void)state;
    assert_int_equal(apart(run_with_few_descriptors), 0);
}

static void test_terminal(void **state) {
    (void)state;
    struct failure f;
    struct pty *p = start("tty", &f);
    assert_non_null(p);
    char out[256];
    (void)read_all(p, out, sizeof out);
    assert_string_equal(out, "80 x 24\n");
    pty_free(p);
}

static void test_raw_from_the_first_byte(void **state) {
    (void)state;
    struct failure f;
    struct pty *p = start("back", &f);
    assert_non_null(p);
    assert_int_equal(pty_write(p, "\x03\r\n\x04", 4),
                     0); // none of them means anything, none is echoed
    char out[64];
    (void)read_all(p, out, sizeof out);
    assert_string_equal(out, "030d0a04\n");
    assert_int_equal(wait_end(p), 0);
    pty_free(p);
}

static void test_output_of_the_dead_is_read(void **state) {
    (void)state;
    struct failure f;
    static char out[BURST + 2];
    struct pty *p = start("burst", &f);
    assert_non_null(p);
    assert_int_equal(read_all(p, out, sizeof out), BURST);
    for (size_t i = 0; i < BURST; i++)
        assert_int_equal((unsigned char)out[i], burst_byte(i));
    int status = wait_end(p);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    char byte;
    assert_int_equal(pty_read(p, &byte, 1), -1);
    pty_free(p);
}

// What was written before death, and is read only after it.
static void test_output_is_read_after_the_end(void **state) {
    (void)state;
    struct failure f;
    struct pty *p = start("tty", &f);
    assert_non_null(p);
    assert_int_equal(wait_end(p), 0);
    char out[256];
    (void)read_all(p, out, sizeof out);
    assert_string_equal(out, "80 x 24\n");
    pty_free(p);
}

static void test_write_to_the_dead(void **state) {
    (void)state;
    struct failure f;
    struct pty *p = start("exit", &f);
    assert_non_null(p);
    char out[64];
    (void)read_all(p, out, sizeof out);
    assert_int_equal(pty_write(p, "x", 1), -1);
    assert_int_equal(pty_flush(p), -1);
    pty_free(p);
}

static void test_big_write(void **state) {
    (void)state;
    struct failure f;
    static char bytes[BIG];
    uint32_t sum = 0;
    for (size_t i = 0; i < BIG; i++)
        bytes[i] = (char)burst_byte(i);
    sum = checksum(sum, bytes, BIG);
    struct pty *p = start("sum", &f);
    assert_non_null(p);
    assert_false(pty_pending(p));
    // The first piece all but fills the queue's memory; the rest fits once what has gone out is
    // dropped.
    size_t first = (1 << 20) - 10;
    assert_int_equal(pty_write(p, bytes, first), 0);
    assert_true(pty_pending(p));
    for (size_t i = first; i < BIG; i++)
        assert_int_equal(pty_write(p, bytes + i, 1), 0);
    while (pty_pending(p)) {
        wait_for(p, POLLOUT);
        assert_int_equal(pty_flush(p), 0);
    }
    char out[64], expected[64];
    (void)read_all(p, out, sizeof out);
    (void)snprintf(expected, sizeof expected, "%08x\n", sum);
    assert_string_equal(out, expected);
    pty_free(p);
}

static void await_ready(struct pty *p, int times) {
    char byte;
    while (times > 0) {
        ssize_t n = pty_read(p, &byte, 1);
        assert_true(n >= 0);
        if (n == 0)
            wait_for(p, POLLIN);
        else if (byte == '\n')
            times--;
    }
}

static void test_signal(void **state) {
    (void)state;
    struct failure f;
    struct pty *p = start("both", &f);
    assert_non_null(p);
    await_ready(p, 2);
    int status = 0;
    assert_false(pty_ended(p, &status));
    pty_signal(p, SIGTERM);
    char out[64];
    assert_int_equal(read_all(p, out, sizeof out), 0); // ends only when both are dead
    status = wait_end(p);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
    pty_signal(p, SIGTERM); // reaped: goes nowhere
    pty_free(p);
}

static void test_free_of_the_living(void **state) {
    (void)state;
    struct failure f;
    struct pty *p = start("stay", &f);
    assert_non_null(p);
    await_ready(p, 1);
    pid_t pid = pty_pid(p);
    assert_int_equal(kill(pid, 0), 0);
    pty_free(p);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    pty_free(NULL);
}

static void test_status_with_sigchld_ignored(void **state) {
    (void)state;
    struct failure f;
    static char out[BURST + 2];
    struct sigaction without = {.sa_handler = on_alarm, .sa_flags = SA_NOCLDWAIT};
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            (void)signal(SIGCHLD, SIG_IGN);
        else
            assert_int_equal(sigaction(SIGCHLD, &without, NULL), 0);
        struct pty *p = start("burst", &f);
        assert_non_null(p);
        (void)read_all(p, out, sizeof out);
        int status = wait_end(p);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 7);
        pty_free(p);
    }
    (void)signal(SIGCHLD, SIG_DFL);
}

static void test_reaped_by_another(void **state) {
    (void)state;
    struct failure f;
    struct pty *p = start("exit", &f);
    assert_non_null(p);
    assert_int_equal(waitpid(pty_pid(p), NULL, 0), pty_pid(p));
    int status = 0;
    assert_true(pty_ended(p, &status));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 255);
    pty_free(p);
}

int main(int argc, char **argv) {
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        return 1;
    if (argc == 3 && strcmp(argv[1], "child") == 0)
        return child(argv[2]);
    if (atexit(at_exit) != 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_child_has_three_descriptors),
        cmocka_unit_test(test_nothing_is_left_behind),
        cmocka_unit_test(test_nothing_is_left_behind_on_a_terminal),
        cmocka_unit_test(test_signals_are_reset_in_the_child),
        cmocka_unit_test(test_signals_while_spawning),
        cmocka_unit_test(test_exec_failures),
        cmocka_unit_test(test_no_exit_handler_runs_in_the_child),
        cmocka_unit_test(test_low_descriptors_closed),
        cmocka_unit_test(test_fork_failure),
        cmocka_unit_test(test_no_descriptors),
        cmocka_unit_test(test_terminal),
        cmocka_unit_test(test_raw_from_the_first_byte),
        cmocka_unit_test(test_output_of_the_dead_is_read),
        cmocka_unit_test(test_output_is_read_after_the_end),
        cmocka_unit_test(test_write_to_the_dead),
        cmocka_unit_test(test_big_write),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_free_of_the_living),
        cmocka_unit_test(test_status_with_sigchld_ignored),
        cmocka_unit_test(test_reaped_by_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
