// Types at a prompt so that no key is lost: a chunk, its echo, the next chunk; what does not come
// back is sent again, what came back wrong is mended (mend.c, name.c); Enter only when the line is
// known to stand there (enter.c).
#include "dialogue/typing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
    ECHO_FIRST_MS = 25,  // a guess at an echo's time, before there was one
    ECHO_TIMES = 8,      // an echo is waited for so many times as long as the slowest lately
    QUIET_MIN_MS = 40,   // but no less
    QUIET_MAX_MS = 8000, // and no more
    TURNS = 4,           // looks during such a wait
    SLOW_MAX = 10,       // powers of two
    RELIEFS_MAX = 100,   // of the failures of one line
    COLUMNS = 80,        // of the guest's screen
    ROW_MARGIN = 2 * DITHER,
    DISTURBED = 8, // times that keys were sent again; fewer, and perhaps echoes were only slow
};

int machine_fresh_mark(struct machine *m, struct failure *f) {
    // No vowels and no capital letters: a mark can spell no word that a tool or a kernel prints.
    static const char letters[] = "bcdfghjkmnpqrstvwxz";
    unsigned char random[2 * MARK_HALF];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return failure_set(f, EXIT_ID_INTERNAL, "run again", "the host gives no random bytes");
    char mark[2 * MARK_HALF];
    for (size_t i = 0; i < sizeof mark; i++)
        mark[i] = letters[random[i] % (sizeof letters - 1)];
    if (m->host.mark != NULL)
        (void)m->host.mark(m->host.data, mark, sizeof mark);
    if (vars_set_bytes(m->vars, "mark_left", mark, MARK_HALF) != 0 ||
        vars_set_bytes(m->vars, "mark_right", mark + MARK_HALF, MARK_HALF) != 0)
        return failure_no_memory(f);
    record_mark(link_record(m->link), mark, sizeof mark);
    return 0;
}

// How long an echo is waited for, in milliseconds without one.
static uint64_t echo_patience(const struct machine *m, unsigned failures) {
    const uint64_t echo = m->echo_ms == 0 ? ECHO_FIRST_MS : m->echo_ms;
    uint64_t quiet = echo * ECHO_TIMES < QUIET_MIN_MS ? QUIET_MIN_MS : echo * ECHO_TIMES;
    quiet <<= failures / 2 < 16 ? failures / 2 : 16;
    return quiet < QUIET_MAX_MS ? quiet : QUIET_MAX_MS;
}

void machine_begin_quick_wait(struct machine *m, const char *what, unsigned failures) {
    const uint64_t quiet = echo_patience(m, failures);
    machine_begin_wait(m, what, (double)quiet / guest_clock_pace(&m->clock));
    const int turn_ms = (int)(quiet / TURNS);
    m->turn_ms = m->look_ms = turn_ms < m->host.turn_ms ? turn_ms : m->host.turn_ms;
}

void typing_begin(struct typing *t) {
    // Twice as long after each third failure.
    machine_begin_quick_wait(t->m, "the echo of what is typed", 2 * t->failures / 3);
}

int typing_turn(struct typing *t, struct failure *f) {
    const int turn = machine_turn(t->m, f);
    if (turn < 0)
        return -1;
    return turn == 1 ? machine_fail_gone(t->m, f) : turn == 2;
}

void typing_send(struct typing *t, const char *keys, size_t n) {
    for (size_t i = 0; i < n; i++)
        link_send(t->m->link, keys, strlen(keys));
}

size_t typing_dither(struct machine *m, size_t n) {
    m->dither = m->dither * 1103515245 + 12345; // C's own example of rand()
    return m->dither / 65536 % n;
}

// Where the last match ends; -1: there is none.
static ptrdiff_t last_end(struct pattern *p, const char *text, size_t size) {
    struct pattern *const set[] = {p};
    struct stream *s = stream_new(0, size + 1);
    ptrdiff_t end = -1;
    if (s != NULL && stream_watch(s, set, 1) == 0 && stream_append(s, text, size) == 0)
        while (stream_find(s, false) >= 0) {
            size_t rest = 0;
            (void)stream_rest(s, &rest);
            end = (ptrdiff_t)(size - rest);
        }
    stream_free(s);
    return end;
}

