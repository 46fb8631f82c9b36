// Reads QMP: events, and the text of the guest's screen out of its video memory.
#include "guest/qmp.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 256 * 1024, // of the protocol; longer ones are thrown away
    SCREEN_COLUMNS = 80,
    SCREEN_ROWS = 204, // of the whole memory: Linux scrolls by showing another part of it
    SCREEN_CELLS = SCREEN_COLUMNS * SCREEN_ROWS, // two bytes each: letter and colour
    LOOK_MS = 5000,                              // before a look at the screen, and between two
    TEXT_MAX = 4096,
};

// VGA's text memory, all SCREEN_CELLS; the id tells the answer from others.
#define ASK_CAPABILITIES "{\"execute\":\"qmp_capabilities\"}\n"
#define ASK_SCREEN                                                                                 \
    "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"xp /16320hx "        \
    "0xb8000\"},\"id\":\"screen\"}\n"

#define DIALOGUE_ID "dialogue"

struct qmp {
    int ours, theirs; // -1 when closed
    char *line;       // what has come of a line
    size_t size, room;
    bool too_long;
    bool greeted;  // commands may be given
    bool asked;    // the screen's answer is still to come
    bool begun;    // `next` is set
    uint64_t next; // when the screen may be asked for again
    char *command; // the dialogue's, until it is sent; or NULL
    int lent;      // goes with it; or -1
    enum qmp_answer answer;
    char *says, *status; // or NULL
};

struct qmp *qmp_new(struct failure *f) {
    struct qmp *q = calloc(1, sizeof *q);
    int ends[2] = {-1, -1};
    if (q != NULL && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
        q->ours = ends[0];
        q->theirs = ends[1];
        q->lent = -1;
        return q;
    }
    (void)failure_set(f, EXIT_ID_INTERNAL, "run again", "no socket for QEMU: %s", strerror(errno));
    free(q);
    return NULL;
}

