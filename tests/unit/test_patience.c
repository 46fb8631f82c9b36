// The arithmetic of patience: whose time counts, and what counts as a sign of life.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>

#include "dialogue/patience.h"

enum { CPU_LIMIT = 600000, IDLE_LIMIT = 120000, START = 5000000, CPU = 700, IO = 4096 };

static struct patience fresh(void) {
    struct patience p = {.cpu_limit_ms = CPU_LIMIT, .idle_limit_ms = IDLE_LIMIT};
    patience_start(&p, START, CPU, IO);
    return p;
}

static const struct {
    uint64_t wall, cpu, io; // since the start
    bool over;
} rows[] = {
    {0, 0, 0, false},
    // A guest that does nothing gets wall time
    {IDLE_LIMIT - 1, 0, 0, false},
    {IDLE_LIMIT, 0, 0, true},
    // and so does one that does next to nothing
    {IDLE_LIMIT, IDLE_LIMIT / 5 - 1, 0, true},
    {IDLE_LIMIT, IDLE_LIMIT / 5, 0, false},
    // A guest that computes gets processor time, however long that takes on a busy host
    {CPU_LIMIT, CPU_LIMIT - 1, 0, false},
    {UINT64_C(5) * CPU_LIMIT, CPU_LIMIT - 1, 0, true}, // less than a fifth: it waits for us
    {UINT64_C(4) * CPU_LIMIT, CPU_LIMIT - 1, 0, false},
    {CPU_LIMIT, CPU_LIMIT, 0, true},
    // also when it runs on several processors
    {CPU_LIMIT / 4, CPU_LIMIT, 0, true},
    // Reading and writing is a sign of life, timers' few bytes are none
    {IDLE_LIMIT, 0, 65535, true},
    {IDLE_LIMIT, 0, 65536, false},
    {CPU_LIMIT, CPU_LIMIT, 1 << 30, false},
};

static void limits(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct patience p = fresh();
        const bool over =
            patience_over(&p, START + rows[i].wall, CPU + rows[i].cpu, IO + rows[i].io);
        if (over != rows[i].over)
            fail_msg("row %zu: patience is %sover", i, over ? "" : "not ");
    }
}

// A sign of life gives all of the time again.
static void life(void **state) {
    (void)state;
    struct patience p = fresh();
    const uint64_t later = START + IDLE_LIMIT - 1;
    assert_false(patience_over(&p, later, CPU, IO + 65536));
    assert_false(patience_over(&p, later + IDLE_LIMIT - 1, CPU, IO + 65536));
    assert_true(patience_over(&p, later + IDLE_LIMIT, CPU, IO + 65536));
    patience_start(&p, later, CPU, IO); // the console said something
    assert_false(patience_over(&p, later + IDLE_LIMIT - 1, CPU, IO));
    // Small reads add up.
    for (uint64_t t = 1; t < 100; t++)
        assert_false(patience_over(&p, later + t * (IDLE_LIMIT - 1), CPU, IO + t * 65536));
}

// A guest that QEMU has stopped does nothing at all; one that sleeps has its timers.
static void stillness(void **state) {
    (void)state;
    const struct patience p = fresh();
    assert_true(patience_still(&p, START + 5000, CPU, 5000));
    assert_false(patience_still(&p, START + 4999, CPU, 5000));
    assert_true(patience_still(&p, START + 60000, CPU, 5000));
    assert_false(patience_still(&p, START + 5000, CPU + 2500, 5000));
    assert_false(patience_still(&p, START + 5000, CPU + 5000, 5000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),
        cmocka_unit_test(life),
        cmocka_unit_test(stillness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
