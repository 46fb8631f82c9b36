// A recording: secrets however they are cut, all files of a run, and what cannot be written.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/monotonic.h"
#include "record/read.h"
#include "record/record.h"
#include "record/redact.h"

// What a keeper does with redact.h: bytes are released once all is known of them.
struct desk {
    char bytes[4096];
    size_t size, released;
};

static void mask(void *desk, enum redact_side side, struct redact_range range) {
    struct desk *d = desk;
    if (side != REDACT_OUTPUT)
        return;
    assert_true(range.begin >= d->released && range.end <= d->size);
    memset(d->bytes + range.begin, REDACT_MASK, (size_t)(range.end - range.begin));
}

static void feed(struct redact *x, struct desk *d, const char *text, size_t size) {
    memcpy(d->bytes + d->size, text, size);
    d->size += size;
    d->released =
        (size_t)redact_feed(x, REDACT_OUTPUT, d->bytes + d->size - size, size, false, mask, d);
    assert_true(d->released <= d->size);
}

static void finish(struct redact *x, struct desk *d) {
    assert_int_equal(redact_feed(x, REDACT_OUTPUT, NULL, 0, true, mask, d), d->size);
    d->bytes[d->size] = '\0';
}

static const char text[] = "a hunter2 b key=123456 hunhunter2ter2 key=9";
static const char wanted[] = "a ******* b ********** hun*******ter2 *****";
static const char *const patterns[] = {"hunter2", "key=[0-9]+"};

// Every two places at which the text can be cut.
static void test_borders(void **state) {
    (void)state;
    struct failure f;
    const size_t size = sizeof text - 1;
    for (size_t i = 0; i <= size; i++)
        for (size_t j = i; j <= size; j++) {
            struct redact *x = redact_new(patterns, 2, &f);
            struct desk d = {.size = 0};
            feed(x, &d, text, i);
            feed(x, &d, text + i, j - i);
            feed(x, &d, text + j, size - j);
            finish(x, &d);
            assert_string_equal(d.bytes, wanted);
            redact_free(x);
        }
    char line[sizeof text];
    struct redact *x = redact_new(patterns, 2, &f);
    memcpy(line, text, sizeof text);
    assert_true(redact_text(x, line, size));
    assert_string_equal(line, wanted);
    assert_false(redact_text(x, line, size));
    // What may be the beginning of a secret is held back, and no more than that.
    struct desk d = {.size = 0};
    feed(x, &d, "no hunte", 8);
    assert_int_equal(d.released, 3);
    feed(x, &d, "d", 1);
    assert_int_equal(d.released, 9);
    redact_free(x);
}

static void nothing(void *arg, enum redact_side side, struct redact_range range) {
    (void)arg, (void)side, (void)range;
}

static void test_password(void **state) {
    (void)state;
    struct failure f;
    struct redact *x = redact_new(NULL, 0, &f);
    struct desk d = {.size = 0};
    char keys[] = "root\rgeheim12\rls\r";
    feed(x, &d, "\r\nlocalhost login: root\r\nPass", 29);
    (void)redact_feed(x, REDACT_INPUT, keys, 5, false, nothing, NULL);
    feed(x, &d, "word: ", 6);
    for (size_t i = 5; i < sizeof keys - 1; i++) { // key by key
        (void)redact_feed(x, REDACT_INPUT, keys + i, 1, false, nothing, NULL);
        feed(x, &d, keys[i] == REDACT_MASK ? "g" : "", keys[i] == REDACT_MASK);
    }
    assert_string_equal(keys, "root\r********\rls\r");
    feed(x, &d, "\r\n# echo geheim12\r\n", 19); // shown later
    finish(x, &d);
    assert_null(strstr(d.bytes, "geheim12"));
    assert_non_null(strstr(d.bytes, "Password: ********\r\n# echo ********\r\n"));
    assert_true(redact_active(x));
    redact_free(x);
}

// As a console echoes what is typed: each byte twice, with cursor moves, line ends, kernel lines.
static const char echoed[] = "boot: kkeeyy==hhuunn\x1b[05;02Htteerr\x1b[?7h22 \r\n# x "
                             "hunt\r\r\ner2 hun[    1.500000] usb 1\nter2\n";
static const char echo_wanted[] = "boot: kkeeyy==******\x1b[05;02H******\x1b[?7h** \r\n# x "
                                  "****\r\r\n*** ***********************\n"
                                  "****\n";

