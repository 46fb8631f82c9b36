// Is the console at a prompt, with an empty line? Asked before the dialogue types again where a
// person had it. A shell proves it by a mark that was never there before; a prompt that can draw
// its line, by drawing it empty; at others each key's echo must do.
#include <stdlib.h>

#include "dialogue/typing.h"

enum {
    PROOF_FAILURES = 8, // waits as long for the mark as for an echo after so many failures
    LOOKS_FAILURES = 7, // and for a line that is drawn, at last
};

// Waits for one pattern. 1: it has come; 0: it does not; -1 with *f.
static int await_pattern(struct machine *m, struct pattern *p, struct failure *f) {
    struct stream *text = link_text(m->link);
    if (stream_watch(text, &p, 1) != 0)
        return failure_no_memory(f);
    machine_begin_quick_wait(m, "the shell's answer", PROOF_FAILURES);
    int turn = 0;
    int found = -1;
    while (turn == 0 && (found = stream_find(text, false)) < 0)
        turn = machine_turn(m, f);
    (void)stream_watch(text, NULL, 0);
    return turn < 0 ? -1 : found == 0;
}

static int await_mark(struct machine *m, const struct prompt *p, struct failure *f) {
    char why[128];
    char *regex = machine_expand(m, p->done, true, f);
    if (regex == NULL)
        return -1;
    struct pattern *done = pattern_compile(regex, why, sizeof why);
    const int came = done == NULL ? failure_no_memory(f) : await_pattern(m, done, f);
    pattern_free(done);
    free(regex);
    return came;
}

static int prove_shell(struct machine *m, const struct prompt *p, struct failure *f) {
    if (machine_fresh_mark(m, f) != 0)
        return -1;
    if (vars_get(m->vars, "mark_status") == NULL &&
        vars_set(m->vars, "mark_status", vars_get(m->vars, "mark_left")) != 0)
        return failure_no_memory(f);
    char *probe = machine_expand(m, p->probe, false, f);
    if (probe == NULL)
        return -1;
    const int typed = machine_type(m, p, probe, f);
    free(probe);
    if (typed != 0)
        return f->id == EXIT_ID_TYPING_FAILED ? 0 : -1;
    m->command_prompt = NULL; // nothing runs at a shell that answers
    return await_mark(m, p, f);
}

// The line, emptied and drawn anew, is empty. Asked a few times, each a little longer.
static int prove_line(struct machine *m, const struct prompt *p, struct failure *f) {
    char why[128];
    size_t held = 0;
    ptrdiff_t extra = 0;
    struct typing t = {.m = m, .p = p, .text = (char *)""};
    t.again = pattern_compile(p->again, why, sizeof why);
    int proved = t.again == NULL ? failure_no_memory(f) : 0;
    for (t.failures = 1; t.failures <= LOOKS_FAILURES && proved == 0; t.failures += 2) {
        proved = mend_look(&t, p->kill, 1, 0, &held, &extra, f);
        proved = proved == 2 ? 0 : proved;
    }
    pattern_free(t.again);
    return proved;
}

int machine_prove(struct machine *m, const struct prompt *p, struct failure *f) {
    int proved = 1;
    if (p->probe != NULL && p->done != NULL)
        proved = prove_shell(m, p, f);
    else if (p->redraw != NULL && p->again != NULL)
        proved = prove_line(m, p, f);
    if (proved == 1)
        stream_skip(link_text(m->link)); // what the person saw is not for the dialogue
    return proved;
}