static void close_end(int *fd) {
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

void qmp_free(struct qmp *q) {
    if (q == NULL)
        return;
    close_end(&q->ours);
    close_end(&q->theirs);
    free(q->line);
    free(q->command);
    free(q->says);
    free(q->status);
    free(q);
}

int qmp_theirs(const struct qmp *q) {
    return q->theirs;
}

void qmp_started(struct qmp *q) {
    close_end(&q->theirs);
}

static void say(struct qmp *q, const char *text) {
    // A QEMU that does not read is none to talk to.
    if (q->ours >= 0 && send(q->ours, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        close_end(&q->ours);
}

// The same, with a descriptor of ours for QEMU to have.
static void say_with(struct qmp *q, const char *text, int fd) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof fd)];
    } control = {.bytes = {0}};
    struct iovec iov = {.iov_base = (void *)text, .iov_len = strlen(text)};
    struct msghdr message = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    if (q->ours >= 0 && sendmsg(q->ours, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        close_end(&q->ours);
}

// Appends to a text of TEXT_MAX bytes, as far as there is room.
static void add(char *text, const char *glue, const char *key, const char *value) {
    const size_t used = strlen(text);
    (void)snprintf(text + used, TEXT_MAX - used, "%s%s=%s", glue, key, value);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// An event, its keys in order, so that a pattern can name several.
static void tell_event(const char *name, json_t *data, qmp_sink *sink, void *arg) {
    char text[TEXT_MAX];
    const char *keys[32];
    size_t count = 0;
    const char *key = NULL;
    json_t *value = NULL;
    (void)snprintf(text, sizeof text, "%s", name);
    json_object_foreach(data, key, value) {
        if (count < sizeof keys / sizeof *keys)
            keys[count++] = key;
    }
    qsort(keys, count, sizeof *keys, by_name);
    for (size_t i = 0; i < count; i++) {
        value = json_object_get(data, keys[i]);
        char *other =
            json_is_string(value) ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        add(text, " ", keys[i], json_is_string(value) ? json_string_value(value) : other);
        free(other);
    }
    for (char *c = text; *c != '\0'; c++)
        if (iscntrl((unsigned char)*c))
            *c = ' ';
    add(text, "", "", "");
    text[strlen(text) - 1] = '\n'; // in place of the last `=`
    sink(arg, QMP_EVENT, text, strlen(text));
}

// Whether a line is one of the kernel's: [ blanks digits . digits ]
static bool is_kernel(const char *line) {
    if (*line++ != '[')
        return false;
    line += strspn(line, " ");
    const size_t whole = strspn(line, "0123456789");
    const size_t part = line[whole] == '.' ? strspn(line + whole + 1, "0123456789") : 0;
    return whole > 0 && part > 0 && line[whole + 1 + part] == ']';
}

// The screen's lines; one that fills its row goes on in the next.
static void tell_screen(const char cells[SCREEN_CELLS], qmp_sink *sink, void *arg) {
    char line[SCREEN_CELLS + 1];
    size_t size = 0;
    for (size_t row = 0; row < SCREEN_ROWS; row++) {
        memcpy(line + size, cells + row * SCREEN_COLUMNS, SCREEN_COLUMNS);
        size += SCREEN_COLUMNS;
        if (line[size - 1] != ' ' && row + 1 < SCREEN_ROWS)
            continue;
        while (size > 0 && line[size - 1] == ' ')
            size--;
        line[size] = '\n';
        if (size > 0)
            sink(arg, is_kernel(line) ? QMP_SCREEN_KERNEL : QMP_SCREEN, line, size + 1);
        size = 0;
    }
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

// The monitor's answer: lines of ADDRESS: 0xCCLL 0xCCLL ..., a colour and a letter each.
static void take_screen(const char *answer, size_t size, qmp_sink *sink, void *arg) {
    char cells[SCREEN_CELLS];
    size_t count = 0;
    const char *end = answer + size;
    for (const char *x = answer;
         count < SCREEN_CELLS && (x = memchr(x, 'x', (size_t)(end - x))) != NULL;) {
        const bool number = x > answer && x[-1] == '0';
        unsigned letter = 0;
        for (int digit = 0; ++x < end && (digit = hex_digit(*x)) >= 0;)
            letter = (letter << 4 | (unsigned)digit) & 0xff;
        if (number)
            cells[count++] = isprint((int)letter) ? (char)letter : ' ';
    }
    if (count == SCREEN_CELLS)
        tell_screen(cells, sink, arg);
}

// The screen's answer comes to 160 KB, and a parser of JSON takes longer with it than with all that
// QEMU says else. This takes it as QEMU writes it: one string without a quote in it, then the id.
// False: it is something else.
static bool take_plain_screen(struct qmp *q, const char *line, size_t size, qmp_sink *sink,
                              void *arg) {
    static const char head[] = "{\"return\": \"";
    static const char tail[] = "\", \"id\": \"screen\"}";
    const size_t around = sizeof head + sizeof tail - 2;
    if (size > 0 && line[size - 1] == '\r')
        size--;
    if (size < around || memcmp(line, head, sizeof head - 1) != 0 ||
        memcmp(line + size - (sizeof tail - 1), tail, sizeof tail - 1) != 0 ||
        memchr(line + sizeof head - 1, '"', size - around) != NULL)
        return false;
    q->asked = false;
    take_screen(line + sizeof head - 1, size - around, sink, arg);
    return true;
}

// ------------------------------------------------------------------ a dialogue's commands

static void forget(struct qmp *q) {
    free(q->command);
    free(q->says);
    free(q->status);
    q->command = q->says = q->status = NULL;
    q->answer = QMP_AWAITED;
}

void qmp_lend(struct qmp *q, int fd) {
    q->lent = fd;
}

enum qmp_answer qmp_answer(const struct qmp *q, const char **says, const char **status) {
    *says = q->says == NULL ? "" : q->says;
    *status = q->status == NULL ? "" : q->status;
    return q->answer;
}

static void send_command(struct qmp *q) {
    if (q->command == NULL || !q->greeted || q->ours < 0)
        return;
    if (q->lent >= 0 && strstr(q->command, "\"getfd\"") != NULL)
        say_with(q, q->command, q->lent);
    else
        say(q, q->command);
    say(q, "\n");
    free(q->command);
    q->command = NULL;
}

int qmp_ask(struct qmp *q, const char *command) {
    json_t *root = json_loads(command, JSON_REJECT_DUPLICATES, NULL);
    forget(q);
    if (json_is_string(json_object_get(root, "execute")) &&
        json_object_set_new(root, "id", json_string(DIALOGUE_ID)) == 0)
        q->command = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (q->command == NULL)
        return -1;
    send_command(q);
    return 0;
}

// Its answer: {"return": ..., "id": ...} or {"error": {"desc": ...}, "id": ...}.
static void take_answer(struct qmp *q, const json_t *root) {
    const json_t *value = json_object_get(root, "return");
    const char *why = json_string_value(json_object_get(json_object_get(root, "error"), "desc"));
    const char *status = json_string_value(json_object_get(value, "status"));
    forget(q);
    q->answer = value == NULL ? QMP_REFUSED : QMP_DONE;
    if (value != NULL)
        q->says = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    else
        q->says = strdup(why == NULL ? "it gave no reason" : why);
    q->status = status == NULL ? NULL : strdup(status);
}

void qmp_take_line(struct qmp *q, const char *line, size_t size, qmp_sink *sink, void *arg) {
    if (take_plain_screen(q, line, size, sink, arg))
        return;
    json_t *root = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
    const char *event = json_string_value(json_object_get(root, "event"));
    const char *id = json_string_value(json_object_get(root, "id"));
    const char *answer = json_string_value(json_object_get(root, "return"));
    if (json_object_get(root, "QMP") != NULL && !q->greeted) {
        say(q, ASK_CAPABILITIES);
        q->greeted = true;
    } else if (event != NULL) {
        tell_event(event, json_object_get(root, "data"), sink, arg);
    } else if (id != NULL && strcmp(id, DIALOGUE_ID) == 0) {
        take_answer(q, root);
    } else if (id != NULL && strcmp(id, "screen") == 0) {
        q->asked = false;
        if (answer != NULL)
            take_screen(answer, strlen(answer), sink, arg);
    }
    json_decref(root);
}

// Keeps bytes up to the line's end.
static void keep(struct qmp *q, const char *bytes, size_t size) {
    if (q->size + size > LINE_MAX_BYTES)
        q->too_long = true;
    if (q->size + size > q->room && !q->too_long) {
        char *larger = realloc(q->line, 2 * (q->size + size));
        if (larger == NULL)
            q->too_long = true;
        else {
            q->line = larger;
            q->room = 2 * (q->size + size);
        }
    }
    if (q->too_long)
        return;
    memcpy(q->line + q->size, bytes, size);
    q->size += size;
}

static void take(struct qmp *q, const char *bytes, size_t size, qmp_sink *sink, void *arg) {
    while (size > 0) {
        const char *end = memchr(bytes, '\n', size);
        const size_t n = end == NULL ? size : (size_t)(end - bytes);
        keep(q, bytes, n);
        if (end == NULL)
            return;
        if (!q->too_long && q->size > 0)
            qmp_take_line(q, q->line, q->size, sink, arg);
        q->size = 0;
        q->too_long = false;
        bytes += n + 1;
        size -= n + 1;
    }
}

int qmp_fd(const struct qmp *q) {
    return q->ours;
}

void qmp_pump(struct qmp *q, bool come, bool look, uint64_t now_ms, qmp_sink *sink, void *arg) {
    char bytes[16 * 1024];
    ssize_t n = 0;
    while (come && q->ours >= 0 && (n = recv(q->ours, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        take(q, bytes, (size_t)n, sink, arg);
    if (come && n == 0 && q->ours >= 0)
        close_end(&q->ours);
    send_command(q);
    if (q->greeted && !q->begun) { // nothing is on a screen that has just been made
        q->begun = true;
        q->next = now_ms + LOOK_MS;
    }
    if (look && q->greeted && !q->asked && q->ours >= 0 && now_ms >= q->next) {
        say(q, ASK_SCREEN);
        q->asked = true;
        q->next = now_ms + LOOK_MS;
    }
}
