// The arithmetic of patience and of the guest's clock, and whole boots on hosts of all kinds: no
// time passes here.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>

#include "console/news.h"
#include "console/stamp.h"
#include "dialogue/guest_clock.h"
#include "dialogue/patience.h"

enum { LIMIT_MS = 120000, CD_BYTES = 64 << 20, TURN_MS = 100 };

// A host on which nothing happens by itself.
struct host {
    uint64_t wall_ms;
    struct usage usage;
    struct guest_clock clock;
};

static struct host new_host(double scale) {
    struct host h = {.wall_ms = 77000, .usage = {.cpu_ms = 50, .io_bytes = 9, .io_calls = 1}};
    guest_clock_start(&h.clock, h.wall_ms, &h.usage, scale);
    return h;
}

// So much wall time goes by, in turns; QEMU computes for `cpu` and is starved for `starved`
// thousandths of it.
static double pass(struct host *h, uint64_t wall_ms, uint64_t cpu, uint64_t starved) {
    double guest_ms = 0;
    for (uint64_t t = 0; t < wall_ms; t += TURN_MS) {
        h->wall_ms += TURN_MS;
        h->usage.cpu_ms += TURN_MS * cpu / 1000;
        h->usage.starved_ms += TURN_MS * starved / 1000;
        guest_ms += guest_clock_look(&h->clock, h->wall_ms, &h->usage);
    }
    return guest_ms;
}

static void silence_and_life(void **state) {
    (void)state;
    struct patience p = patience_new(LIMIT_MS, CD_BYTES);
    assert_false(patience_over(&p, LIMIT_MS - 1, 0));
    assert_true(patience_over(&p, 1, 0));
    patience_news(&p);
    assert_false(patience_over(&p, LIMIT_MS - 1, PATIENCE_DATA_LIFE - 1));
    assert_false(patience_over(&p, 1, 1)); // small reads add up
    assert_false(patience_over(&p, LIMIT_MS - 1, 0));
    assert_true(patience_over(&p, 1, 0));
}

// A guest that reads the CD over and over, without a word, is told, too.
static void reading_in_circles(void **state) {
    (void)state;
    struct patience p = patience_new(LIMIT_MS, CD_BYTES);
    uint64_t read = 0;
    double waited = 0;
    while (!patience_over(&p, 1000, 1 << 20)) {
        read += 1 << 20;
        waited += 1000;
        assert_true(waited < 1e9);
    }
    assert_true(read >= (uint64_t)PATIENCE_DATA_ROUNDS * CD_BYTES);
    assert_true(read <=
                (uint64_t)PATIENCE_DATA_ROUNDS * CD_BYTES + (uint64_t)LIMIT_MS / 1000 * (1 << 20));
    patience_news(&p);
    assert_false(patience_over(&p, LIMIT_MS, 1 << 20));
    // A disk that is larger than can be counted does not wrap around.
    p = patience_new(LIMIT_MS, UINT64_MAX / 2);
    assert_false(patience_over(&p, LIMIT_MS, PATIENCE_DATA_LIFE));
}

static const struct {
    const char *name;
    uint64_t before, bytes, calls; // between two looks
    uint64_t data;
} io_rows[] = {
    {"a CD being read", 1000, 1048576, 512, 1040384},
    {"timers and events", 1000, 800, 100, 0},
    {"single characters", 1000, 300, 300, 0},
    {"a sector", 1000, 512, 1, 496},
    {"nothing", 1000, 0, 0, 0},
};

static void data(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof io_rows / sizeof *io_rows; i++) {
        const struct usage a = {.io_bytes = io_rows[i].before, .io_calls = 10};
        const struct usage b = {.io_bytes = a.io_bytes + io_rows[i].bytes,
                                .io_calls = a.io_calls + io_rows[i].calls};
        if (usage_data(&a, &b) != io_rows[i].data)
            fail_msg("%s: %ju bytes", io_rows[i].name, (uintmax_t)usage_data(&a, &b));
    }
    const struct usage gone = {0};
    const struct usage was = {.io_bytes = 5000, .io_calls = 3};
    assert_int_equal(usage_data(&was, &gone), 0);
}

