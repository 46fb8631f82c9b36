// What a person or a log sees of a run, byte for byte, with a clock that the test sets.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/monotonic.h"
#include "report/report.h"
#include "report/screen.h"
#include "report/text.h"

// A report whose two streams are kept in memory, and the world that it asks.
struct scene {
    struct report *report;
    FILE *out, *err;
    char *out_text, *err_text;
    size_t out_size, err_size, out_seen;
    double seconds;
    unsigned columns;
};

static double scene_seconds(void *data) {
    return ((struct scene *)data)->seconds;
}

static unsigned scene_columns(void *data) {
    return ((struct scene *)data)->columns;
}

static void scene_begin(struct scene *s, int verbosity, bool colour, bool live, bool utf8) {
    memset(s, 0, sizeof *s);
    s->seconds = 1000;
    s->columns = 100;
    s->out = open_memstream(&s->out_text, &s->out_size);
    s->err = open_memstream(&s->err_text, &s->err_size);
    struct report_host host = {
        .seconds = scene_seconds, .columns = scene_columns, .data = s, .utf8 = utf8};
    s->report = report_new_on(s->out, s->err, verbosity, colour, live, &host);
    assert_non_null(s->report);
}

// What was printed since the last call.
static void expect_out(struct scene *s, const char *expected) {
    (void)fflush(s->out);
    assert_string_equal(s->out_text + s->out_seen, expected);
    s->out_seen = s->out_size;
}

// What was printed since the last call is not looked at.
static void pass_out(struct scene *s) {
    (void)fflush(s->out);
    s->out_seen = s->out_size;
}

static void scene_end(struct scene *s, const char *out, const char *err) {
    report_free(s->report);
    expect_out(s, out);
    (void)fflush(s->err);
    assert_string_equal(s->err_text, err);
    (void)fclose(s->out);
    (void)fclose(s->err);
    free(s->out_text);
    free(s->err_text);
}

static void wait_for(struct scene *s, const char *what, double seconds, const char *line) {
    report_waiting(s->report, what, seconds, line, strlen(line));
}

static void test_pipe(void **state) {
    (void)state;
    struct scene s;
    scene_begin(&s, 0, false, false, false);
    report_step(s.report, "8", "Start QEMU");
    expect_out(&s, "[   0.0 s] step 8: Start QEMU\n");
    s.seconds += 12.34;
    wait_for(&s, "login:", 3, "welcome");
    report_detail(s.report, "not shown without -v");
    report_step(s.report, "14", "Log in as root");
    expect_out(&s, "[  12.3 s] step 14: Log in as root\n");
    s.seconds += 1000;
    report_note(s.report, "%d repairs", 2);
    expect_out(&s, "[1012.3 s] 2 repairs\n");
    report_step(s.report, NULL, "Read the disk again");
    report_end(s.report, true);
    report_end(s.report, true); // nothing is open any more
    scene_end(&s, "[1012.3 s] Read the disk again\n", "");
}

static void test_pipe_verbose(void **state) {
    (void)state;
    struct scene s;
    scene_begin(&s, 1, false, false, true);
    report_step(s.report, "8", "Start QEMU");
    s.seconds += 2;
    report_detail(s.report, "typed: %s\t", "a\033[31mb");
    s.seconds += 1;
    report_step(s.report, NULL, "Caf\xc3\xa9");
    s.seconds += 1.5;
    report_end(s.report, false);
    scene_end(&s,
              "[   0.0 s] step 8: Start QEMU\n"
              "[   2.0 s]   typed: a\\x1b[31mb\\x09\n"
              "[   3.0 s] step 8 done after 3.0 s\n"
              "[   3.0 s] Caf\xc3\xa9\n"
              "[   4.5 s] Caf\xc3\xa9 cut off after 1.5 s\n",
              "");
}

