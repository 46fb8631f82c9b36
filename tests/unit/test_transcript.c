// The transcript file: every byte of it, and every failure told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/transcript.h"

static void test_bytes(void **state) {
    (void)state;
    char path[] = "/tmp/test_transcript.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0); // made anew, by transcript_open
    assert_int_equal(close(fd), 0);
    struct failure f;
    for (int i = 0; i < 2; i++) { // the second time over the first one's
        struct transcript *t = transcript_open(path, &f);
        assert_non_null(t);
        assert_int_equal(transcript_write(t, "a\0\r\n", 4, &f), 0);
        assert_int_equal(transcript_write(t, "", 0, &f), 0);
        assert_int_equal(transcript_write(t, "\033[6n", 4, &f), 0);
        char bytes[64];
        FILE *in = fopen(path, "rb");
        assert_non_null(in);
        assert_int_equal(fread(bytes, 1, sizeof bytes, in), 8); // unbuffered
        assert_memory_equal(bytes, "a\0\r\n\033[6n", 8);
        assert_int_equal(fclose(in), 0);
        assert_int_equal(transcript_write(t, "more", 4, &f), 0); // gone at the second opening
        assert_int_equal(transcript_close(t, &f), 0);
    }
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(unlink(path), 0);
}

// It is not handed on to programs.
static void test_close_on_exec(void **state) {
    (void)state;
    int before = open("/dev/null", O_RDONLY); // the next one gets this number
    assert_true(before >= 0);
    assert_int_equal(close(before), 0);
    struct failure f;
    struct transcript *t = transcript_open("/dev/null", &f);
    assert_non_null(t);
    assert_int_equal(fcntl(before, F_GETFD), FD_CLOEXEC);
    assert_int_equal(transcript_close(t, &f), 0);
    assert_int_equal(fcntl(before, F_GETFD), -1);
    assert_int_equal(transcript_close(NULL, &f), 0);
}

static void test_failures(void **state) {
    (void)state;
    struct failure f = {0};
    assert_null(transcript_open("/nonexistent/folder/file", &f));
    assert_int_equal(f.id, EXIT_ID_OUTPUT_UNWRITABLE);
    assert_non_null(strstr(f.what, "/nonexistent/folder/file"));
    assert_null(transcript_open("/tmp", &f));
    assert_int_equal(f.id, EXIT_ID_OUTPUT_UNWRITABLE);

    struct transcript *t = transcript_open("/dev/full", &f);
    assert_non_null(t);
    assert_int_equal(transcript_write(t, "x", 1, &f), -1);
    assert_int_equal(f.id, EXIT_ID_HOST_FULL);
    assert_int_equal(transcript_close(t, &f), 0);
}

// A file that may not grow any more: what fits is written, and the rest is told.
static void test_short_write(void **state) {
    (void)state;
    char path[] = "/tmp/test_transcript.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    struct failure f = {0};
    struct transcript *t = transcript_open(path, &f);
    assert_non_null(t);
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1000;
    (void)signal(SIGXFSZ, SIG_IGN);
    char bytes[1500];
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int result = transcript_write(t, bytes, sizeof bytes, &f);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(result, -1);
    assert_int_equal(f.id, EXIT_ID_IO_ERROR);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 1000);
    assert_int_equal(transcript_close(t, &f), 0);
    assert_int_equal(unlink(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_close_on_exec),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_short_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
