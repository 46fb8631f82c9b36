// The files of a recording are the same, byte for byte, whether they were written up at once or
// later, in steps of any size.
#include "workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "record/desk.h"
#include "record/keeper.h"
#include "record/later.h"

static const char *const names[] = {"output.log", "input.log", "timing.log", "session.cast",
                                    "events.jsonl"};

// The console's bytes are cut within a character, an escape sequence and a kernel line.
static const struct {
    enum keeper_kind kind;
    const char *bytes;
} rows[] = {
    {KEEP_EVENT, "{\"t\":0.000001,\"type\":\"start\"}\n"},
    {KEEP_OUTPUT, "boot: \xc3"},
    {KEEP_INPUT, "virt\r"},
    {KEEP_OUTPUT, "\xa9\x1b[3"},
    {KEEP_OUTPUT, "1m\r\n[    1.0000"},
    {KEEP_STATE, "{\"t\":0.1,\"type\":\"state\",\"dialogue\":\"boot\",\"state\":\"wait\"}\n"},
    {KEEP_OUTPUT, "00] usb 1-1: new\r\n[    1.000001] a\r\n"},
    {KEEP_TRACES, ""},
    {KEEP_OUTPUT, "+ a trace\r\n\xff\xfe"},
    {KEEP_INPUT, "\xe2\x82"},
    {KEEP_RESIZE, "{\"t\":0.2,\"type\":\"resize\",\"columns\":100,\"rows\":30}\n"},
    {KEEP_OUTPUT, ""},
    {KEEP_INPUT, "\xac"},
    {KEEP_OUTPUT, "[    1.000002] no end"},
    {KEEP_END, "{\"t\":0.3,\"type\":\"end\",\"code\":7}\n"},
};
enum { ROWS = sizeof rows / sizeof *rows, TIMES = 300 };

static struct desk *begin(const char *folder, struct desk_given *given) {
    struct failure f;
    assert_int_equal(mkdir(folder, 0700), 0);
    *given = (struct desk_given){.redact = redact_new(NULL, 0, &f),
                                 .folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                                 .title = "d",
                                 .started = "2026-01-01T00:00:00Z"};
    struct desk *d = desk_open(given);
    assert_non_null(d);
    return d;
}

static void end(const struct desk_given *given) {
    (void)close(given->folder);
    redact_free(given->redact);
}

// step: bytes that are written up after each third message; 0: none is put off.
static void record(const char *folder, size_t step) {
    struct desk_given given;
    struct desk *d = begin(folder, &given);
    desk_put_off(d, step > 0);
    for (size_t i = 0; i < (size_t)ROWS * TIMES; i++) {
        const char *bytes = rows[i % ROWS].bytes;
        const struct ring_message m = {.kind = rows[i % ROWS].kind,
                                       .size = (uint32_t)strlen(bytes),
                                       .us = 1000 + 7 * i,
                                       .bytes = bytes};
        desk_take(d, &m);
        if (step == 0)
            assert_false(desk_is_behind(d));
        if (i % 3 == 0)
            desk_write_up(d, step);
    }
    if (step == 1) // the first one is what has waited longest
        assert_true(desk_is_behind(d) && desk_behind_since(d) < 1000 + 7 * (ROWS * TIMES - 1));
    desk_flush(d);
    assert_int_equal(desk_error(d), 0);
    assert_int_equal(desk_close(d), 0);
    end(&given);
}

static void test_put_off(void **state) {
    (void)state;
    static const size_t steps[] = {1, 30, 4096, SIZE_MAX};
    record("at-once", 0);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char folder[32];
        (void)snprintf(folder, sizeof folder, "later-%zu", i);
        record(folder, steps[i]);
        for (size_t n = 0; n < sizeof names / sizeof *names; n++)
            sh_do("cmp at-once/%s %s/%s", names[n], folder, names[n]);
    }
    // Not that nothing was written.
    sh_do("test $(grep -c '\"kernel\"' at-once/events.jsonl) -gt 600");
}

// What cannot be read back is told, and ends nothing.
static void test_lost(void **state) {
    (void)state;
    struct rlimit before;
    struct desk_given given;
    struct desk *d = begin("lost", &given);
    desk_put_off(d, true);
    static const char bytes[20000];
    const struct ring_message m = {
        .kind = KEEP_OUTPUT, .size = sizeof bytes, .us = 1, .bytes = bytes};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {.rlim_cur = 50000, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 5; i++)
        desk_take(d, &m);
    desk_write_up(d, SIZE_MAX);
    assert_false(desk_is_behind(d));
    assert_int_equal(desk_error(d), EFBIG);
    assert_int_equal(desk_close(d), EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    end(&given);
}

static const char *name(uint64_t number, char text[32]) {
    (void)snprintf(text, 32, "%llu", (unsigned long long)number);
    return text;
}

// In the order in which it was put in; no byte of a bare one is kept.
static void test_later(void **state) {
    (void)state;
    struct later *l = later_new();
    assert_true(l != NULL && later_is_empty(l) && later_first(l) == NULL && later_since(l) == 0);
    uint64_t first = 0;
    for (uint64_t us = 1; us <= 5000; us++) {
        char text[32];
        const struct ring_message m = {.kind = (uint32_t)us % 7,
                                       .size = (uint32_t)strlen(name(us, text)),
                                       .us = us,
                                       .bytes = text};
        assert_true(later_put(l, &m, us % 2 == 0));
        if (us % 3 != 0)
            continue;
        first++;
        const struct ring_message *have = later_first(l);
        assert_true(have->us == first && later_since(l) == first && have->kind == first % 7);
        if (first % 2 == 0)
            assert_null(have->bytes);
        else
            assert_memory_equal(have->bytes, name(first, text), have->size);
        later_drop(l);
    }
    assert_false(later_is_empty(l));
    later_free(l);
}

int main(void) {
    signal(SIGXFSZ, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_off),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_later),
    };
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
