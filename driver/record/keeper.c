// Takes messages out of the ring, secrets out of the messages, and hands the rest to the desk.
//
// While bytes of one side are held back, since a secret may have begun, everything that came later
// waits behind them: all files keep the order in which it happened.
#include "record/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "record/desk.h"

enum {
    STEP = 64 * 1024, // bytes of the console that are written up between two looks at the ring
    LAG_US = 800000,  // so late at most, while the driver pours
};

// A message that waits.
struct waiting {
    struct waiting *next;
    struct ring_message m;
    uint64_t end; // of its bytes on its side
    char *bytes;
};

struct hold {
    struct keeper *k;
    struct desk *desk;
    struct waiting *first, **last;
    uint64_t taken[REDACT_SIDES]; // bytes
    uint64_t known[REDACT_SIDES]; // up to where secrets are masked
    char *line;                   // the beginning of one that comes in parts
    size_t line_size;
    uint64_t us; // of the last message
};

static void mask(void *hold, enum redact_side side, struct redact_range range) {
    struct hold *h = hold;
    const uint32_t kind = side == REDACT_OUTPUT ? KEEP_OUTPUT : KEEP_INPUT;
    for (struct waiting *w = h->first; w != NULL; w = w->next) {
        const uint64_t begin = w->end - w->m.size;
        if (w->m.kind != kind)
            continue;
        for (uint64_t at = range.begin > begin ? range.begin : begin; at < range.end && at < w->end;
             at++)
            w->bytes[at - begin] = REDACT_MASK;
    }
}

static enum redact_side side_of(const struct ring_message *m) {
    return m->kind == KEEP_OUTPUT ? REDACT_OUTPUT : REDACT_INPUT;
}

// Writes what nothing is to be masked in any more.
static void release(struct hold *h) {
    while (h->first != NULL) {
        struct waiting *w = h->first;
        if (keep_is_bytes(w->m.kind) && w->end > h->known[side_of(&w->m)])
            return;
        desk_take(h->desk, &w->m);
        h->first = w->next;
        if (h->first == NULL)
            h->last = &h->first;
        free(w);
    }
}

// Keeps a message that has to wait.
static void keep_waiting(struct hold *h, struct waiting *now) {
    struct waiting *w = malloc(sizeof *w + now->m.size);
    if (w == NULL) {
        ring_set_error(h->k->ring, ENOMEM);
        return;
    }
    *w = *now;
    w->m.bytes = w->bytes = (char *)(w + 1);
    memcpy(w->bytes, now->bytes, now->m.size);
    *h->last = w;
    h->last = &w->next;
}

// The message lies in the ring, whose memory is ours until ring_taken: it is masked there.
static void take(struct hold *h, const struct ring_message *m) {
    struct waiting now = {.m = *m, .bytes = (char *)m->bytes};
    struct waiting **const last = h->last;
    *last = &now; // for mask()
    if (keep_is_bytes(m->kind)) {
        const enum redact_side side = side_of(m);
        now.end = h->taken[side] += m->size;
        const enum redact_side other = side == REDACT_OUTPUT ? REDACT_INPUT : REDACT_OUTPUT;
        h->known[side] = redact_feed(h->k->redact, side, now.bytes, m->size, false, mask, h);
        // What was typed may have told what to look for.
        h->known[other] = redact_feed(h->k->redact, other, NULL, 0, false, mask, h);
    }
    *last = NULL;
    release(h);
    if (h->first == NULL && (!keep_is_bytes(m->kind) || now.end <= h->known[side_of(m)]))
        desk_take(h->desk, m);
    else
        keep_waiting(h, &now);
}

// A part of a line is kept until its last one, and then goes with it.
static void put_together(struct hold *h, struct ring_message *m) {
    char *longer = realloc(h->line, h->line_size + m->size);
    if (longer == NULL) {
        ring_set_error(h->k->ring, ENOMEM);
        return;
    }
    memcpy(longer + h->line_size, m->bytes, m->size);
    h->line = longer;
    h->line_size += m->size;
    m->bytes = h->line;
    m->size = (uint32_t)h->line_size;
}

static uint64_t take_all(struct hold *h) {
    struct ring_message m;
    uint64_t bytes = 0;
    while (ring_take(h->k->ring, &m)) {
        struct ring_message whole = m;
        if (m.kind == KEEP_PART || h->line_size > 0)
            put_together(h, &whole);
        if (m.kind != KEEP_PART) {
            take(h, &whole);
            h->line_size = 0;
        }
        ring_taken(h->k->ring, &m);
        bytes += m.size;
        h->us = m.us;
    }
    return bytes;
}

// While the driver pours, only the raw logs are written: a processor that works beside it costs it
// time. All else is written up when that is over, or LAG_US late.
static void keep_all(struct hold *h) {
    bool pours = false;
    uint64_t came = 0;
    for (bool more = true; more || desk_is_behind(h->desk);) {
        if (desk_is_behind(h->desk) && !pours)
            desk_write_up(h->desk, STEP + 2 * came); // and catches up
        else
            more = ring_wait(h->k->ring, &pours);
        desk_put_off(h->desk, pours);
        came = take_all(h);
        pours = pours && (!desk_is_behind(h->desk) || h->us - desk_behind_since(h->desk) < LAG_US);
        if (!desk_is_behind(h->desk))
            desk_flush(h->desk);
        ring_set_error(h->k->ring, desk_error(h->desk));
    }
}

static int keep(struct keeper *k) {
    struct hold h = {.k = k};
    const struct desk_given given = {.redact = k->redact,
                                     .folder = k->folder,
                                     .title = k->title,
                                     .wall = k->wall,
                                     .started = k->started};
    h.last = &h.first;
    h.desk = desk_open(&given);
    if (h.desk == NULL)
        return EXIT_FAILURE;
    ring_set_error(k->ring, desk_error(h.desk));
    keep_all(&h);
    for (enum redact_side side = REDACT_OUTPUT; side < REDACT_SIDES; side++)
        h.known[side] = redact_feed(k->redact, side, NULL, 0, true, mask, &h);
    release(&h);
    ring_set_error(k->ring, desk_close(h.desk));
    free(h.line);
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
