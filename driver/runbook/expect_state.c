// Rows of keys and values; what the choices decide is decided here.
#include "runbook/expect_state.h"

#include <stdlib.h>
#include <string.h>

#include "dialogue/script.h"
#include "runbook/are.h"
#include "runbook/quote.h"

struct tables {
    FILE *out;
    const struct scripts *scripts;
    const struct fixed *x;
    const struct dialogue *met[FIXED_DIALOGUES_MAX]; // those that can be come to
    size_t count;
    struct failure *f;
};

// ---------------------------------------------------------------------------------------- words

static void put_text(const struct tables *t, const char *key, const char *value) {
    if (value == NULL)
        return;
    (void)fprintf(t->out, " %s ", key);
    quote_tcl(t->out, value);
}

static void put_true(const struct tables *t, const char *key, bool value) {
    if (value)
        (void)fprintf(t->out, " %s 1", key);
}

static void put_condition(const struct tables *t, const char *key, const char *condition) {
    const int fixed = fixed_holds(t->x, condition);
    if (condition == NULL || fixed == 1)
        return;
    (void)fprintf(t->out, " %s {", key);
    if (fixed == 0)
        (void)fputc('0', t->out);
    else
        fixed_tcl(t->out, condition);
    (void)fputc('}', t->out);
}

static int put_pattern(const struct tables *t, const char *key, const char *see) {
    struct are a;
    if (see == NULL)
        return 0;
    const int rc = are_translate(&a, see, t->f);
    if (rc == 0) {
        put_text(t, key, a.regex);
        (void)fputs(" groups {", t->out);
        for (size_t i = 0; i < a.count; i++)
            (void)fprintf(t->out, "%s%s", i == 0 ? "" : " ",
                          a.names[i][0] == '\0' ? "-" : a.names[i]);
        (void)fputc('}', t->out);
    }
    are_free(&a);
    return rc;
}

static void put_set(const struct tables *t, const struct assignment *set, unsigned count) {
    if (count == 0)
        return;
    (void)fputs(" set {", t->out);
    for (unsigned i = 0; i < count; i++) {
        if (fixed_holds(t->x, set[i].when) == 0)
            continue;
        (void)fputs("\n        {", t->out);
        (void)fprintf(t->out, "name %s", set[i].name);
        put_text(t, "value", set[i].value);
        put_condition(t, "when", set[i].when);
        (void)fputc('}', t->out);
    }
    (void)fputc('}', t->out);
}

// --------------------------------------------------------------------------------------- states

static int put_rules(const struct tables *t, const struct state *s) {
    if (s->expect_count == 0)
        return 0;
    (void)fputs("\n    expect {", t->out);
    for (unsigned i = 0; i < s->expect_count; i++) {
        const struct rule *r = &s->expect[i];
        if (fixed_holds(t->x, r->when) == 0)
            continue;
        (void)fputs("\n        {", t->out);
        put_true(t, "exit", r->exit);
        if (put_pattern(t, "see", r->see) != 0)
            return -1;
        put_condition(t, "when", r->when);
        put_text(t, "in", r->in);
        put_text(t, "list", r->list);
        put_text(t, "note", r->note);
        put_condition(t, "holds", r->holds);
        put_text(t, "otherwise", r->otherwise);
        put_set(t, r->set, r->set_count);
        put_text(t, "goto", r->go_to);
        put_text(t, "fail", r->fail);
        (void)fputc('}', t->out);
    }
    (void)fputc('}', t->out);
    return 0;
}

static void put_branches(const struct tables *t, const struct state *s) {
    if (s->then_count == 0)
        return;
    (void)fputs("\n    then {", t->out);
    for (unsigned i = 0; i < s->then_count; i++) {
        (void)fputs("\n        {", t->out);
        put_condition(t, "when", s->then[i].when);
        put_text(t, "goto", s->then[i].go_to);
        put_text(t, "fail", s->then[i].fail);
        (void)fputc('}', t->out);
    }
    (void)fputc('}', t->out);
}

static int put_state(const struct tables *t, const struct dialogue *d, const struct state *s) {
    (void)fprintf(t->out, "state %s ", d->dialogue);
    quote_tcl(t->out, s->state);
    (void)fputs(" {", t->out);
    if (fixed_holds(t->x, s->when) == 0) {
        (void)fputs("when 0", t->out);
        put_text(t, "otherwise", s->otherwise);
        (void)fputs("}\n", t->out);
        return 0;
    }
    if (s->qmp != NULL)
        return failure_set(
            t->f, EXIT_ID_SCRIPTS_BAD, "choose a way that does without it",
            "the state %s/%s gives QEMU a command of its own protocol, which a script "
            "of Expect cannot",
            d->dialogue, s->state);
    put_text(t, "step", s->step);
    put_text(t, "title", s->title);
    put_condition(t, "when", s->when);
    put_text(t, "otherwise", s->otherwise);
    put_text(t, "call", s->call);
    put_text(t, "wait", s->wait);
    put_set(t, s->set, s->set_count);
    if (s->budget > 0)
        (void)fprintf(t->out, " budget %u", s->budget);
    if (s->tries != NULL)
        (void)fprintf(t->out, " tries %u", *s->tries);
    put_text(t, "exhausted", s->exhausted);
    put_text(t, "stuck", s->stuck);
    put_text(t, "nudge", s->nudge);
    put_text(t, "prompt", s->prompt);
    put_text(t, "type", s->type);
    put_text(t, "press", s->press);
    put_true(t, "repeat", s->repeat);
    put_text(t, "idle", s->idle);
    put_text(t, "command", s->command);
    put_text(t, "collect", s->collect);
    put_true(t, "finish", s->finish);
    if (put_rules(t, s) != 0)
        return -1;
    put_branches(t, s);
    put_text(t, "failed", s->failed);
    put_text(t, "fail", s->fail);
    put_text(t, "next", s->next);
    (void)fputs("}\n", t->out);
    return 0;
}

