// A dialogue's commands for QEMU itself: when they are sent, with what, and what an answer means.
#include "workspace.h"

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
    qmp_pump(q, false, 0, sink, NULL);
    assert_int_equal(receive(qmp_theirs(q), text, sizeof text, &with), 0);
    answer(q, "{\"QMP\": {}}");
    qmp_pump(q, false, 0, sink, NULL);
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
    qmp_pump(q, false, 0, sink, NULL);
    (void)receive(qmp_theirs(q), text, sizeof text, &with);
    assert_int_equal(with, -1);
    assert_int_equal(qmp_ask(q, "{\"execute\": \"getfd\"}"), 0);
    qmp_pump(q, false, 0, sink, NULL);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_descriptor),
        cmocka_unit_test(test_no_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