const char *typing_seen(const struct typing *t, size_t *size) {
    const char *seen = stream_rest(link_text(t->m->link), size);
    const size_t from = t->from < *size ? t->from : *size;
    seen += from;
    *size -= from;
    if (!t->drawn)
        return seen;
    const ptrdiff_t end = last_end(t->again, seen, *size);
    if (end < 0)
        return NULL;
    *size -= (size_t)end;
    return seen + end;
}

int typing_await(struct typing *t, size_t sent, size_t *echoed, struct failure *f) {
    struct machine *m = t->m;
    const uint64_t begin = machine_now_ms(m);
    size_t before = 0;
    *echoed = 0;
    typing_begin(t);
    for (;;) {
        size_t size = 0;
        const char *seen = typing_seen(t, &size);
        const enum echo_verdict v = seen == NULL ? ECHO_PENDING
                                                 : echo_judge(t->p->echo, t->p->lead, t->stands,
                                                              t->text, sent, seen, size, echoed);
        if (v == ECHO_PERFECT) {
            const uint64_t took = machine_now_ms(m) - begin + 1;
            m->echo_ms = took > m->echo_ms - m->echo_ms / 8 ? took : m->echo_ms - m->echo_ms / 8;
            return ECHO_PERFECT;
        }
        if (seen != NULL && size != before)
            typing_begin(t);
        before = seen == NULL ? 0 : size;
        const int turn = v == ECHO_WRONG ? 1 : typing_turn(t, f);
        if (turn < 0)
            return -1;
        if (turn == 0)
            continue;
        record_echo(link_record(m->link), false);
        report_detail(m->report, "the echo of %.*s %s: %.*s", (int)sent, t->text,
                      v == ECHO_WRONG ? "is wrong" : "does not come", (int)size,
                      seen == NULL ? "" : seen);
        return (int)v;
    }
}

void typing_progress(struct typing *t, size_t have) {
    if (have > t->best) {
        t->best = have;
        t->failures = 0;
    } else if (t->failures > 0 && t->reliefs < RELIEFS_MAX) {
        t->failures--;
        t->reliefs++;
    }
}

// Whether the line ends a row of the screen, or is so close to its end that pads may come there
// that are typed to find out about lost keys.
static bool ends_row(const struct typing *t) {
    const size_t room = COLUMNS - (t->before + t->size) % COLUMNS;
    return room == COLUMNS || (t->m->retypings >= DISTURBED && room <= ROW_MARGIN);
}

int typing_count_pad(struct typing *t, struct failure *f) {
    const size_t pad = strlen(t->p->pad);
    char *longer = realloc(t->text, t->size + pad + 1);
    if (longer == NULL)
        return failure_no_memory(f);
    memcpy(longer + t->size, t->p->pad, pad + 1);
    t->text = longer;
    t->size += pad;
    return 0;
}

int typing_add_pad(struct typing *t, struct failure *f) {
    do {
        if (typing_count_pad(t, f) != 0)
            return -1;
    } while (ends_row(t));
    return 0;
}

// Empties the line and waits for the prompt to be drawn again, where it is. 0, or -1 with *f.
static int kill_line(struct typing *t, struct failure *f) {
    stream_skip(link_text(t->m->link));
    typing_send(t, t->p->kill, 1);
    if (t->again == NULL)
        return 0;
    t->drawn = true;
    typing_begin(t);
    size_t size = 0;
    int turn = 0;
    while (typing_seen(t, &size) == NULL && turn == 0)
        turn = typing_turn(t, f);
    return turn < 0 ? -1 : 0; // the next attempt will tell
}

static int set_right(struct typing *t, size_t *have, struct failure *f) {
    t->m->retypings++;
    t->mended = true;
    record_repair(link_record(t->m->link), "what stands on the line is set right");
    if (t->p->redraw != NULL)
        return mend_line(t, NOTHING_EXPECTED, have, f);
    *have = 0;
    if (kill_line(t, f) != 0)
        return -1;
    return ++t->failures < FAILURES_MAX;
}

