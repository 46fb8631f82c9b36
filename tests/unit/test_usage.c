// What a process has used, read again and again: its threads and children come and go meanwhile.
//
// The process is a fork of this one, which does what single letters on a socket tell it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest/usage.h"

enum { DATA = 1 << 20, COMPUTED_MS = 60, MANY = 50 };

struct worker {
    pid_t pid;
    int socket;
    struct usage_reader *reader;
};

static size_t descriptors(void) {
    size_t n = 0;
    DIR *all = opendir("/proc/self/fd");
    assert_non_null(all);
    while (readdir(all) != NULL)
        n++;
    (void)closedir(all);
    return n;
}

// ---- The process.

static void compute(void) {
    struct timespec t;
    do
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < COMPUTED_MS);
}

static void move_data(void) {
    static char bytes[DATA];
    const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes)
        _exit(3);
    (void)close(fd);
}

static void *wait_long(void *socket) {
    char letter;
    (void)!read(*(int *)socket, &letter, 1);
    return NULL;
}

// Each of them ends with a letter from the other socket.
static void start_thread(int *ends) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, wait_long, ends) != 0)
        _exit(4);
    (void)pthread_detach(thread);
}

static void work(int socket, int held) {
    for (char what; read(socket, &what, 1) == 1;) {
        pid_t child = -1;
        if (what == 'c')
            compute();
        else if (what == 'd')
            move_data();
        else if (what == 't')
            start_thread(&held);
        else if (what == 'f' && (child = fork()) == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            move_data();
            compute();
            (void)!write(socket, &what, 1);
            (void)pause();
        }
        if (child < 0 && write(socket, &what, 1) != 1)
            break;
    }
    _exit(0);
}

// ---- This one.

static void tell(const struct worker *w, char what) {
    char answer = 0;
    assert_int_equal(write(w->socket, &what, 1), 1);
    assert_int_equal(read(w->socket, &answer, 1), 1);
    assert_int_equal(answer, what);
}

static struct worker start(int held) {
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    struct worker w = {.pid = fork(), .socket = ends[0]};
    if (w.pid == 0) {
        (void)close(ends[0]);
        work(ends[1], held);
    }
    (void)close(ends[1]);
    w.reader = usage_reader_new(w.pid);
    assert_non_null(w.reader);
    return w;
}

static void end(struct worker *w) {
    (void)kill(w->pid, SIGKILL);
    assert_int_equal(waitpid(w->pid, NULL, 0), w->pid);
    (void)close(w->socket);
    usage_reader_free(w->reader);
}

static void looks_again(void **state) {
    (void)state;
    const size_t open_before = descriptors();
    struct worker w = start(-1);
    const struct usage first = usage_read(w.reader);
    assert_false(first.stopped);
    tell(&w, 'd');
    const struct usage data = usage_read(w.reader);
    assert_true(data.written_bytes >= first.written_bytes + DATA);
    assert_true(usage_data(&first, &data) >= DATA - DATA / 100);
    tell(&w, 'c');
    assert_true(usage_read(w.reader).cpu_ms >= COMPUTED_MS - 20); // the kernel counts in ticks
    assert_int_equal(kill(w.pid, SIGSTOP), 0);
    assert_int_equal(waitpid(w.pid, NULL, WUNTRACED), w.pid);
    assert_true(usage_read(w.reader).stopped);
    assert_int_equal(kill(w.pid, SIGCONT), 0);
    end(&w);
    assert_int_equal(descriptors(), open_before);
}

// A child that comes after the first look counts, and does not when it has gone.
static void sees_children(void **state) {
    (void)state;
    struct worker w = start(-1);
    const struct usage before = usage_read(w.reader);
    tell(&w, 'f');
    const struct usage both = usage_read(w.reader);
    assert_true(both.written_bytes >= before.written_bytes + DATA);
    assert_true(both.cpu_ms >= before.cpu_ms + COMPUTED_MS - 20);
    const size_t with_child = descriptors();
    tell(&w, 'f');
    assert_true(usage_read(w.reader).written_bytes >= both.written_bytes + DATA);
    assert_true(descriptors() > with_child);
    (void)kill(w.pid, SIGKILL);
    assert_int_equal(waitpid(w.pid, NULL, 0), w.pid);
    const struct usage gone = usage_read(w.reader); // and whose children they are nobody tells
    assert_int_equal(gone.io_bytes + gone.cpu_ms + gone.io_calls, 0);
    (void)close(w.socket);
    usage_reader_free(w.reader);
}

// Threads that come and go leave no descriptors open, and what they moved counts.
static void follows_threads(void **state) {
    (void)state;
    int held[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, held), 0);
    struct worker w = start(held[1]);
    const struct usage before = usage_read(w.reader);
    const size_t open_before = descriptors();
    for (int i = 0; i < MANY; i++)
        tell(&w, 't');
    tell(&w, 'd');
    assert_true(usage_read(w.reader).written_bytes >= before.written_bytes + DATA);
    assert_int_equal(descriptors() % MANY, open_before % MANY);
    assert_true(descriptors() > open_before);
    const size_t open_with = descriptors();
    (void)usage_read(w.reader);
    assert_int_equal(descriptors(), open_with);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(write(held[0], "x", 1), 1);
    do // they end one by one
        (void)usage_read(w.reader);
    while (descriptors() > open_before);
    end(&w);
    (void)close(held[0]);
    (void)close(held[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_again),
        cmocka_unit_test(sees_children),
        cmocka_unit_test(follows_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
