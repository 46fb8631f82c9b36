// Each message goes to the raw logs, and to the others by write_message, now or later.
#include "record/desk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "console/view.h"
#include "record/event.h"
#include "record/formats.h"
#include "record/keeper.h"
#include "record/later.h"

enum {
    SHEETS = 5,             // files that are written as it happens
    SYNC_S = 1,             // least time between two syncs
    KERNEL_LINE_MAX = 4096, // of a kernel line; a longer one is cut
};

struct desk {
    struct redact *redact;
    struct sheet output, input, events;
    struct timing timing;
    struct cast cast;
    struct view *view; // un-mixes the kernel's lines
    struct later *later;
    struct sheet *sheets[SHEETS]; // of those above
    bool off;                     // what comes is put off
    uint64_t header;              // bytes of output.log before the console's
    uint64_t out;                 // bytes of the console that were written up
    uint64_t us;                  // of what is being written up
    char kernel[KERNEL_LINE_MAX];
    size_t kernel_size;
    time_t synced;
    bool to_sync;
    char piece[RING_MESSAGE_MAX]; // of the console, read back
};

int desk_error(const struct desk *d) {
    int error = 0;
    for (size_t i = 0; i < SHEETS && error == 0; i++)
        error = d->sheets[i]->error;
    return error;
}

static void write_event(struct desk *d, const char *line, size_t size) {
    char *clean = redact_active(d->redact) ? event_redact(d->redact, line, size) : NULL;
    if (clean != NULL)
        sheet_write(&d->events, clean, strlen(clean));
    else
        sheet_write(&d->events, line, size);
    free(clean);
}

static void write_kernel(struct desk *d, const char *text, size_t size) {
    if (!redact_active(d->redact) && kernel_line(&d->events, d->us, text, size, d->out))
        return;
    char *line = event_kernel(d->us, text, size, d->out);
    if (line != NULL)
        write_event(d, line, strlen(line));
    free(line);
}

// The lifted kernel lines, piece by piece.
static void on_kernel(void *desk, const char *text, size_t size) {
    struct desk *d = desk;
    for (const char *end; size > 0; size -= (size_t)(end - text), text = end) {
        const char *lf = memchr(text, '\n', size);
        const size_t n = lf == NULL ? size : (size_t)(lf - text);
        const size_t room = KERNEL_LINE_MAX - d->kernel_size;
        end = text + n + (lf == NULL ? 0 : 1);
        if (lf != NULL && d->kernel_size == 0 && n <= room) {
            write_kernel(d, text, n);
            continue;
        }
        memcpy(d->kernel + d->kernel_size, text, n < room ? n : room);
        d->kernel_size += n < room ? n : room;
        if (lf == NULL)
            continue;
        write_kernel(d, d->kernel, d->kernel_size);
        d->kernel_size = 0;
    }
}

static void on_text(void *desk, const char *text, size_t size) {
    (void)desk, (void)text, (void)size;
}

static void write_state(struct desk *d, const char *line, size_t size) {
    char *label = event_label(line, size);
    if (label != NULL && redact_active(d->redact))
        (void)redact_text(d->redact, label, strlen(label));
    cast_mark(&d->cast, d->us, label == NULL ? "?" : label);
    free(label);
    d->to_sync = true;
}

static void write_resize(struct desk *d, const char *line, size_t size) {
    const int columns = event_number(line, size, "columns");
    const int rows = event_number(line, size, "rows");
    timing_resize(&d->timing, d->us, columns, rows);
    cast_resize(&d->cast, d->us, columns, rows);
}

static void write_end(struct desk *d, const char *line, size_t size) {
    char text[64];
    const int code = event_number(line, size, "code");
    timing_end(&d->timing, d->us, code);
    (void)snprintf(text, sizeof text, "exit %d", code);
    cast_mark(&d->cast, d->us, text);
    d->to_sync = true;
}

// All but the raw logs. bytes: those of the message.
static void write_message(struct desk *d, const struct ring_message *m, const char *bytes) {
    d->us = m->us;
    switch ((enum keeper_kind)m->kind) {
    case KEEP_OUTPUT:
        timing_piece(&d->timing, false, m->us, m->size);
        cast_piece(&d->cast, false, m->us, bytes, m->size);
        d->out += m->size;
        view_feed(d->view, bytes, m->size);
        break;
    case KEEP_INPUT:
        timing_piece(&d->timing, true, m->us, m->size);
        cast_piece(&d->cast, true, m->us, bytes, m->size);
        break;
    case KEEP_TRACES:
        view_traces(d->view, true);
        break;
    case KEEP_END:
        write_end(d, bytes, m->size);
        write_event(d, bytes, m->size);
        break;
    case KEEP_STATE:
        write_state(d, bytes, m->size);
        write_event(d, bytes, m->size);
        break;
    case KEEP_RESIZE:
        write_resize(d, bytes, m->size);
        write_event(d, bytes, m->size);
        break;
    case KEEP_EVENT:
        write_event(d, bytes, m->size);
        break;
    case KEEP_PART: // the keeper has put it together
        break;
    }
}

