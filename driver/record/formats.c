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

#include "record/jsontext.h"

enum {
    US = 1000000,
    UTF8_MAX = 4,
    CHUNK = 4096,    // bytes of text that are turned into JSON at once
    LINE_HEAD = 128, // what stands around a text or a number in a line, at most
};

void sheet_open(struct sheet *s, int folder, const char *name) {
    s->error = 0;
    s->size = 0;
    s->fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY | O_APPEND, 0600);
    if (s->fd < 0)
        s->error = errno;
}

static void write_out(struct sheet *s, const char *from, size_t size) {
    while (size > 0 && s->error == 0) {
        const ssize_t n = write(s->fd, from, size);
        if (n > 0) {
            from += n;
            size -= (size_t)n;
        } else if (n < 0 && errno != EINTR)
            s->error = errno;
    }
}

void sheet_flush(struct sheet *s) {
    write_out(s, s->buffer, s->size);
    s->size = 0;
}

char *sheet_room(struct sheet *s, size_t size) {
    if (size > SHEET_BUFFER - s->size)
        sheet_flush(s);
    return s->buffer + s->size;
}

void sheet_end(struct sheet *s, const char *end) {
    s->size = (size_t)(end - s->buffer);
}

void sheet_write(struct sheet *s, const void *bytes, size_t size) {
    if (size > SHEET_BUFFER) {
        sheet_flush(s);
        write_out(s, bytes, size);
        return;
    }
    char *room = sheet_room(s, size);
    memcpy(room, bytes, size);
    sheet_end(s, room + size);
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
    sheet_flush(s);
    if (s->fd >= 0)
        (void)fdatasync(s->fd); // what it cannot do, nobody can
}

void sheet_close(struct sheet *s) {
    sheet_flush(s);
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
    const uint64_t passed = us > t->last_us ? us - t->last_us : 0;
    char *at = sheet_room(&t->sheet, LINE_HEAD);
    t->last_us += passed;
    *at++ = input ? 'I' : 'O';
    *at++ = ' ';
    at = jsontext_seconds(at, passed);
    *at++ = ' ';
    at = jsontext_number(at, size);
    *at++ = '\n';
    sheet_end(&t->sheet, at);
}

void timing_resize(struct timing *t, uint64_t us, int columns, int rows) {
    char text[64];
    (void)snprintf(text, sizeof text, "SIGWINCH ROWS=%d COLS=%d", rows, columns);
    timing_line(t, us, "S", text);
}

void timing_end(struct timing *t, uint64_t us, int code) {
    char text[64];
    (void)snprintf(text, sizeof text, "DURATION %" PRIu64 ".%06" PRIu64, us / US, us % US);
    timing_line(t, us, "H", text);
    (void)snprintf(text, sizeof text, "EXIT_CODE %d", code);
    timing_line(t, us, "H", text);
}

void cast_open(struct cast *c, int folder, int64_t wall, const char *title) {
    c->last_us = 0;
    c->open_size[0] = c->open_size[1] = 0;
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

// An event up to its text.
static void event_begin(struct cast *c, uint64_t us, char kind) {
    char *at = sheet_room(&c->sheet, LINE_HEAD);
    if (us > c->last_us)
        c->last_us = us;
    *at++ = '[';
    at = jsontext_seconds(at, c->last_us);
    const char rest[] = {',', '"', kind, '"', ',', '"'};
    memcpy(at, rest, sizeof rest);
    sheet_end(&c->sheet, at + sizeof rest);
}

static void event_end(struct cast *c) {
    sheet_write(&c->sheet, "\"]\n", 3);
}

// Text of an event, as far as it can be told; what is no UTF-8 becomes U+FFFD. Returns how many
// bytes of it were taken: all but the beginning of a character in the end; behind `enough` none is
// begun.
static size_t event_text(struct sheet *s, const char *text, size_t size, size_t enough) {
    static const char odd[] = "\xef\xbf\xbd";
    size_t at = 0;
    while (at < enough) {
        size_t taken = 0;
        const size_t n = enough - at < CHUNK ? enough - at : CHUNK;
        char *room = sheet_room(s, n * JSONTEXT_BYTE + JSONTEXT_SLACK);
        sheet_end(s, jsontext_ascii(room, text + at, n, &taken));
        at += taken;
        if (taken == n)
            continue;
        const int bytes = jsontext_utf8(text + at, size - at);
        if (bytes == 0)
            break;
        sheet_write(s, bytes > 0 ? text + at : odd, bytes > 0 ? (size_t)bytes : sizeof odd - 1);
        at += bytes > 0 ? (size_t)bytes : 1;
    }
    return at;
}

void cast_piece(struct cast *c, bool input, uint64_t us, const char *bytes, size_t size) {
    // What was open, and what may belong to it.
    char head[2 * UTF8_MAX];
    const size_t before = c->open_size[input];
    const size_t more = size < UTF8_MAX ? size : UTF8_MAX;
    memcpy(head, c->open[input], before);
    memcpy(head + before, bytes, more);
    if (before + size == 0)
        return;
    if (more == size && jsontext_utf8(head, before + size) == 0) {
        memcpy(c->open[input], head, before + size);
        c->open_size[input] = before + size;
        return;
    }
    event_begin(c, us, input ? 'i' : 'o');
    const size_t at_head = event_text(&c->sheet, head, before + more, before);
    size_t at = 0;
    if (at_head >= before) { // else all is in the head, and its end is open
        at = at_head - before;
        at += event_text(&c->sheet, bytes + at, size - at, size - at);
        c->open_size[input] = size - at;
        memcpy(c->open[input], bytes + at, size - at);
    } else {
        c->open_size[input] = before + more - at_head;
        memcpy(c->open[input], head + at_head, before + more - at_head);
    }
    event_end(c);
}

static void short_event(struct cast *c, uint64_t us, char kind, const char *words) {
    event_begin(c, us, kind);
    (void)event_text(&c->sheet, words, strlen(words), strlen(words));
    event_end(c);
}

void cast_resize(struct cast *c, uint64_t us, int columns, int rows) {
    char text[32];
    (void)snprintf(text, sizeof text, "%dx%d", columns, rows);
    short_event(c, us, 'r', text);
}

void cast_mark(struct cast *c, uint64_t us, const char *label) {
    short_event(c, us, 'm', label);
}

bool kernel_line(struct sheet *s, uint64_t us, const char *text, size_t size, uint64_t out) {
    static const char before[] = ",\"type\":\"kernel\",\"text\":\"";
    static const char behind[] = "\",\"out\":";
    size_t taken = 0;
    char *at = sheet_room(s, size * JSONTEXT_BYTE + JSONTEXT_SLACK + LINE_HEAD);
    memcpy(at, "{\"t\":", 5);
    at = jsontext_seconds(at + 5, us);
    memcpy(at, before, sizeof before - 1);
    at = jsontext_ascii(at + sizeof before - 1, text, size, &taken);
    if (taken < size)
        return false;
    memcpy(at, behind, sizeof behind - 1);
    at = jsontext_number(at + sizeof behind - 1, out);
    memcpy(at, "}\n", 2);
    sheet_end(s, at + 2);
    return true;
}
