// Takes messages out of the ring, secrets out of the messages, and hands the rest to the formats.
//
// While bytes of one side are held back, since a secret may have begun, everything that came later
// waits behind them: all files keep the order in which it happened.
#include "record/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "console/view.h"
#include "record/event.h"
#include "record/formats.h"

enum {
    SHEETS = 5,             // files that are written as it happens
    SYNC_S = 1,             // least time between two syncs
    KERNEL_LINE_MAX = 4096, // of a kernel line; a longer one is cut
};

// A message that waits.
struct waiting {
    struct waiting *next;
    struct ring_message m;
    uint64_t end; // of its bytes on its side
    char *bytes;
};

struct desk {
    struct keeper *k;
    struct sheet output, input, events;
    struct timing timing;
    struct cast cast;
    struct view *view; // or NULL: the driver tells the kernel's lines
    struct waiting *first, **last;
    uint64_t taken[REDACT_SIDES]; // bytes
    uint64_t known[REDACT_SIDES]; // up to where secrets are masked
    uint64_t out;                 // bytes of the console that were written
    uint64_t us;                  // of what is being written
    char kernel[KERNEL_LINE_MAX];
    size_t kernel_size;
    time_t synced;
    bool to_sync;
};

static void tell_errors(struct desk *d) {
    const struct sheet *const all[SHEETS] = {&d->output, &d->input, &d->events, &d->timing.sheet,
                                             &d->cast.sheet};
    for (size_t i = 0; i < SHEETS; i++)
        if (all[i]->error != 0)
            ring_set_error(d->k->ring, all[i]->error);
}

static void flush_all(struct desk *d) {
    struct sheet *const all[SHEETS] = {&d->output, &d->input, &d->timing.sheet, &d->cast.sheet,
                                       &d->events};
    for (size_t i = 0; i < SHEETS; i++)
        if (all[i]->size > 0)
            sheet_flush(all[i]);
    tell_errors(d);
}

static void sync_all(struct desk *d) {
    struct sheet *const all[SHEETS] = {&d->output, &d->input, &d->events, &d->timing.sheet,
                                       &d->cast.sheet};
    for (size_t i = 0; i < SHEETS; i++)
        sheet_sync(all[i]);
    d->synced = time(NULL);
    d->to_sync = false;
}

static void write_event(struct desk *d, const char *line, size_t size) {
    char *clean = redact_active(d->k->redact) ? event_redact(d->k->redact, line, size) : NULL;
    if (clean != NULL)
        sheet_write(&d->events, clean, strlen(clean));
    else
        sheet_write(&d->events, line, size);
    free(clean);
}

static void write_kernel(struct desk *d, const char *text, size_t size) {
    if (!redact_active(d->k->redact) && kernel_line(&d->events, d->us, text, size, d->out))
        return;
    char *line = event_kernel(d->us, text, size, d->out);
    if (line != NULL)
        write_event(d, line, strlen(line));
    free(line);
}

// The lifted kernel lines, by the driver's view or one of the keeper's own.
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
    if (label != NULL && redact_active(d->k->redact))
        (void)redact_text(d->k->redact, label, strlen(label));
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

static void write_message(struct desk *d, const struct ring_message *m) {
    d->us = m->us;
    switch ((enum keeper_kind)m->kind) {
    case KEEP_OUTPUT:
        sheet_write(&d->output, m->bytes, m->size);
        timing_piece(&d->timing, false, m->us, m->size);
        cast_piece(&d->cast, false, m->us, m->bytes, m->size);
        d->out += m->size;
        if (d->view != NULL)
            view_feed(d->view, m->bytes, m->size);
        break;
    case KEEP_INPUT:
        sheet_write(&d->input, m->bytes, m->size);
        timing_piece(&d->timing, true, m->us, m->size);
        cast_piece(&d->cast, true, m->us, m->bytes, m->size);
        break;
    case KEEP_KERNEL:
        on_kernel(d, m->bytes, m->size);
        break;
    case KEEP_TRACES:
        if (d->view != NULL)
            view_traces(d->view, true);
        break;
    case KEEP_END:
        write_end(d, m->bytes, m->size);
        write_event(d, m->bytes, m->size);
        break;
    case KEEP_STATE:
        write_state(d, m->bytes, m->size);
        write_event(d, m->bytes, m->size);
        break;
    case KEEP_RESIZE:
        write_resize(d, m->bytes, m->size);
        write_event(d, m->bytes, m->size);
        break;
    case KEEP_EVENT:
        write_event(d, m->bytes, m->size);
        break;
    }
}

static void mask(void *desk, enum redact_side side, struct redact_range range) {
    struct desk *d = desk;
    const uint32_t kind = side == REDACT_OUTPUT ? KEEP_OUTPUT : KEEP_INPUT;
    for (struct waiting *w = d->first; w != NULL; w = w->next) {
        const uint64_t begin = w->end - w->m.size;
        if (w->m.kind != kind)
            continue;
        for (uint64_t at = range.begin > begin ? range.begin : begin; at < range.end && at < w->end;
             at++)
            w->bytes[at - begin] = REDACT_MASK;
    }
}

static bool is_bytes(const struct ring_message *m) {
    return m->kind == KEEP_OUTPUT || m->kind == KEEP_INPUT;
}

