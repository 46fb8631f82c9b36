// What is recorded for each piece of the console: the same as the JSON library would write, however
// the bytes were cut.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/event.h"
#include "record/formats.h"
#include "record/jsontext.h"

enum { TRIALS = 3000, BYTES_MAX = 300, PIECES_MAX = 20 };

// What a console may hold, rare things often.
static char some_byte(void) {
    static const char all[] =
        "ab \"\\\r\n\t\b\f\x1b\x7f\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xed\xa0"
        "\xc0\xe0\xff/";
    const int r = rand();
    return r % 3 == 0 ? all[(unsigned)r / 3 % sizeof all] : (char)('a' + r % 26);
}

static size_t some_bytes(char *bytes) {
    const size_t size = (size_t)rand() % BYTES_MAX;
    for (size_t i = 0; i < size; i++)
        bytes[i] = some_byte();
    return size;
}

// How many bytes the character has, by the library; -1: none.
static int character(const char *bytes, size_t size) {
    for (size_t n = 1; n <= 4 && n <= size; n++) {
        json_t *one = json_stringn(bytes, n);
        json_decref(one);
        if (one != NULL)
            return (int)n;
    }
    return -1;
}

// Each byte that is no part of a character becomes U+FFFD.
static json_t *as_text(const char *bytes, size_t size) {
    char text[3 * BYTES_MAX];
    size_t written = 0;
    for (size_t at = 0; at < size;) {
        const int n = character(bytes + at, size - at);
        memcpy(text + written, n < 0 ? "\xef\xbf\xbd" : bytes + at, n < 0 ? 3 : (size_t)n);
        written += n < 0 ? 3 : (size_t)n;
        at += n < 0 ? 1 : (size_t)n;
    }
    return json_stringn(text, written);
}

// All that the events of one kind say.
static json_t *told(const char *path, const char *kind) {
    char *line = NULL;
    size_t room = 0;
    char text[3 * BYTES_MAX];
    size_t size = 0;
    double last = 0;
    FILE *in = fopen(path, "re");
    assert_non_null(in);
    while (getline(&line, &room, in) >= 0) {
        json_error_t error;
        json_t *event = json_loads(line, JSON_ALLOW_NUL, &error);
        if (event == NULL)
            fail_msg("%s: %s", error.text, line);
        const json_t *data = json_array_get(event, 2);
        if (json_is_array(event)) {
            assert_true(json_number_value(json_array_get(event, 0)) >= last);
            last = json_number_value(json_array_get(event, 0));
        }
        if (json_is_array(event) &&
            strcmp(json_string_value(json_array_get(event, 1)), kind) == 0) {
            assert_true(json_string_length(data) > 0);
            memcpy(text + size, json_string_value(data), json_string_length(data));
            size += json_string_length(data);
        }
        json_decref(event);
    }
    (void)fclose(in);
    free(line);
    return json_stringn(text, size);
}

static void one_cast(const char *bytes, size_t size) {
    static const char path[] = "session.cast";
    static struct cast c;
    (void)unlink(path);
    cast_open(&c, AT_FDCWD, 0, "a \"title\"");
    for (size_t at = 0; at < size;) {
        const size_t rest = size - at;
        size_t n = (size_t)rand() % PIECES_MAX;
        n = n < rest ? n : rest;
        cast_piece(&c, false, (uint64_t)at * 999999, bytes + at, n);
        at += n;
    }
    const size_t open = c.open_size[0];
    cast_mark(&c, 0, "19 fdisk/\"print\"");
    sheet_close(&c.sheet);
    assert_int_equal(c.sheet.error, 0);
    json_t *got = told(path, "o");
    json_t *wanted = as_text(bytes, size - open);
    assert_true(open < 4 && character(bytes + size - open, open) < 0);
    assert_true(json_equal(got, wanted));
    json_decref(got);
    json_decref(wanted);
    got = told(path, "m");
    assert_string_equal(json_string_value(got), "19 fdisk/\"print\"");
    json_decref(got);
}

static void test_cast(void **state) {
    (void)state;
    char bytes[BYTES_MAX];
    for (unsigned i = 0; i < TRIALS; i++) {
        srand(i);
        one_cast(bytes, some_bytes(bytes));
    }
}

// A kernel line's event is the library's, byte for byte.
static void test_kernel(void **state) {
    (void)state;
    static struct sheet s;
    char bytes[BYTES_MAX];
    s.fd = -1;
    unsigned written = 0;
    for (unsigned i = 0; i < TRIALS; i++) {
        srand(i);
        const size_t size = some_bytes(bytes) / 8;
        bool ascii = true;
        for (size_t k = 0; k < size; k++)
            ascii = ascii && (unsigned char)bytes[k] < 0x80;
        const uint64_t us = (uint64_t)rand() * (i % 5);
        s.size = 0;
        assert_int_equal(kernel_line(&s, us, bytes, size, i), ascii);
        char *wanted = event_kernel(us, bytes, size, i);
        assert_non_null(wanted);
        assert_int_equal(s.size, ascii ? strlen(wanted) : 0);
        assert_memory_equal(s.buffer, wanted, s.size);
        written += ascii;
        free(wanted);
    }
    assert_true(written > TRIALS / 10);
}

static void test_numbers(void **state) {
    (void)state;
    static const uint64_t numbers[] = {0, 9, 10, 999999, 1000000, 1000001, 61234567, UINT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char out[64];
        char wanted[64];
        *jsontext_number(out, numbers[i]) = '\0';
        (void)snprintf(wanted, sizeof wanted, "%llu", (unsigned long long)numbers[i]);
        assert_string_equal(out, wanted);
        *jsontext_seconds(out, numbers[i]) = '\0';
        (void)snprintf(wanted, sizeof wanted, "%llu.%06llu",
                       (unsigned long long)numbers[i] / 1000000,
                       (unsigned long long)numbers[i] % 1000000);
        assert_string_equal(out, wanted);
    }
}

int main(void) {
    char folder[] = "/tmp/test_jsontext.XXXXXX";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cast),
        cmocka_unit_test(test_kernel),
        cmocka_unit_test(test_numbers),
    };
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink("session.cast");
    (void)rmdir(folder);
    return failed;
}