// What counts as the guest's own time, before anything is measured.
static const struct {
    const char *name;
    uint64_t wall_ms, cpu, starved;
    double own_ms;
} own_rows[] = {
    {"idle", 10000, 0, 0, 10000},
    {"computing", 10000, 1000, 0, 10000},
    {"computing, half of the processor taken by others", 10000, 500, 500, 5000},
    {"starved by 49 others", 100000, 20, 980, 2000},
    {"two threads starved at a time", 10000, 300, 1700, 3000},
    {"two threads computing", 10000, 1500, 0, 10000},
};

static void own_time(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof own_rows / sizeof *own_rows; i++) {
        struct host h = new_host(1);
        const double guest_ms = pass(&h, own_rows[i].wall_ms, own_rows[i].cpu, own_rows[i].starved);
        if (h.clock.own_ms != own_rows[i].own_ms ||
            guest_ms * PACE_START < own_rows[i].own_ms * 0.999 ||
            guest_ms * PACE_START > own_rows[i].own_ms * 1.001)
            fail_msg("%s: %g ms of its own, %g on its clock", own_rows[i].name, h.clock.own_ms,
                     guest_ms);
    }
}

// We were stopped for an hour: that hour was not the guest's.
static void not_run(void **state) {
    (void)state;
    struct host h = new_host(1);
    h.wall_ms += 3600000;
    assert_true(guest_clock_look(&h.clock, h.wall_ms, &h.usage) <= 1000);
    h.usage.starved_ms = 1000000; // a thread with a long past ends
    (void)guest_clock_look(&h.clock, h.wall_ms, &h.usage);
    h.usage.starved_ms = 0;
    h.wall_ms += TURN_MS;
    assert_true(guest_clock_look(&h.clock, h.wall_ms, &h.usage) * PACE_START == TURN_MS);
}

static const struct {
    const char *name;
    double scale;
    uint64_t own_ms;     // until the landmark
    double seconds;      // what it takes on the reference
    double before, pace; // what is believed before it and after
} pace_rows[] = {
    {"as the reference", 1, 10000, 10, 4, 1},
    {"twice as slow", 1, 20000, 10, 4, 2},
    {"50 times as slow", 1, 500000, 10, 4, 50},
    {"quicker", 1, 1000, 10, 4, 1},
    {"a firmware that waited for a quarter of an hour", 1, 900000, 1, 4, PACE_MAX},
    {"more patience", 3, 20000, 10, 12, 6},
    {"quicker, and it may be", 0.1, 2000, 10, 0.4, 0.2},
    {"quicker than it may be", 0.1, 100, 10, 0.4, 0.1},
    {"less patience with a slow guest changes nothing", 0.1, 20000, 10, 0.4, 2},
};

static void landmarks(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof pace_rows / sizeof *pace_rows; i++) {
        struct host h = new_host(pace_rows[i].scale);
        const double before = guest_clock_pace(&h.clock);
        (void)pass(&h, pace_rows[i].own_ms, 900, 0);
        guest_clock_landmark(&h.clock, pace_rows[i].seconds);
        const double pace = guest_clock_pace(&h.clock);
        if (before < pace_rows[i].before * 0.999 || before > pace_rows[i].before * 1.001 ||
            pace < pace_rows[i].pace * 0.999 || pace > pace_rows[i].pace * 1.001)
            fail_msg("%s: %g, then %g", pace_rows[i].name, before, pace);
    }
}

// A later landmark corrects an earlier one.
static void correction(void **state) {
    (void)state;
    struct host h = new_host(1);
    (void)pass(&h, 7000, 100, 0); // QEMU's own files came from a slow disk
    guest_clock_landmark(&h.clock, 0.5);
    assert_true(guest_clock_pace(&h.clock) == 14);
    (void)pass(&h, 23000, 900, 0);
    guest_clock_landmark(&h.clock, 30);
    assert_true(guest_clock_pace(&h.clock) == 1);
}