static void test_live(void **state) {
    (void)state;
    struct scene s;
    scene_begin(&s, 0, false, true, true);
    report_step(s.report, "8", "Start QEMU");
    expect_out(&s, "\r    8 Start QEMU     0.0 s\033[K");
    wait_for(&s, "boot:", 0.02, "");
    expect_out(&s, "\r    8 Start QEMU     0.0 s  waiting for boot: (0 s)"
                   "\033[K");
    s.seconds += 0.05; // too soon to be drawn again
    wait_for(&s, "boot:", 0.07, "");
    expect_out(&s, "");
    s.seconds += 12.25;
    wait_for(&s, "login:", 9.4,
             "OpenRC \033[1m0.54\xff is starting up Linux 6.6.31-0-virt (x86_64)");
    expect_out(&s, "\r    8 Start QEMU    12.3 s  waiting for login: (9 s)"
                   " | OpenRC \\x1b[1m0.54\\xff is starting up Linux \033[K");
    report_detail(s.report, "not shown without -v");
    expect_out(&s, "");
    report_step(s.report, "14", "Log in as root");
    expect_out(&s, "\r\033[K"
                   "✓   8 Start QEMU                                      12.3 s\n"
                   "\r   14 Log in as root     0.0 s\033[K");
    report_note(s.report, "plugged in");
    expect_out(&s, "\r\033[K   plugged in\n");
    wait_for(&s, "a", 0, "b"); // comes back at once
    expect_out(&s, "\r   14 Log in as root     0.0 s  waiting for a (0 s) | b"
                   "\033[K");
    s.columns = 80;
    s.seconds += 3;
    wait_for(&s, "login:", 0, "b"); // fewer words
    expect_out(&s, "\r   14 Log in as root     3.0 s  login: (0 s) | b\033[K");
    report_end(s.report, false);
    wait_for(&s, "a", 0, "b"); // nothing is open any more
    scene_end(&s, "\r\033[K✗  14 Log in as root                                   3.0 s\n", "");
}

static void test_live_colour(void **state) {
    (void)state;
    struct scene s;
    scene_begin(&s, 0, true, true, false);
    report_step(s.report, "3", "\xc3\x84");
    report_step(s.report, "4", "b");
    report_end(s.report, false);
    scene_end(
        &s,
        "\r    3 \\xc3\\x84     0.0 s\033[K"
        "\r\033[K\033[32mok\033[m  3 \\xc3\\x84                                         0.0 s\n"
        "\r    4 b     0.0 s\033[K"
        "\r\033[K\033[31m!!\033[m  4 b                                                0.0 s\n",
        "");
}

// The live line never reaches the last column, however narrow the terminal is.
static void test_live_narrow(void **state) {
    (void)state;
    static const char line[] = "日本語 and other text that is longer than most terminals are wide";
    for (unsigned columns = 0; columns < 120; columns++) {
        struct scene s;
        scene_begin(&s, 0, false, true, true);
        s.columns = columns;
        report_step(s.report, "14",
                    "Log in as root, whom nobody asks for a password, in the guest");
        pass_out(&s);
        wait_for(&s, "login:", 0, line);
        (void)fflush(s.out);
        const char *drawn = s.out_text + s.out_seen;
        size_t length = strlen(drawn);
        assert_true(length >= 4 && drawn[0] == '\r');
        assert_string_equal(drawn + length - 3, "\033[K");
        char text[512];
        size_t width = text_printable(text, sizeof text, SIZE_MAX, drawn + 1, length - 4, true);
        assert_null(strstr(text, "\\x"));
        assert_true(width < columns || (columns == 0 && width == 0));
        assert_true(columns < 80 || width + 2 >= columns || width > 90);
        report_free(s.report);
        (void)fclose(s.out);
        (void)fclose(s.err);
        free(s.out_text);
        free(s.err_text);
    }
}

// A line that was drawn is ended when the report is freed in the middle of a step.
static void test_live_free(void **state) {
    (void)state;
    struct scene s;
    scene_begin(&s, 0, false, true, true);
    report_step(s.report, "3", "a");
    scene_end(&s, "\r    3 a     0.0 s\033[K\n", "");
    report_free(NULL);
}

static struct plan example_plan(void) {
    static char disk[] = "/srv/my disk\n.qcow2";
    static char format[] = "qcow2";
    struct plan p = {.disk = disk,
                     .format = format,
                     .virtual_size = 536870912,
                     .resize = true,
                     .part = 2,
                     .partitions = 2,
                     .entry = {.boot = 0x80, .type = 0x83, .start = 33792, .sectors = 1014784},
                     .fs_blocks = 126848,
                     .known = KNOWN_GROWTH};
    p.before.virtual_size = 126353408;
    p.before.part = 2;
    p.before.mbr.entry[1] =
        (struct mbr_entry){.boot = 0x80, .type = 0x83, .start = 33792, .sectors = 212992};
    p.before.fs.version = 4;
    p.before.fs.blocks = 26624;
    p.before.fs.block_size = 4096;
    (void)reason_add(&p.reasons, REASON_START_UNALIGNED, "the start is odd");
    return p;
}

static void test_plan(void **state) {
    (void)state;
    struct plan p = example_plan();
    struct scene s;
    scene_begin(&s, 0, false, false, true);
    report_plan(s.report, &p);
    scene_end(&s,
              "Disk    /srv/my disk\\x0a.qcow2 (qcow2)\n"
              "Map     now     |..22222222222222                                                |\n"
              "        planned |..22222222222222222222222222222222222222222222222222222222222222|\n"
              "        a column is 8 MiB\n"
              "Now     120.5 MiB (126353408 bytes)\n"
              "        partition boot      start        end    sectors        size id\n"
              "                2    *      33792     246783     212992     104 MiB 83\n"
              "        ext4, 26624 blocks of 4096 bytes (104 MiB)\n"
              "Planned 512 MiB (536870912 bytes)\n"
              "        partition boot      start        end    sectors        size id\n"
              "                2    *      33792    1048575    1014784   495.5 MiB 83\n"
              "        ext4, 126848 blocks of 4096 bytes (495.5 MiB)\n",
              "qemu-grow: warning: the start is odd\n");
}