static void test_echo(void **state) {
    (void)state;
    struct failure f;
    for (int key_by_key = 0; key_by_key < 2; key_by_key++)
        for (size_t cut = 0; cut < sizeof echoed; cut++) {
            struct redact *x = redact_new(patterns, 2, &f);
            struct desk d = {.size = 0};
            char keys[] = "hunter2\r";
            if (!key_by_key) {
                redact_learn(x, "--append=a=hunter2 b", 20);
                feed(x, &d, echoed, cut);
                feed(x, &d, echoed + cut, sizeof echoed - 1 - cut);
                finish(x, &d);
                assert_string_equal(d.bytes, echo_wanted);
            }
            // The echo of each key comes before the next key; the keeper holds all of it back.
            const size_t begin = d.size;
            for (size_t i = 0; i < sizeof keys - 1; i++) {
                const char twice[] = {keys[i], keys[i], '\0'};
                (void)redact_feed(x, REDACT_INPUT, keys + i, 1, false, mask, &d);
                d.released = begin;
                memcpy(d.bytes + d.size, twice, 2);
                d.size += 2;
                (void)redact_feed(x, REDACT_OUTPUT, d.bytes + d.size - 2, 2, false, mask, &d);
            }
            (void)redact_feed(x, REDACT_OUTPUT, NULL, 0, false, mask, &d);
            d.bytes[d.size] = '\0';
            assert_string_equal(d.bytes + begin, "**************\r\r");
            redact_free(x);
        }
}

static void test_bad_pattern(void **state) {
    (void)state;
    static const char *const bad[] = {"(", "x*", "a$"};
    struct failure f;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(redact_new(bad + i, 1, &f));
        assert_int_equal(f.id, EXIT_ID_USAGE);
        assert_non_null(strstr(f.what, bad[i]));
    }
}

static char folder[] = "/tmp/test_record.XXXXXX";

static struct record *begin(const char *const *redact, size_t count) {
    struct failure f = {.what = ""};
    char *argv[] = {(char *)"qemu-grow", NULL};
    struct options o = {
        .transcript = folder, .argv = argv, .redact = {(const char **)redact, count}};
    char *note = NULL;
    struct record *r = record_new(monotonic_seconds());
    record_repair(r, "before there is a folder");
    (void)strcpy(folder, "/tmp/test_record.XXXXXX");
    assert_non_null(mkdtemp(folder));
    if (record_open(r, &o, &note, &f) != 0)
        fail_msg("%s", f.what);
    assert_null(note);
    return r;
}

static void remove_folder(void) {
    static const char *const names[] = {"output.log", "input.log", "timing.log", "session.cast",
                                        "events.jsonl"};
    char path[4096];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
}

static void output(struct record *r, const char *bytes) {
    record_output(r, bytes, strlen(bytes));
}

// All that goes in comes out, in its order; kernel lines are told by the keeper.
static void test_whole(void **state) {
    (void)state;
    struct failure f;
    struct record *r = begin(patterns, 2);
    output(r, "boot\r\n[    1.500000] usb 1-1: hun");
    record_input(r, "ke", 2);
    output(r, "ter2\r\n\xff");
    record_input(r, "y=77 \r", 6);
    record_state(r, "fdisk", "print", "19", "Give", 1.5, 1700000000);
    record_typed(r, "p key=77", "fdisk");
    char large[100000];
    memset(large, 'x', sizeof large);
    for (int i = 0; i < 40; i++) // several times what the ring holds
        record_output(r, large, sizeof large);
    char long_text[100001]; // several times what a message holds
    memset(long_text, 'y', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    record_typed(r, long_text, "shell");
    record_end(r, 7);
    assert_int_equal(record_failed(r, &f), 0);
    assert_int_equal(record_close(r, &f), 0);
    struct reading in;
    assert_int_equal(reading_open(&in, folder, &f), 0);
    static const char shown[] = "boot\r\n[    1.500000] usb 1-1: *******\r\n\xff";
    assert_int_equal(in.output_size, sizeof shown - 1 + 40 * sizeof large);
    assert_memory_equal(in.output, shown, sizeof shown - 1);
    assert_int_equal(in.input_size, 8);
    assert_memory_equal(in.input, "****** \r", 8);
    static const char *const types[] = {"start", "repair", "kernel", "state",
                                        "typed", "typed",  "end"};
    size_t i = 0;
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        assert_string_equal(reading_text(reading_next(&in, NULL, &i), "type"), types[t]);
    i = 0;
    assert_string_equal(reading_text(reading_next(&in, "kernel", &i), "text"),
                        "[    1.500000] usb 1-1: *******");
    assert_string_equal(reading_text(reading_next(&in, "typed", &i), "text"), "p ******");
    assert_string_equal(reading_text(reading_next(&in, "typed", &i), "text"), long_text);
    assert_true(in.piece_count >= 44 && !in.pieces[0].input && in.pieces[1].input);
    reading_free(&in);
    remove_folder();
}

enum { LIMIT = 4 * 1024 * 1024 }; // bytes: more than the ring has

static void test_limit(void **state) {
    (void)state;
    struct failure f = {.id = EXIT_ID_OK};
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {.rlim_cur = LIMIT, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct record *r = begin(NULL, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    static char bytes[LIMIT / 8];
    for (int i = 0; i < 10; i++)
        record_output(r, bytes, sizeof bytes);
    assert_int_equal(record_close(r, &f), -1);
    assert_int_equal(f.id, EXIT_ID_IO_ERROR);
    assert_non_null(strstr(f.what, folder));
    remove_folder();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_borders), cmocka_unit_test(test_password),
        cmocka_unit_test(test_echo),    cmocka_unit_test(test_bad_pattern),
        cmocka_unit_test(test_whole),   cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
