// Hands a line in that stands there: Enter, and once more only when it is proved that it did not
// arrive.
#include "dialogue/typing.h"

#include <string.h>

// Has the answer to Enter begun? Looks at what came since it was sent.
static bool is_taken(struct typing *t) {
    size_t size = 0;
    const char *rest = stream_rest(link_text(t->m->link), &size);
    const size_t length = strlen(t->p->taken);
    return memmem(rest, size, t->p->taken, length) != NULL;
}

// 1: the answer to Enter begins; 0: it does not; -1 with *f.
static int await_taken(struct typing *t, size_t pads, struct failure *f) {
    typing_begin(t);
    for (;;) {
        if (is_taken(t))
            return 1;
        size_t size = 0;
        (void)stream_rest(link_text(t->m->link), &size);
        const int turn = pads > 0 && size >= pads ? 1 : machine_turn(t->m, f);
        if (turn < 0)
            return -1;
        if (turn > 0)
            return turn == 1 && pads == 0; // QEMU has ended: the state knows whether it may
    }
}

// No answer to Enter has come. 1: it did not arrive, and the line stands there; 0: it arrived;
// 2: cannot be told; -1 with *f.
static int lost_enter(struct typing *t, struct failure *f) {
    if (t->p->echo == ECHO_ERASED)
        return name_lost_enter(t, f);
    // A pad that is echoed before any LF was typed at the line; and then it is looked at.
    const size_t pads = 1 + typing_dither(t->m, DITHER);
    typing_send(t, t->p->pad, pads);
    t->m->unsure = true;
    const int taken = await_taken(t, pads, f);
    if (taken != 0)
        return taken < 0 ? -1 : 0;
    size_t held = 0;
    ptrdiff_t extra = 0;
    (void)stream_rest(link_text(t->m->link), &t->from);
    const int looked = mend_look(t, "", 0, (ptrdiff_t)t->size, &held, &extra, f);
    t->from = 0;
    if (looked < 0)
        return -1;
    if (looked != 1 || held != t->size)
        return 2;
    const int settled = mend_settle(t, f);
    return settled == 0 ? 2 : settled;
}

// The key before the first Enter is proved to have come; where each second is lost the one behind
// it never does. Before the next ones come keys that do nothing, and need not come.
int enter_line(struct typing *t, struct failure *f) {
    t->failures = 0;
    for (unsigned sent = 0; sent < FAILURES_MAX && t->failures < FAILURES_MAX; sent++) {
        report_detail(t->m->report, "enter `%s`", t->text);
        if (sent == 0)
            record_echo(link_record(t->m->link), true);
        else
            record_repair(link_record(t->m->link), "Enter got lost and is pressed again");
        record_typed(link_record(t->m->link), t->text, t->p->prompt);
        stream_skip(link_text(t->m->link));
        const size_t steps = sent == 0 ? 0 : typing_dither(t->m, DITHER);
        if (steps > 0 && (t->p->idle != NULL || t->p->pad != NULL))
            typing_send(t, t->p->idle != NULL ? t->p->idle : t->p->pad, steps);
        (void)link_asked(t->m->link); // an answer would come too late
        typing_send(t, t->p->submit, 1);
        t->m->unsure = steps > 0;
        if (t->p->taken == NULL)
            return 1;
        int taken = await_taken(t, 0, f);
        for (int lost = 2; taken == 0 && lost != 1; t->failures++) {
            if (t->failures >= FAILURES_MAX)
                return 0;
            lost = lost_enter(t, f);
            if (lost < 0)
                return -1;
            taken = lost == 0;
        }
        if (taken != 0)
            return taken;
        t->m->retypings++;
        if (t->p->echo == ECHO_ERASED) {
            const int brought = name_bring(t, true, f);
            if (brought != 1)
                return brought;
            t->failures = 0;
        }
    }
    return 0;
}