// The dialogue and those that it calls, each once.
static void meet(struct tables *t, const struct dialogue *d) {
    for (size_t i = 0; i < t->count; i++)
        if (t->met[i] == d)
            return;
    if (d == NULL || t->count == FIXED_DIALOGUES_MAX)
        return;
    t->met[t->count++] = d;
    for (unsigned i = 0; i < d->states_count; i++)
        if (d->states[i].call != NULL && fixed_holds(t->x, d->states[i].when) != 0)
            meet(t, scripts_dialogue(t->scripts, d->states[i].call));
}

static bool has_met(const struct tables *t, const char *dialogue) {
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->met[i]->dialogue, dialogue) == 0)
            return true;
    return false;
}

// ---------------------------------------------------------------------------------- other tables

static int put_prompt(const struct tables *t, const struct prompt *p) {
    static const char *const echoes[] = {[ECHO_ONCE] = "once",
                                         [ECHO_TWICE] = "twice",
                                         [ECHO_REDRAWN] = "redrawn",
                                         [ECHO_ERASED] = "erased"};
    (void)fputs("prompt ", t->out);
    quote_tcl(t->out, p->prompt);
    (void)fprintf(t->out, " {echo %s chunk %u", echoes[p->echo], p->chunk);
    put_text(t, "lead", p->lead);
    put_text(t, "kill", p->kill);
    put_text(t, "submit", p->submit);
    put_text(t, "taken", p->taken);
    put_text(t, "mark", p->mark);
    const int rc = put_pattern(t, "done", p->done);
    (void)fputs("}\n", t->out);
    return rc;
}

static void put_failure(const struct tables *t, const struct failure_text *text) {
    (void)fputs("failure ", t->out);
    quote_tcl(t->out, text->failure);
    (void)fprintf(t->out, " %d ", exit_rows[exit_id_by_name(text->exit)].code);
    quote_tcl(t->out, text->says);
    (void)fputc(' ', t->out);
    quote_tcl(t->out, text->next);
    (void)fputc('\n', t->out);
}

static int put_death(const struct tables *t, const struct death *row) {
    static const char *const hows[] = {
        [DEATH_FATAL] = "fatal", [DEATH_CAUSE] = "cause", [DEATH_NOTE] = "note"};
    const bool console = row->in == NULL || strcmp(row->in, "console") == 0;
    // Its sentence may be one that a state fails with.
    put_failure(t, &row->text);
    if ((row->see == NULL && row->code == NULL && row->bit == NULL) ||
        (!console && strcmp(row->in, "kernel") != 0 && !has_met(t, row->in)))
        return 0;
    (void)fprintf(t->out, "death {how %s exit %d", hows[row->how],
                  exit_rows[exit_id_by_name(row->text.exit)].code);
    put_text(t, "in", console ? NULL : row->in);
    put_condition(t, "when", row->when);
    if (row->code != NULL)
        (void)fprintf(t->out, " code %u", *row->code);
    if (row->bit != NULL)
        (void)fprintf(t->out, " bit %u", *row->bit);
    const int rc = put_pattern(t, "see", row->see);
    put_text(t, "says", row->text.says);
    put_text(t, "next", row->text.next);
    (void)fputs("}\n", t->out);
    return rc;
}

static int put_shared(const struct tables *t) {
    int rc = 0;
    (void)fputs("\n# How one types at each prompt.\n", t->out);
    for (unsigned i = 0; i < scripts_count(t->scripts); i++)
        for (unsigned k = 0; k < scripts_at(t->scripts, i)->prompts_count && rc == 0; k++)
            rc = put_prompt(t, &scripts_at(t->scripts, i)->prompts[k]);
    (void)fputs("\n# What can fail: exit code, sentence, what to do next.\n", t->out);
    for (unsigned i = 0; i < scripts_count(t->scripts); i++)
        for (unsigned k = 0; k < scripts_at(t->scripts, i)->failures_count; k++)
            put_failure(t, &scripts_at(t->scripts, i)->failures[k]);
    (void)fputs("\n# Signs that the guest is dead, lost or ill.\n", t->out);
    for (unsigned i = 0; i < scripts_count(t->scripts); i++)
        for (unsigned k = 0; k < scripts_at(t->scripts, i)->deaths_count && rc == 0; k++)
            rc = put_death(t, &scripts_at(t->scripts, i)->deaths[k]);
    return rc;
}

int expect_tables(FILE *out, const struct fixed *x, struct failure *f) {
    struct tables t = {.out = out, .scripts = x->scripts, .x = x, .f = f};
    if (x->count > 0)
        meet(&t, x->near[0]);
    int rc = put_shared(&t);
    for (size_t i = 0; i < t.count; i++) {
        (void)fputs("\n# ", out);
        quote_tcl_comment(out, t.met[i]->about);
        (void)fputc('\n', out);
        for (unsigned k = 0; k < t.met[i]->states_count && rc == 0; k++)
            rc = put_state(&t, t.met[i], &t.met[i]->states[k]);
    }
    return rc;
}