// The console's bytes of a message that was put off, out of the raw log; NULL when they are not
// there.
static const char *read_back(struct desk *d, const struct ring_message *m) {
    sheet_flush(&d->output);
    const ssize_t n = bytes_read(d->output.fd, d->piece, m->size, d->header + d->out);
    return n == (ssize_t)m->size ? d->piece : NULL;
}

// The cast ends where it would have a gap.
static void lose_piece(struct desk *d, const struct ring_message *m) {
    d->out += m->size;
    if (d->cast.sheet.error == 0)
        d->cast.sheet.error = d->output.error != 0 ? d->output.error : EIO;
}

void desk_write_up(struct desk *d, size_t bytes) {
    for (const struct ring_message *m; bytes > 0 && (m = later_first(d->later)) != NULL;) {
        const char *own = m->kind == KEEP_OUTPUT ? read_back(d, m) : m->bytes;
        if (own != NULL)
            write_message(d, m, own);
        else
            lose_piece(d, m);
        bytes -= m->size < bytes ? m->size : bytes;
        later_drop(d->later);
    }
}

bool desk_is_behind(const struct desk *d) {
    return !later_is_empty(d->later);
}

uint64_t desk_behind_since(const struct desk *d) {
    return later_since(d->later);
}

void desk_put_off(struct desk *d, bool off) {
    d->off = off;
}

void desk_take(struct desk *d, const struct ring_message *m) {
    if (m->kind == KEEP_OUTPUT)
        sheet_write(&d->output, m->bytes, m->size);
    else if (m->kind == KEEP_INPUT)
        sheet_write(&d->input, m->bytes, m->size);
    if (!d->off && later_is_empty(d->later))
        write_message(d, m, m->bytes);
    else if (!later_put(d->later, m, m->kind == KEEP_OUTPUT)) {
        desk_write_up(d, SIZE_MAX);
        write_message(d, m, m->bytes);
    }
}

static void sync_all(struct desk *d) {
    for (size_t i = 0; i < SHEETS; i++)
        sheet_sync(d->sheets[i]);
    d->synced = time(NULL);
    d->to_sync = false;
}

void desk_flush(struct desk *d) {
    for (size_t i = 0; i < SHEETS; i++)
        if (d->sheets[i]->size > 0)
            sheet_flush(d->sheets[i]);
    if (d->to_sync && time(NULL) - d->synced >= SYNC_S)
        sync_all(d);
}

struct desk *desk_open(const struct desk_given *g) {
    struct desk *d = calloc(1, sizeof *d);
    char *title = strdup(g->title);
    if (d != NULL) {
        d->redact = g->redact;
        d->view = view_new(on_text, on_kernel, d);
        d->later = later_new();
    }
    if (d == NULL || title == NULL || d->view == NULL || d->later == NULL) {
        free(title);
        if (d != NULL) {
            view_free(d->view);
            later_free(d->later);
        }
        free(d);
        return NULL;
    }
    struct sheet *const sheets[SHEETS] = {&d->output, &d->input, &d->timing.sheet, &d->cast.sheet,
                                          &d->events};
    memcpy(d->sheets, sheets, sizeof sheets);
    raw_open(&d->output, g->folder, "output.log", g->started);
    d->header = d->output.size;
    raw_open(&d->input, g->folder, "input.log", g->started);
    sheet_open(&d->events, g->folder, "events.jsonl");
    timing_open(&d->timing, g->folder, g->started);
    (void)redact_text(g->redact, title, strlen(title));
    cast_open(&d->cast, g->folder, g->wall, title);
    free(title);
    return d;
}

int desk_close(struct desk *d) {
    desk_write_up(d, SIZE_MAX);
    view_end(d->view);
    sync_all(d);
    for (size_t i = 0; i < SHEETS; i++)
        sheet_close(d->sheets[i]);
    const int error = desk_error(d);
    view_free(d->view);
    later_free(d->later);
    free(d);
    return error;
}
