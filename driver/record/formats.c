// Raw logs, timing log, asciicast.
#include "record/formats.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { US = 1000000, UTF8_MAX = 4 };

void sheet_open(struct sheet *s, int folder, const char *name) {
    *s = (struct sheet){0};
    s->fd =
        openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY | O_APPEND, 0600);
    if (s->fd < 0)
        s->error = errno;
}

void sheet_write(struct sheet *s, const void *bytes, size_t size) {
    const char *from = bytes;
    while (size > 0 && s->error == 0) {
        const ssize_t n = write(s->fd, from, size);
        if (n > 0) {
            from += n;
            size -= (size_t)n;
        } else if (n < 0 && errno != EINTR)
            s->error = errno;
    }
}

void sheet_print(struct sheet *s, const char *format, ...) {
    char *text = NULL;
    va_list args;
    va_start(args, format);
    const int size = vasprintf(&text, format, args);
    va_end(args);
    if (size < 0) {
        s->error = ENOMEM;
        return;
    }
    sheet_write(s, text, (size_t)size);
    free(text);
}

void sheet_sync(struct sheet *s) {
    if (s->fd >= 0)
        (void)fdatasync(s->fd); // what it cannot do, nobody can
}

void sheet_close(struct sheet *s) {
    if (s->fd >= 0 && close(s->fd) != 0 && errno != EINTR && s->error == 0)
        s->error = errno;
    s->fd = -1;
}

void raw_open(struct sheet *s, int folder, const char *name, const char *wall) {
    sheet_open(s, folder, name);
    sheet_print(s, "Script started on %s [COMMAND=\"qemu-grow\" COLUMNS=\"%d\" LINES=\"%d\"]\n",
                wall, CONSOLE_COLUMNS, CONSOLE_ROWS);
}

// A line of the timing log; the time is what has passed since the one before.
static void timing_line(struct timing *t, uint64_t us, const char *kind, const char *rest) {
    const uint64_t passed = us > t->last_us ? us - t->last_us : 0;
    t->last_us += passed;
    sheet_print(&t->sheet, "%s %" PRIu64 ".%06" PRIu64 " %s\n", kind, passed / US, passed % US,
                rest);
}

void timing_open(struct timing *t, int folder, const char *wall) {
    char text[64];
    t->last_us = 0;
    sheet_open(&t->sheet, folder, "timing.log");
    (void)snprintf(text, sizeof text, "START_TIME %s", wall);
    timing_line(t, 0, "H", text);
    (void)snprintf(text, sizeof text, "COLUMNS %d", CONSOLE_COLUMNS);
    timing_line(t, 0, "H", text);
    (void)snprintf(text, sizeof text, "LINES %d", CONSOLE_ROWS);
    timing_line(t, 0, "H", text);
    timing_line(t, 0, "H", "TIMING_LOG timing.log");
    timing_line(t, 0, "H", "OUTPUT_LOG output.log");
    timing_line(t, 0, "H", "INPUT_LOG input.log");
}

void timing_piece(struct timing *t, bool input, uint64_t us, size_t size) {
    char text[32];
    (void)snprintf(text, sizeof text, "%zu", size);
    timing_line(t, us, input ? "I" : "O", text);
}

void timing_end(struct timing *t, uint64_t us, int code) {
    char text[64];
    (void)snprintf(text, sizeof text, "DURATION %" PRIu64 ".%06" PRIu64, us / US, us % US);
    timing_line(t, us, "H", text);
    (void)snprintf(text, sizeof text, "EXIT_CODE %d", code);
    timing_line(t, us, "H", text);
}

void cast_open(struct cast *c, int folder, int64_t wall, const char *title) {
    *c = (struct cast){0};
    sheet_open(&c->sheet, folder, "session.cast");
    json_t *header = json_pack("{s:i, s:i, s:i, s:I, s:s, s:{s:s}}", "version", 2, "width",
                               CONSOLE_COLUMNS, "height", CONSOLE_ROWS, "timestamp",
                               (json_int_t)wall, "title", title, "env", "TERM", "vt220");
    char *text = header == NULL ? NULL : json_dumps(header, JSON_COMPACT);
    if (text == NULL)
        c->sheet.error = ENOMEM;
    else
        sheet_print(&c->sheet, "%s\n[0.000000,\"r\",\"%dx%d\"]\n", text, CONSOLE_COLUMNS,
                    CONSOLE_ROWS);
    free(text);
    json_decref(header);
}

// An event; its text is UTF-8.
static void cast_event(struct cast *c, uint64_t us, const char *kind, const char *bytes,
                       size_t size) {
    json_t *data = json_stringn(bytes, size);
    char *text = data == NULL ? NULL : json_dumps(data, JSON_ENCODE_ANY);
    if (us > c->last_us)
        c->last_us = us;
    if (text != NULL)
        sheet_print(&c->sheet, "[%" PRIu64 ".%06" PRIu64 ",\"%s\",%s]\n", c->last_us / US,
                    c->last_us % US, kind, text);
    free(text);
    json_decref(data);
}

// How many bytes the character has that begins here; 0: not to be told before more has come; -1:
// it is none.
static int utf8_size(const char *bytes, size_t size) {
    const unsigned char first = (unsigned char)bytes[0];
    const int wanted = first < 0x80                    ? 1
                       : first >= 0xc2 && first < 0xe0 ? 2
                       : first >= 0xe0 && first < 0xf0 ? 3
                       : first >= 0xf0 && first < 0xf5 ? 4
                                                       : -1;
    for (int i = 1; i < wanted; i++) {
        if ((size_t)i >= size)
            return 0;
        if (((unsigned char)bytes[i] & 0xc0) != 0x80)
            return -1;
    }
    json_t *ok = wanted > 2 ? json_stringn(bytes, (size_t)wanted) : NULL; // surrogates, overlong
    const bool bad = wanted > 2 && ok == NULL;
    json_decref(ok);
    return bad ? -1 : wanted;
}

void cast_piece(struct cast *c, bool input, uint64_t us, const char *bytes, size_t size) {
    static const char odd[] = "\xef\xbf\xbd"; // U+FFFD
    const size_t before = c->open_size[input];
    char *all = malloc(before + size + 1);
    char *text = malloc((before + size) * (sizeof odd - 1) + 1);
    if (all == NULL || text == NULL) {
        free(all);
        free(text);
        c->sheet.error = ENOMEM;
        return;
    }
    memcpy(all, c->open[input], before);
    memcpy(all + before, bytes, size);
    c->open_size[input] = 0;
    size_t written = 0;
    for (size_t at = 0; at < before + size;) {
        const int n = utf8_size(all + at, before + size - at);
        if (n == 0) {
            c->open_size[input] = before + size - at;
            memcpy(c->open[input], all + at, c->open_size[input]);
            break;
        }
        memcpy(text + written, n > 0 ? all + at : odd, n > 0 ? (size_t)n : sizeof odd - 1);
        written += n > 0 ? (size_t)n : sizeof odd - 1;
        at += n > 0 ? (size_t)n : 1;
    }
    if (written > 0)
        cast_event(c, us, input ? "i" : "o", text, written);
    free(all);
    free(text);
}

void cast_mark(struct cast *c, uint64_t us, const char *label) {
    cast_event(c, us, "m", label, strlen(label));
}
