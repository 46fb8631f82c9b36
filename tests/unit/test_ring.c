// The ring between driver and keeper: its reader goes where its writer is.
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/ring.h"

static bool runs_only_on(size_t processor) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) == 1 &&
           CPU_ISSET(processor, &set);
}

// Takes messages that say where they are from, and answers each by a byte: whether we are there.
static _Noreturn void reader(struct ring *r, int answers) {
    struct ring_message m;
    size_t from;
    ring_reader(r);
    while (ring_wait(r))
        while (ring_take(r, &m)) {
            ring_follow(r);
            memcpy(&from, m.bytes, sizeof from);
            ring_taken(r, &m);
            const char answer = runs_only_on(from) ? 'y' : 'n';
            if (write(answers, &answer, 1) != 1)
                _exit(EXIT_FAILURE);
        }
    _exit(EXIT_SUCCESS);
}

// Puts in from every processor that there is for us, to and fro.
static void test_follow(void **state) {
    (void)state;
    int ends[2], status;
    cpu_set_t all;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    assert_int_equal(pipe(ends), 0);
    struct ring *r = ring_new();
    assert_non_null(r);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        reader(r, ends[1]);
    ring_writer(r);
    for (size_t i = 0; i < 2 * CPU_SETSIZE; i++) {
        const size_t processor = i % CPU_SETSIZE;
        cpu_set_t one;
        char answer = '\0';
        if (!CPU_ISSET(processor, &all))
            continue;
        CPU_ZERO(&one);
        CPU_SET(processor, &one);
        assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
        memcpy(ring_room(r, sizeof processor), &processor, sizeof processor);
        ring_put(r, 1, 0, sizeof processor);
        assert_int_equal(read(ends[0], &answer, 1), 1);
        assert_int_equal(answer, 'y');
    }
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
    ring_leave(r);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    ring_free(r);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_follow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