static void stamps(void **state) {
    (void)state;
    struct host h = new_host(1);
    guest_clock_stamp(&h.clock, 1000);
    (void)pass(&h, 100, 0, 0);
    guest_clock_stamp(&h.clock, 1900); // a burst says nothing
    assert_true(guest_clock_pace(&h.clock) == PACE_START);
    (void)pass(&h, 59900, 0, 0);
    guest_clock_stamp(&h.clock, 21000);
    assert_true(guest_clock_pace(&h.clock) == 3);
    (void)pass(&h, 600000, 0, 0);
    guest_clock_unstamp(&h.clock); // dmesg has printed old lines
    guest_clock_stamp(&h.clock, 30000);
    assert_true(guest_clock_pace(&h.clock) == 3);
    guest_clock_stamp(&h.clock, 2000); // a new kernel
    (void)pass(&h, 8000, 0, 0);
    guest_clock_stamp(&h.clock, 10000);
    assert_true(guest_clock_pace(&h.clock) == 1);
}

static void stamp_lines(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t ms;
    } rows[] = {
        {"[    0.000000] Linux", 0},
        {"[   12.345678] usb 1-1\n", 12345},
        {"[12345.678901] x\n[99999.000000", 12345678},
        {"[    1.000000] a [    2.000000] b\n", 1000},
        {"[    1.000000] a\n[    2.5] b\n", 1000},
        {"x [    1.000000] a\n", 0},
        {"[1 2.000000] a\n", 0},
        {"[.000001] a\n", 0},
        {"[12345678901234567890.000001] a\n", 0},
        {"[  ]\n\r[    3.000000]", 3000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stamp whole = {0};
        struct stamp cut = {0};
        size_t size = 0;
        for (const char *c = rows[i].text; *c != '\0'; c++, size++)
            stamp_feed(&cut, c, 1);
        stamp_feed(&whole, rows[i].text, size);
        if (whole.ms != rows[i].ms || cut.ms != rows[i].ms)
            fail_msg("`%s`: %ju ms, cut %ju ms", rows[i].text, (uintmax_t)whole.ms,
                     (uintmax_t)cut.ms);
    }
}

static const struct {
    const char *name;
    const char *text;
    uint64_t count;
} news_rows[] = {
    {"nothing", "", 0},
    {"one line", "apk add\n", 1},
    {"no line yet", "apk add", 0},
    {"the same again", "apk add\napk add\napk add\n", 1},
    {"counters", "sector 12\nsector 13\n", 1},
    {"addresses", "at ffff8881023\nat ffff88a0dea\n", 1},
    {"time stamps", "[    1.000000] tsc\n[    2.000000] tsc\n", 1},
    {"other words", "Pass one\nPass two\n", 2},
    {"no words", "\n---\n   \n12 13\n", 0},
    {"two by turns", "ping here\npong here\nping here\npong here\n", 2},
    {"order counts", "a b\nb a\n", 2},
};

static void news(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof news_rows / sizeof *news_rows; i++) {
        struct news n = {0};
        for (const char *c = news_rows[i].text; *c != '\0'; c++)
            news_feed(&n, c, 1);
        if (n.count != news_rows[i].count)
            fail_msg("%s: %ju new lines", news_rows[i].name, (uintmax_t)n.count);
    }
}

// Five hundred different lines, again and again, are news only once: an oops has some eighty.
static void long_circles(void **state) {
    (void)state;
    struct news n = {0};
    for (int round = 0; round < 20; round++)
        for (int line = 0; line < 500; line++) {
            const char text[] = {(char)('a' + line % 26), (char)('a' + line / 26), '\n'};
            news_feed(&n, text, sizeof text);
        }
    assert_int_equal(n.count, 500);
}