int typing_bring(struct typing *t, size_t have, struct failure *f) {
    size_t chunk = t->p->chunk >> t->m->slow;
    if (chunk < 1)
        chunk = 1;
    const size_t first = chunk;
    size_t sent_again = SIZE_MAX; // from where, the last time
    while (have < t->size) {
        const size_t n = t->size - have < chunk ? t->size - have : chunk;
        link_send(t->m->link, t->text + have, n);
        link_expect(t->m->link, n);
        size_t echoed = 0;
        const int v = typing_await(t, have + n, &echoed, f);
        if (v < 0)
            return -1;
        if (v == ECHO_PERFECT) {
            have += n;
            t->late = false; // the drawings that were asked for before have come before
            typing_progress(t, have);
            continue;
        }
        chunk = chunk == first && n > DITHER ? n / DITHER : 1;
        // What is missing at the end is sent once more before the line is looked at.
        if (v == ECHO_PENDING && t->p->redraw != NULL && echoed >= have && sent_again != echoed) {
            t->mended = true;
            t->m->retypings++;
            record_repair(link_record(t->m->link), "what did not come back is sent again");
            sent_again = have = echoed;
            continue;
        }
        const int right = set_right(t, &have, f);
        if (right != 1)
            return right;
    }
    return 1;
}

static int bring_line(struct typing *t, struct failure *f) {
    if (t->p->echo == ECHO_ERASED)
        return name_bring(t, t->m->unsure, f);
    size_t have = 0;
    if (t->m->unsure && t->p->redraw != NULL) {
        const int right = mend_line(t, 0, &have, f);
        if (right != 1)
            return right;
    }
    int brought = typing_bring(t, have, f);
    if (brought == 1 && t->mended && t->p->redraw != NULL)
        brought = mend_prove(t, f);
    return brought == 1 ? mend_settle(t, f) : brought;
}

// The columns that the prompt takes, up to where it was looked for: what comes behind is not yet
// there each time.
static size_t columns_before(struct machine *m) {
    size_t rest = 0;
    (void)stream_rest(link_text(m->link), &rest);
    size_t all = rest + COLUMNS;
    const char *tail = stream_tail(link_text(m->link), &all);
    size_t column = 0;
    for (size_t i = all - rest; i > 0 && tail[i - 1] != '\n'; i--)
        column++;
    return column;
}

// The line with its pad.
static int compose(struct typing *t, const char *text, struct failure *f) {
    t->size = strlen(text);
    t->text = strdup(text);
    t->before = columns_before(t->m);
    if (t->text == NULL)
        return failure_no_memory(f);
    if (t->size == 0 || t->p->pad == NULL)
        return 0;
    // Where keys are disturbed, Enter is not always at the same place among them.
    size_t pads = 1 + (t->m->retypings >= DISTURBED ? typing_dither(t->m, DITHER) : 0);
    for (; pads > 0; pads--)
        if (typing_add_pad(t, f) != 0)
            return -1;
    return 0;
}

// The guest that has asked where the cursor is gets its answer before the line: what of it went
// astray is found and mended with the line. Where keys do, or nothing is looked at, it gets none.
static void answer_question(const struct typing *t) {
    if (link_asked(t->m->link) && t->p->cursor != NULL && t->size > 0 && t->m->retypings == 0)
        link_send(t->m->link, t->p->cursor, strlen(t->p->cursor));
}

int machine_type(struct machine *m, const struct prompt *p, const char *text, struct failure *f) {
    struct typing t = {.m = m, .p = p};
    char why[128];
    int result = compose(&t, text, f);
    t.again = p->again == NULL ? NULL : pattern_compile(p->again, why, sizeof why);
    machine_note_typed(m, text, p->prompt);
    link_gather(m->link, true);
    m->unsure = m->unsure || m->slow > 0;
    if (result == 0)
        answer_question(&t);
    if (result == 0)
        result = bring_line(&t, f);
    if (result == 0) {
        m->echo_stood = t.best;
        m->echo_of = t.size;
    }
    if (result == 0)
        result = machine_fail_here(m, EXIT_ID_TYPING_FAILED, "look at the transcript and run again",
                                   "the guest did not echo what was typed, time after time", f);
    if (t.mended && m->slow < SLOW_MAX)
        m->slow += 2;
    else if (!t.mended && m->slow > 0)
        m->slow--;
    if (result == 1)
        result = enter_line(&t, f);
    if (result == 0)
        result = machine_fail_here(m, EXIT_ID_TYPING_FAILED, "look at the transcript and run again",
                                   "it cannot be told whether the guest got a line's Enter", f);
    link_gather(m->link, false);
    pattern_free(t.again);
    free(t.text);
    return result == 1 ? 0 : -1;
}
