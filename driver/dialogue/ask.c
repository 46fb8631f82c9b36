// What is done when an answer is overdue: the guest idles, and neither a mark nor a prompt came.
//
// At a shell that does not tell whether it took a line (prompt's `taken`) the first thing is Enter:
// it runs a line whose own Enter was lost, and makes a shell that waits show its prompt. A command
// that still runs does not read it (fdisk, at its own prompt, asks again); it is let alone. Where a
// prompt stands, all that the command had to say has been seen, and the shell is asked for a new
// mark with the exit code that it has kept in a variable; the command is not run again. The
// variable's name is random, too: it has no value exactly when the command never ran in this shell.
#include <stdlib.h>
#include <string.h>

#include "dialogue/machine_impl.h"

enum {
    ASK_MS =
        5000, // of the guest's time: an answer is overdue; twice that before the next, and so on
    ASKS_MAX = 4, // for one answer
};

// Whether the present state waits for the end of a command whose shell can be asked.
static bool ends(const struct machine *m, const struct state *s) {
    const struct prompt *p = m->command_prompt;
    return p != NULL && p->probe != NULL && (s->command != NULL || s->finish);
}

bool machine_overdue(const struct machine *m, const struct state *s) {
    return m->asks < ASKS_MAX && (ends(m, s) || s->nudge != NULL) &&
           machine_quiet(m, (double)(ASK_MS << m->asks));
}

// Whether the console's last line is what comes after an emptied line: a prompt, and nothing else.
static bool shows_prompt(const struct machine *m) {
    char why[128];
    size_t size = 0;
    const char *line = link_last_line(m->link, &size);
    const char *again = m->command_prompt->again;
    struct pattern *const set[] = {again == NULL ? NULL : pattern_compile(again, why, sizeof why)};
    struct stream *text = set[0] == NULL ? NULL : stream_new(size, size + 1);
    bool shows = false;
    if (text != NULL && stream_watch(text, set, 1) == 0 && stream_append(text, line, size) == 0 &&
        stream_append(text, " ", 1) == 0) // the line is kept without blanks at its end
        while (stream_find(text, true) == 0)
            shows = stream_rest(text, &size) != NULL && size == 0; // nothing stands behind it
    stream_free(text);
    pattern_free(set[0]);
    return shows;
}

bool machine_nudge(struct machine *m, const struct state *s) {
    const char *keys = ends(m, s) ? m->command_prompt->submit : s->nudge;
    if (ends(m, s) && (m->asks > 0 || m->command_prompt->taken != NULL) && shows_prompt(m))
        return false;
    m->asks++;
    report_detail(m->report, "the answer is overdue: enter ``");
    record_repair(link_record(m->link), "the answer is overdue: keys are pressed");
    link_send(m->link, keys, strlen(keys));
    machine_restart_quiet(m);
    return true;
}

// Types the probe with a fresh mark. 0, also when it cannot be typed, or -1 with *f.
static int type_probe(struct machine *m, struct failure *f) {
    const struct prompt *p = m->command_prompt;
    char *probe = machine_fresh_mark(m, f) == 0 ? machine_expand(m, p->probe, false, f) : NULL;
    if (probe == NULL)
        return -1;
    report_detail(m->report, "the command's end is overdue: ask again with %s", probe);
    record_repair(link_record(m->link), "the command's end is overdue: it is asked for");
    const int result = machine_type(m, p, probe, f);
    free(probe);
    return result < 0 && f->id == EXIT_ID_TYPING_FAILED ? 0 : result; // patience will tell
}

int machine_ask(struct machine *m, struct failure *f) {
    m->asks++;
    m->collect = NULL; // the lines that were to be collected have all come by now
    char waiting_for[sizeof m->waiting_for];
    memcpy(waiting_for, m->waiting_for, sizeof waiting_for);
    const uint64_t since_ms = m->waiting_since_ms;
    const double since_guest_ms = m->waiting_since_guest_ms;
    struct patience patience = m->patience; // goes on: an echo of ours is no progress
    m->outer = &patience;
    const int result = type_probe(m, f);
    m->outer = NULL;
    machine_begin_wait(m, waiting_for, 0);
    m->waiting_since_ms = since_ms;
    m->waiting_since_guest_ms = since_guest_ms;
    m->patience = patience;
    m->news = link_news(m->link);
    return result;
}

int machine_run_again(struct machine *m, const struct state *s, struct failure *f) {
    if (s->command == NULL || m->runs > 1)
        return machine_fail_here(m, EXIT_ID_TYPING_FAILED, "look at the transcript and run again",
                                 "the guest's shell did not run what was typed", f);
    m->runs++;
    report_detail(m->report, "the shell has not run the command: run it again");
    record_repair(link_record(m->link), "the shell has not run the command: it is typed again");
    const int result = machine_command(m, s, m->command_prompt, f);
    m->asks = 0;
    machine_begin_wait(m, s->wait != NULL ? s->wait : s->state, machine_budget_ms(s));
    return result;
}
