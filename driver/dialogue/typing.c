// Types at a prompt so that no key is lost: a chunk, its echo, the next chunk; Enter only after a
// perfect echo of the whole line; what came back wrong is killed and typed again, more slowly.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "dialogue/echo.h"
#include "dialogue/machine_impl.h"

enum {
    ATTEMPTS = 6,
    ECHO_MS = 10000, // of the guest's time without an echo: it is lost
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
    if (vars_set_bytes(m->vars, "mark_left", mark, MARK_HALF) != 0 ||
        vars_set_bytes(m->vars, "mark_right", mark + MARK_HALF, MARK_HALF) != 0)
        return failure_no_memory(f);
    return 0;
}

// A line that is being typed.
struct typing {
    struct machine *m;
    const struct prompt *p;
    const char *text;
};

// Waits until the echo of the first `sent` bytes is judged. 1: perfect; 0: wrong, or it does not
// come; -1 with *f.
static int await_echo(struct typing *t, size_t sent, struct failure *f) {
    struct machine *m = t->m;
    machine_begin_wait(m, "the echo of what is typed", ECHO_MS);
    for (;;) {
        size_t size = 0;
        const char *seen = stream_rest(link_text(m->link), &size);
        const enum echo_verdict v = echo_judge(t->p->echo, t->p->lead, t->text, sent, seen, size);
        if (v == ECHO_PERFECT)
            return 1;
        const int turn = v == ECHO_WRONG ? 0 : machine_turn(m, f);
        if (v == ECHO_WRONG || turn == 2) {
            report_detail(m->report, "the echo of %.*s %s: %.*s", (int)sent, t->text,
                          turn == 2 ? "does not come" : "is wrong", (int)size, seen);
            return 0;
        }
        if (turn < 0)
            return -1;
        if (turn == 1)
            return machine_fail_gone(m, f);
    }
}

// Empties the line and waits for the prompt to be drawn again, where it is. 0, or -1 with *f.
static int kill_line(struct machine *m, const struct prompt *p, struct failure *f) {
    link_send(m->link, p->kill, strlen(p->kill));
    if (p->again == NULL)
        return 0;
    char why[128];
    struct pattern *again = pattern_compile(p->again, why, sizeof why);
    struct pattern *const set[] = {again};
    stream_skip(link_text(m->link));
    int result = stream_watch(link_text(m->link), set, 1);
    machine_begin_wait(m, "the prompt after an emptied line", ECHO_MS);
    while (result == 0 && stream_find(link_text(m->link), false) < 0) {
        const int turn = machine_turn(m, f);
        if (turn < 0)
            result = -1;
        if (turn > 0)
            break; // the next attempt will tell
    }
    (void)stream_watch(link_text(m->link), NULL, 0);
    pattern_free(again);
    return result;
}

static int type_once(struct typing *t, size_t chunk, struct failure *f) {
    const size_t size = strlen(t->text);
    for (size_t sent = 0; sent < size;) {
        const size_t n = size - sent < chunk ? size - sent : chunk;
        link_send(t->m->link, t->text + sent, n);
        sent += n;
        const int echoed = await_echo(t, sent, f);
        if (echoed != 1)
            return echoed;
    }
    return 1;
}

// All attempts. 1: the line stands there perfectly; 0: it never did; -1 with *f.
static int type_line(struct typing *t, struct failure *f) {
    struct machine *m = t->m;
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (attempt > 0) {
            m->retypings++;
            if (kill_line(m, t->p, f) != 0)
                return -1;
        }
        const size_t chunk = t->p->chunk >> (2 * attempt);
        const int typed = type_once(t, chunk < 1 ? 1 : chunk, f);
        stream_skip(link_text(m->link));
        if (typed != 0)
            return typed;
    }
    return 0;
}

int machine_type(struct machine *m, const struct prompt *p, const char *text, struct failure *f) {
    struct typing t = {.m = m, .p = p, .text = text};
    const int typed = type_line(&t, f);
    if (typed < 0)
        return -1;
    if (typed == 0)
        return machine_fail_here(m, EXIT_ID_TYPING_FAILED, "look at the transcript and run again",
                                 "the guest did not echo what was typed, time after time", f);
    link_send(m->link, p->submit, strlen(p->submit));
    return 0;
}
