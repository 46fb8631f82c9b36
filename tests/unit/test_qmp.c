// A dialogue's commands for QEMU itself: when they are sent, with what, and what an answer means.
#include "workspace.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest/qmp.h"

static void sink(void *arg, enum qmp_place place, const char *line, size_t size) {
    (void)arg, (void)place, (void)line, (void)size;
}

// QEMU's side: what has come, and a descriptor that came with it (-1: none).
static size_t receive(int fd, char *text, size_t size, int *with) {
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec iov = {.iov_base = text, .iov_len = size - 1};
    struct msghdr m = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    const ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
    const struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
    *with = -1;
    if (header != NULL && header->cmsg_type == SCM_RIGHTS)
        memcpy(with, CMSG_DATA(header), sizeof *with);
    text[n > 0 ? (size_t)n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

static void answer(struct qmp *q, const char *line) {
    qmp_take_line(q, line, strlen(line), sink, NULL);
}

static void test_command(void **state) {
    (void)state;
    struct failure f;
    char text[512];
    int with = -1;
    const char *says = NULL;
    const char *status = NULL;
    struct qmp *q = qmp_new(&f);
    assert_non_null(q);
    // Nothing is sent before QEMU has greeted.
    assert_int_equal(qmp_ask(q, "{\"execute\": \"query-status\"}"), 0);
    qmp_pump(q, true, false, 0, sink, NULL);
    assert_int_equal(receive(qmp_theirs(q), text, sizeof text, &with), 0);
    answer(q, "{\"QMP\": {}}");
    qmp_pump(q, true, false, 0, sink, NULL);
    assert_true(receive(qmp_theirs(q), text, sizeof text, &with) > 0);
    assert_non_null(strstr(text, "qmp_capabilities"));
    assert_non_null(strstr(text, "query-status"));
    assert_int_equal(with, -1);
    // Answers to others are none.
    answer(q, "{\"return\": {}}");
    answer(q, "{\"return\": {\"status\": \"x\"}, \"id\": \"other\"}");
    assert_int_equal(qmp_answer(q, &says, &status), QMP_AWAITED);
    answer(q, "{\"return\": {\"status\": \"paused\"}, \"id\": \"dialogue\"}");
    assert_int_equal(qmp_answer(q, &says, &status), QMP_DONE);
    assert_string_equal(status, "paused");
    assert_string_equal(says, "{\"status\":\"paused\"}");
    // A refusal, and one that says nothing.
    assert_int_equal(qmp_ask(q, "{\"execute\": \"device_add\"}"), 0);
    assert_int_equal(qmp_answer(q, &says, &status), QMP_AWAITED);
    answer(q, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no bus\"}, \"id\": "
              "\"dialogue\"}");
    assert_int_equal(qmp_answer(q, &says, &status), QMP_REFUSED);
    assert_string_equal(says, "no bus");
    answer(q, "{\"id\": \"dialogue\"}");
    assert_int_equal(qmp_answer(q, &says, &status), QMP_REFUSED);
    qmp_free(q);
}

static void test_descriptor(void **state) {
    (void)state;
    struct failure f;
    char text[512];
    int with = -1;
    struct qmp *q = qmp_new(&f);
    assert_non_null(q);
    answer(q, "{\"QMP\": {}}");
    qmp_lend(q, STDERR_FILENO);
    assert_int_equal(qmp_ask(q, "{\"execute\": \"stop\"}"), 0);
    qmp_pump(q, true, false, 0, sink, NULL);
    (void)receive(qmp_theirs(q), text, sizeof text, &with);
    assert_int_equal(with, -1);
    assert_int_equal(qmp_ask(q, "{\"execute\": \"getfd\"}"), 0);
    qmp_pump(q, true, false, 0, sink, NULL);
    (void)receive(qmp_theirs(q), text, sizeof text, &with);
    assert_true(with >= 0);
    close(with);
    qmp_free(q);
}

static void test_no_command(void **state) {
    (void)state;
    struct failure f;
    struct qmp *q = qmp_new(&f);
    assert_non_null(q);
    assert_int_equal(qmp_ask(q, ""), -1);
    assert_int_equal(qmp_ask(q, "[]"), -1);
    assert_int_equal(qmp_ask(q, "{\"execute\": 1}"), -1);
    assert_int_equal(qmp_ask(q, "{\"execute\": \"a\" x"), -1);
    qmp_free(q);
}

enum { CELLS = 80 * 204, LOOK_MS = 5000 };

struct lines {
    char text[1024];
    size_t count;
};

static void gather(void *arg, enum qmp_place place, const char *line, size_t size) {
    struct lines *l = arg;
    const size_t used = strlen(l->text);
    l->count++;
    (void)snprintf(l->text + used, sizeof l->text - used, "%c%.*s",
                   place == QMP_SCREEN_KERNEL ? 'K' : 'S', (int)size, line);
}

// An answer of the monitor with some text on the screen, of `cells` cells.
static char *screen(const char *begin, const char *text, size_t cells, const char *end) {
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);
    const size_t length = strlen(text);
    (void)fputs(begin, out);
    for (size_t i = 0; i < cells; i++) {
        if (i % 8 == 0)
            (void)fprintf(out, "%s%016zx:", i == 0 ? "" : "\\r\\n", 0xb8000 + 2 * i);
        (void)fprintf(out, " 0x07%02x", (unsigned)(i < length ? text[i] : i % 3 == 0 ? 0 : ' '));
    }
    (void)fprintf(out, "\\r\\n%s", end);
    (void)fclose(out);
    return line;
}

// The screen is read the same from QEMU's own writing and from any other JSON.
static void test_screen(void **state) {
    (void)state;
    static const char row[] = "[    1.250000] Kernel panic: \"xyz\" 0x41";
    static const struct {
        const char *begin, *end;
        size_t cells;
        size_t lines;
    } rows[] = {
        {"{\"return\": \"", "\", \"id\": \"screen\"}", CELLS, 1},
        {"{\"return\": \"", "\", \"id\": \"screen\"}\r", CELLS, 1},
        {"{\"id\":\"screen\",\"return\":\"", "\"}", CELLS, 1},
        {"{\"return\": \"", "\", \"id\" : \"screen\"}", CELLS, 1},
        {"{\"return\": \"\\\"", "\", \"id\": \"screen\"}", CELLS, 1},
        {"{\"return\": \"", "\", \"id\": \"screen\"}", CELLS - 1, 0},
        {"{\"return\": \"", "\", \"id\": \"other\"}", CELLS, 0},
        {"{\"error\": \"", "\", \"id\": \"screen\"}", CELLS, 0},
        {"{\"return\": \"", "\", \"a\": \"b\", \"id\": \"screen\"", CELLS, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct failure f;
        struct lines lines = {.count = 0};
        struct qmp *q = qmp_new(&f);
        char *line = screen(rows[i].begin, row, rows[i].cells, rows[i].end);
        qmp_take_line(q, line, strlen(line), gather, &lines);
        if (lines.count != rows[i].lines)
            fail_msg("row %zu: %zu lines: %s", i, lines.count, lines.text);
        if (lines.count > 0)
            assert_string_equal(lines.text, "K[    1.250000] Kernel panic: \"xyz\" 0x41\n");
        free(line);
        qmp_free(q);
    }
}

// How many times the screen was asked for.
static int asks(struct qmp *q) {
    char text[1024];
    int with = -1;
    int n = 0;
    (void)receive(qmp_theirs(q), text, sizeof text, &with);
    for (const char *at = text; (at = strstr(at, "\"screen\"")) != NULL; at++)
        n++;
    return n;
}

// The screen is asked for some seconds after the greeting, and then every so many.
static void test_looks(void **state) {
    (void)state;
    struct failure f;
    struct qmp *q = qmp_new(&f);
    qmp_pump(q, true, true, 100, sink, NULL);
    answer(q, "{\"QMP\": {}}");
    qmp_pump(q, true, true, 1000, sink, NULL);
    qmp_pump(q, true, true, 999 + LOOK_MS, sink, NULL);
    assert_int_equal(asks(q), 0);
    qmp_pump(q, true, false, 1000 + LOOK_MS, sink, NULL); // the guest is not quiet
    assert_int_equal(asks(q), 0);
    qmp_pump(q, true, true, 1001 + LOOK_MS, sink, NULL);
    assert_int_equal(asks(q), 1);
    qmp_pump(q, true, true, 2001 + 2 * LOOK_MS, sink, NULL); // not answered
    assert_int_equal(asks(q), 0);
    answer(q, "{\"return\": \"\", \"id\": \"screen\"}");
    qmp_pump(q, true, true, 2001 + 2 * LOOK_MS, sink, NULL);
    assert_int_equal(asks(q), 1);
    qmp_free(q);
}

// What has come is read when it is said to; a command is given at once; an end is an end.
static void test_socket(void **state) {
    (void)state;
    static const char greeting[] = "{\"QMP\": {}}\n";
    struct failure f;
    char text[512];
    int with = -1;
    struct qmp *q = qmp_new(&f);
    const int theirs = dup(qmp_theirs(q));
    assert_int_equal(write(theirs, greeting, sizeof greeting - 1), sizeof greeting - 1);
    qmp_pump(q, false, false, 0, sink, NULL);
    assert_int_equal(receive(theirs, text, sizeof text, &with), 0);
    struct pollfd come = {.fd = qmp_fd(q), .events = POLLIN};
    assert_int_equal(poll(&come, 1, 0), 1);
    qmp_pump(q, true, false, 0, sink, NULL);
    assert_int_equal(poll(&come, 1, 0), 0);
    assert_true(receive(theirs, text, sizeof text, &with) > 0);
    assert_int_equal(qmp_ask(q, "{\"execute\": \"stop\"}"), 0);
    assert_true(receive(theirs, text, sizeof text, &with) > 0);
    assert_non_null(strstr(text, "\"stop\""));
    qmp_started(q);
    close(theirs);
    qmp_pump(q, true, false, 0, sink, NULL);
    assert_int_equal(qmp_fd(q), -1); // so that nobody waits for it
    qmp_free(q);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command),    cmocka_unit_test(test_descriptor),
        cmocka_unit_test(test_no_command), cmocka_unit_test(test_screen),
        cmocka_unit_test(test_looks),      cmocka_unit_test(test_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