static void test_result(void **state) {
    (void)state;
    static char first[] = "Free blocks count wrong (1, counted=2).";
    static char second[] = "\033[2Jevil";
    char *const repairs[] = {first, second};
    struct plan p = example_plan();
    struct disk_state after = p.before;
    after.virtual_size = p.virtual_size;
    after.mbr.entry[1] = p.entry;
    after.mbr.entry[1].boot = 0;
    after.mbr.entry[1].type = 0x0c;
    after.mbr.entry[1].sectors = UINT32_MAX;
    after.fs.version = 2;
    after.fs.blocks = 507392;
    after.fs.block_size = 1024;
    struct proof proof = {.ok = false, .count = 3, .e2fsck_version = "1.47.0", .copied = 65536};
    proof.checks[0] = (struct proof_check){"boot-code", "the boot code", PROOF_TABLE, true, "", ""};
    proof.checks[1] = (struct proof_check){
        "fs-label", "the file system's label", PROOF_FS, false, "\"rootfs\"", "\"\033\""};
    proof.checks[2] =
        (struct proof_check){"fs-uuid", "the file system's UUID", PROOF_FS, true, "5935bdce", ""};
    struct scene s;
    scene_begin(&s, 0, false, false, true);
    report_result(s.report, &p, &after, &proof, repairs, 2, 123.45);
    expect_out(&s,
               "Grown   /srv/my disk\\x0a.qcow2 (qcow2)\n"
               "Before  120.5 MiB (126353408 bytes)\n"
               "        partition boot      start        end    sectors        size id\n"
               "                2    *      33792     246783     212992     104 MiB 83\n"
               "        ext4, 26624 blocks of 4096 bytes (104 MiB)\n"
               "After   512 MiB (536870912 bytes)\n"
               "        partition boot      start        end    sectors        size id\n"
               "                2           33792 4295001086 4294967295     1.9 TiB  c\n"
               "        ext2, 507392 blocks of 1024 bytes (495.5 MiB)\n"
               "Proof   table     boot code, disk signature 00000000, the other entries: as "
               "before\n"
               "        partition 2 from sector 33792 to 1048575, type 83, boot flag: not looked "
               "at\n"
               "        before it sectors 1 to 33791, boot block of the partition: not looked at\n"
               "        ext4      UUID 5935bdce, label \"rootfs\", 0 features, 126848 blocks: not "
               "as planned\n"
               "        !!        the file system's label was to be \"rootfs\", but is \"\\x1b\"\n"
               "        e2fsck    -fn on the host (1.47.0, 64 KiB read): not looked at\n"
               "        repairs   e2fsck repaired in the guest:\n"
               "                  Free blocks count wrong (1, counted=2).\n"
               "                  \\x1b[2Jevil\n"
               "Time    123.5 s\n");
    report_result(s.report, &p, &after, &proof, NULL, 0, 0);
    (void)fflush(s.out);
    assert_non_null(
        strstr(s.out_text, "repairs   e2fsck repaired nothing in the guest\nTime    0.0 s\n"));
    pass_out(&s);
    scene_end(&s, "", "");
}

static void test_failure(void **state) {
    (void)state;
    struct scene s;
    struct failure f;
    scene_begin(&s, 0, false, true, true);
    report_step(s.report, "19", "Grow the partition");
    pass_out(&s);
    (void)failure_set(&f, EXIT_ID_FDISK_FAILED, "look at the transcript", "fdisk said %s", "no\n");
    report_failure(s.report, &f, STAGE_TABLE);
    (void)failure_set(&f, EXIT_ID_USAGE, "see qemu-grow --help", "unknown option '-x'");
    report_failure(s.report, &f, STAGE_UNTOUCHED);
    (void)failure_set(&f, EXIT_ID_INTERNAL, "", "no memory");
    report_failure(s.report, &f, STAGE_UNTOUCHED);
    scene_end(
        &s, "\r\033[K✗  19 Grow the partition                               0.0 s\n",
        "qemu-grow: fdisk said no\\x0a; the disk's partition table is the old or the new one, and "
        "its file system is as it was; look at the transcript.\n"
        "qemu-grow: unknown option '-x'; see qemu-grow --help.\n"
        "qemu-grow: no memory; the disk has not been touched.\n");
}