// A whole boot, as measured with the test guest under TCG: what each part does, in guest time.
static const struct part {
    const char *name;
    double seconds;
    unsigned cpu; // thousandths of the time
    bool reads;   // the CD
    bool says;    // something new
    double landmark;
    double limit; // guest seconds
} boot[] = {
    {"firmware", 0.4, 500, true, true, 0.4, 30},
    {"boot loader", 2, 700, true, false, 0, 120},
    {"kernel without a word", 9, 990, false, false, 0, 180},
    {"initramfs", 3, 900, true, false, 0, 180},
    {"openrc", 15, 900, false, false, 29.4, 180},
    {"apk", 4, 900, true, true, 0, 120},
    {"sleep 1", 1, 10, false, false, 0, 120},
    {"e2fsck", 5, 500, true, true, 0, 600},
    {"power-off", 20, 20, false, false, 0, 120},
};

// The guest is `factor` times as slow; others leave it `share` thousandths of the processor.
static bool boots(double factor, uint64_t share) {
    struct host h = new_host(1);
    for (size_t i = 0; i < sizeof boot / sizeof *boot; i++) {
        const struct part *b = &boot[i];
        struct patience p = patience_new(b->limit * 1000, CD_BYTES);
        // What it computes takes longer where it has a share only.
        const double busy = b->cpu / 1000.0;
        const double wall = b->seconds * 1000 * factor * (1 - busy + busy * 1000 / (double)share);
        const uint64_t cpu = (uint64_t)(b->seconds * factor * b->cpu * 1000 / wall);
        const uint64_t starved = cpu * (1000 - share) / share;
        const uint64_t turns = (uint64_t)(wall / TURN_MS) + 1;
        for (uint64_t t = 0; t < turns; t++)
            if (patience_over(&p, pass(&h, TURN_MS, cpu, starved), b->reads ? 4096 : 0))
                return false;
        if (b->landmark > 0)
            guest_clock_landmark(&h.clock, b->landmark);
    }
    return true;
}

// No flag is needed from 1 to 50 times as slow, on an idle host and on a swamped one.
static void slow_guests(void **state) {
    (void)state;
    for (unsigned factor = 1; factor <= 50; factor++)
        for (uint64_t share = 1000; share >= 20; share /= 7)
            if (!boots(factor, share))
                fail_msg("%u times as slow, with %ju/1000 of a processor: given up", factor,
                         (uintmax_t)share);
}

// Turns until a guest without progress is told, at a measured pace, in wall seconds.
static double told_after(double limit, double factor, bool measured, bool computing) {
    struct host h = new_host(1);
    if (measured) {
        (void)pass(&h, (uint64_t)(10000 * factor), 900, 0);
        guest_clock_landmark(&h.clock, 10);
    }
    struct patience p = patience_new(limit * 1000, CD_BYTES);
    double wall = 0;
    while (!patience_over(&p, pass(&h, TURN_MS, computing ? 1000 : 5, 0), 0))
        wall += TURN_MS;
    return wall / 1000;
}

// The bound that README states: the budget in guest seconds, times the pace, and one look.
static void bound(void **state) {
    (void)state;
    static const double limits[] = {30, 120, 180, 600};
    static const double look = 2.0 * TURN_MS / 1000;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        for (int computing = 0; computing < 2; computing++) {
            const double l = limits[i];
            assert_true(told_after(l, 1, false, computing) <= l * PACE_START + look);
            assert_true(told_after(l, 0.1, true, computing) <= l + look);
            assert_true(told_after(l, 1, true, computing) <= l + look);
            assert_true(told_after(l, 50, true, computing) <= l * 50 + look);
            assert_true(told_after(l, 50, true, computing) >= l * 50 - look);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_and_life),
        cmocka_unit_test(reading_in_circles),
        cmocka_unit_test(data),
        cmocka_unit_test(own_time),
        cmocka_unit_test(not_run),
        cmocka_unit_test(landmarks),
        cmocka_unit_test(correction),
        cmocka_unit_test(stamps),
        cmocka_unit_test(stamp_lines),
        cmocka_unit_test(news),
        cmocka_unit_test(long_circles),
        cmocka_unit_test(slow_guests),
        cmocka_unit_test(bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