static enum redact_side side_of(const struct ring_message *m) {
    return m->kind == KEEP_OUTPUT ? REDACT_OUTPUT : REDACT_INPUT;
}

// Writes what nothing is to be masked in any more.
static void release(struct desk *d) {
    while (d->first != NULL) {
        struct waiting *w = d->first;
        if (is_bytes(&w->m) && w->end > d->known[side_of(&w->m)])
            return;
        write_message(d, &w->m);
        d->first = w->next;
        if (d->first == NULL)
            d->last = &d->first;
        free(w);
    }
}

// Keeps a message that has to wait.
static void keep_waiting(struct desk *d, struct waiting *now) {
    struct waiting *w = malloc(sizeof *w + now->m.size);
    if (w == NULL) {
        ring_set_error(d->k->ring, ENOMEM);
        return;
    }
    *w = *now;
    w->m.bytes = w->bytes = (char *)(w + 1);
    memcpy(w->bytes, now->bytes, now->m.size);
    *d->last = w;
    d->last = &w->next;
}

// The message lies in the ring, whose memory is ours until ring_taken: it is masked there.
static void take(struct desk *d, const struct ring_message *m) {
    struct waiting now = {.m = *m, .bytes = (char *)m->bytes};
    struct waiting **const last = d->last;
    *last = &now; // for mask()
    if (is_bytes(m)) {
        const enum redact_side side = side_of(m);
        now.end = d->taken[side] += m->size;
        const enum redact_side other = side == REDACT_OUTPUT ? REDACT_INPUT : REDACT_OUTPUT;
        d->known[side] = redact_feed(d->k->redact, side, now.bytes, m->size, false, mask, d);
        // What was typed may have told what to look for.
        d->known[other] = redact_feed(d->k->redact, other, NULL, 0, false, mask, d);
    }
    *last = NULL;
    release(d);
    if (d->first == NULL && (!is_bytes(m) || now.end <= d->known[side_of(m)]))
        write_message(d, m);
    else
        keep_waiting(d, &now);
}

static void open_all(struct desk *d) {
    struct keeper *k = d->k;
    d->last = &d->first;
    d->view = redact_active(k->redact) ? view_new(on_text, on_kernel, d) : NULL;
    if (d->view == NULL && redact_active(k->redact))
        _exit(EXIT_FAILURE);
    raw_open(&d->output, k->folder, "output.log", k->started);
    raw_open(&d->input, k->folder, "input.log", k->started);
    sheet_open(&d->events, k->folder, "events.jsonl");
    timing_open(&d->timing, k->folder, k->started);
    char *title = strdup(k->title);
    if (title != NULL)
        (void)redact_text(k->redact, title, strlen(title));
    cast_open(&d->cast, k->folder, k->wall, title == NULL ? "" : title);
    free(title);
    tell_errors(d);
}

static void close_all(struct desk *d) {
    for (enum redact_side side = REDACT_OUTPUT; side < REDACT_SIDES; side++)
        d->known[side] = redact_feed(d->k->redact, side, NULL, 0, true, mask, d);
    release(d);
    if (d->view != NULL)
        view_end(d->view);
    sync_all(d);
    sheet_close(&d->output);
    sheet_close(&d->input);
    sheet_close(&d->events);
    sheet_close(&d->timing.sheet);
    sheet_close(&d->cast.sheet);
    tell_errors(d);
}

static int keep(struct keeper *k) {
    struct desk *d = calloc(1, sizeof *d);
    struct ring_message m;
    if (d == NULL)
        return EXIT_FAILURE;
    d->k = k;
    open_all(d);
    for (bool more = true; more;) {
        more = ring_wait(k->ring);
        while (ring_take(k->ring, &m)) {
            take(d, &m);
            ring_taken(k->ring, &m);
        }
        flush_all(d);
        if (d->to_sync && time(NULL) - d->synced >= SYNC_S)
            sync_all(d);
    }
    close_all(d);
    free(d);
    return EXIT_SUCCESS;
}

// Nothing of the driver's is kept open: neither the disk's lock nor its output; and its signals are
// not ours.
static void become_keeper(struct keeper *k) {
    static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGPIPE, SIGXFSZ};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        (void)signal(ignored[i], SIG_IGN);
    (void)setsid();
    // Whoever runs goes on when we are woken: the guest and the driver come first.
    (void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
    (void)prctl(PR_SET_NAME, "qemu-grow-rec");
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        (void)dup2(null, fd);
    ring_reader(k->ring);
    const unsigned a = (unsigned)k->folder;
    const unsigned b = (unsigned)ring_fd(k->ring);
    const unsigned first = a < b ? a : b;
    const unsigned last = a < b ? b : a;
    (void)close_range(STDERR_FILENO + 1, first - 1, 0);
    if (first + 1 < last)
        (void)close_range(first + 1, last - 1, 0);
    (void)close_range(last + 1, ~0U, 0);
}

pid_t keeper_start(struct keeper *k) {
    const pid_t pid = fork();
    if (pid != 0) {
        if (pid > 0)
            ring_writer(k->ring);
        return pid;
    }
    become_keeper(k);
    _exit(keep(k));
}