// With -q, errors and nothing else.
static void test_quiet(void **state) {
    (void)state;
    for (int live = 0; live < 2; live++) {
        struct plan p = example_plan();
        struct scene s;
        struct failure f;
        scene_begin(&s, -1, true, live != 0, true);
        report_plan(s.report, &p);
        report_step(s.report, "3", "a");
        wait_for(&s, "a", 0, "b");
        report_note(s.report, "note");
        report_detail(s.report, "detail");
        report_step(s.report, "4", "b");
        report_end(s.report, false);
        const struct proof proof = {.ok = true};
        report_result(s.report, &p, &p.before, &proof, NULL, 0, 1);
        (void)failure_set(&f, EXIT_ID_NO_MBR, "", "DISK has no MBR");
        report_failure(s.report, &f, STAGE_UNTOUCHED);
        scene_end(&s, "", "qemu-grow: DISK has no MBR; the disk has not been touched.\n");
    }
}

static void test_text_printable(void **state) {
    (void)state;
    static const char override[] = {'\xe2', '\x80', '\xae', '\0'}; // right to left
    static const struct {
        const char *bytes, *text;
        size_t columns, width;
        bool utf8;
    } rows[] = {
        {"plain", "plain", 99, 5, true},
        {"plain", "pla", 3, 3, true},
        {"", "", 99, 0, true},
        {"a\tb\r\n", "a\\x09b\\x0d\\x0a", 99, 14, true},
        {"a\tb", "a", 4, 1, true}, // an escape is not cut
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", 99, 4, true},
        {"gr\xc3\xbc", "gr", 2, 2, true},
        {"gr\xc3\xbc", "gr\\xc3\\xbc", 99, 10, false},
        {"日本", "日本", 99, 4, true},
        {"日本", "日", 3, 2, true}, // half a character does not fit
        {"e\xcc\x81", "e\xcc\x81", 1, 1, true},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 99, 2, true},
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b"
         "31m",
         99, 11, true}, // C1's CSI
        {override, "\\xe2\\x80\\xae", 99, 12, true},
        {"\xff\xfe", "\\xff\\xfe", 99, 8, true},
        {"\xc3", "\\xc3", 99, 4, true},                             // cut off
        {"\xc0\xaf", "\\xc0\\xaf", 99, 8, true},                    // overlong
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf", 99, 12, true},          // overlong
        {"\xed\xa0\x80", "\\xed\\xa0\\x80", 99, 12, true},          // surrogate
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 99, 16, true}, // beyond U+10FFFF
        {"\x7f", "\\x7f", 99, 4, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64];
        size_t width = text_printable(text, sizeof text, rows[i].columns, rows[i].bytes,
                                      strlen(rows[i].bytes), rows[i].utf8);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(width, rows[i].width);
    }
    char text[4];
    assert_int_equal(text_printable(text, sizeof text, 99, "a\0b", 3, true), 1);
    assert_string_equal(text, "a"); // \x00 has no room
    assert_int_equal(text_printable(text, sizeof text, 99, "abcdef", 6, true), 3);
    assert_string_equal(text, "abc");
    assert_int_equal(text_printable(text, 1, 99, "abc", 3, true), 0);
    assert_string_equal(text, "");
}

static void test_text_bytes(void **state) {
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = {
        {0, "0 bytes"},
        {1, "1 byte"},
        {1023, "1023 bytes"},
        {1024, "1 KiB"},
        {1536, "1.5 KiB"},
        {1048575, "1023.9 KiB"},
        {536870912, "512 MiB"},
        {536870913, "512.0 MiB"},
        {(uint64_t)2 << 40, "2 TiB"},
        {UINT64_MAX, "15.9 EiB"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[TEXT_BYTES_SIZE];
        assert_string_equal(text_bytes(text, sizeof text, rows[i].bytes), rows[i].text);
    }
}

// The real clock and a stream that is no terminal.
static void test_host(void **state) {
    (void)state;
    FILE *null = fopen("/dev/null", "w");
    assert_non_null(null);
    assert_false(screen_is_live(null));
    assert_int_equal(screen_columns(null), 80);
    double before = monotonic_seconds();
    assert_true(monotonic_seconds() >= before && before > 0);
    struct report *r = report_new(null, null, 0, false, false);
    assert_non_null(r);
    report_step(r, "1", "a");
    report_free(r);
    (void)fclose(null);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipe),           cmocka_unit_test(test_pipe_verbose),
        cmocka_unit_test(test_live),           cmocka_unit_test(test_live_colour),
        cmocka_unit_test(test_live_narrow),    cmocka_unit_test(test_live_free),
        cmocka_unit_test(test_plan),           cmocka_unit_test(test_result),
        cmocka_unit_test(test_failure),        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_text_printable), cmocka_unit_test(test_text_bytes),
        cmocka_unit_test(test_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
