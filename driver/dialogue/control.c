// States that talk to QEMU itself, by its machine protocol, and not to the guest.
#include <stdlib.h>
#include <string.h>

#include "dialogue/machine_impl.h"

enum { AGAIN_MS = 5 }; // before a command is given again

// Gives the command. 0, or -1 with *f.
static int give(struct machine *m, const struct state *s, struct failure *f) {
    if (m->host.answer != NULL)
        return 0;
    char *command = machine_expand(m, s->qmp, false, f);
    if (command == NULL)
        return -1;
    int result = 0;
    if (m->qmp == NULL || qmp_ask(m->qmp, command) != 0)
        result = failure_set(f, EXIT_ID_SCRIPTS_BAD, "mend the dialogue file",
                             "QEMU cannot be given the command `%s`", command);
    free(command);
    return result;
}

// What a turn of the pump means for a command that is not answered yet.
static int no_answer(struct machine *m, const struct state *s, int turn, struct failure *f) {
    if (turn == 1)
        return s->expect_count > 0 ? 1 : machine_fail_gone(m, f);
    if (turn == 2) {
        (void)machine_fail_stuck(m, f);
        if (s->stuck != NULL && f->id == EXIT_ID_GUEST_STUCK)
            (void)machine_fail(m, s->stuck, f);
    }
    return turn == 0 ? 0 : -1;
}

// The answer, as far as there is one.
static enum qmp_answer look(struct machine *m, const char **says, const char **status) {
    enum qmp_answer answer = QMP_AWAITED;
    if (m->host.answer == NULL)
        return qmp_answer(m->qmp, says, status);
    return m->host.answer(m->host.data, &answer, says, status) ? answer : QMP_AWAITED;
}

// Waits for the answer, and asks again where a state wants it `until`. 0, 1 when QEMU has ended in
// a state that waits for that, or -1 with *f.
static int await(struct machine *m, const struct state *s, enum qmp_answer *answer,
                 struct failure *f) {
    const char *says = "";
    const char *status = "";
    if (give(m, s, f) != 0)
        return -1;
    machine_begin_wait(m, s->wait != NULL ? s->wait : s->state, machine_budget_ms(s));
    for (;;) {
        *answer = look(m, &says, &status);
        const bool again = *answer == QMP_DONE && s->until != NULL &&
                           strcmp(status, s->until) != 0 && strcmp(status, "failed") != 0;
        if (*answer != QMP_AWAITED && !again)
            break;
        m->turn_ms = again ? AGAIN_MS : m->host.turn_ms;
        const int over = no_answer(m, s, machine_turn(m, f), f);
        if (over != 0)
            return over;
        if (again && give(m, s, f) != 0)
            return -1;
    }
    record_answer(link_record(m->link), (int)*answer, says, status);
    if (vars_set(m->vars, "qmp_says", says) != 0 || vars_set(m->vars, "qmp_status", status) != 0)
        return failure_no_memory(f);
    return 0;
}

int machine_control(struct machine *m, const struct dialogue *d, const struct state *s,
                    unsigned here, unsigned *next, struct failure *f) {
    enum qmp_answer answer = QMP_AWAITED;
    report_detail(m->report, "tell QEMU %s", s->qmp);
    const int ended = await(m, s, &answer, f);
    if (ended < 0)
        return -1;
    if (ended > 0 || (answer == QMP_DONE && s->expect_count > 0))
        return machine_wait(m, d, s, here, next, f);
    const bool ok = answer == QMP_DONE &&
                    (s->until == NULL || strcmp(vars_get(m->vars, "qmp_status"), s->until) == 0);
    report_detail(m->report, "QEMU answers %s", vars_get(m->vars, "qmp_says"));
    if (vars_set(m->vars, "rc", ok ? "0" : "1") != 0)
        return failure_no_memory(f);
    m->hold = false;
    return machine_branch(m, d, s, here, next, f) < 0 ? -1 : 0;
}
