// The states of a dialogue, one after the other.
#include "dialogue/machine.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dialogue/assign.h"
#include "dialogue/machine_impl.h"

enum { CALL_DEPTH_MAX = 8, MS_PER_S = 1000 };

struct machine *machine_new(const struct scripts *scripts, struct vars *vars, struct link *link,
                            struct report *report, const char *disk, enum stage stage) {
    struct machine *m = calloc(1, sizeof *m);
    if (m != NULL) {
        *m = (struct machine){.scripts = scripts,
                              .vars = vars,
                              .link = link,
                              .report = report,
                              .disk = disk,
                              .stage = stage,
                              .host = machine_real_host,
                              .limits = {.timeout_scale = 1}};
        machine_start_clock(m);
        struct failure no_memory; // its patterns have been checked (lint.c)
        m->deaths = deaths_new(scripts, &no_memory);
    }
    if (m != NULL && m->deaths == NULL) {
        free(m);
        return NULL;
    }
    if (m != NULL)
        link_set_tap(link, deaths_feed, m->deaths);
    return m;
}

void machine_set_qmp(struct machine *m, struct qmp *qmp) {
    m->qmp = qmp;
}

void machine_free(struct machine *m) {
    if (m != NULL) {
        deaths_free(m->deaths);
        json_decref(m->partials);
        free(m->typed);
    }
    free(m);
}

void machine_set_limits(struct machine *m, const struct machine_limits *limits) {
    m->limits = *limits;
    machine_start_clock(m);
}

void machine_set_host(struct machine *m, const struct machine_host *host) {
    m->host = *host;
    machine_start_clock(m);
}

void machine_set_person(struct machine *m, const struct person_wish *wish) {
    m->wish = *wish;
}

const struct person_story *machine_person(const struct machine *m) {
    return &m->person;
}

enum stage machine_stage(const struct machine *m) {
    return m->stage;
}

unsigned machine_retypings(const struct machine *m) {
    return m->retypings;
}

char *machine_expand(struct machine *m, const char *text, bool quote, struct failure *f) {
    return assign_expand(m->vars, text, quote, f);
}

int machine_holds(struct machine *m, const char *condition, struct failure *f) {
    return assign_holds(m->vars, condition, f);
}

int machine_assign(struct machine *m, const struct assignment *set, unsigned count,
                   struct failure *f) {
    return assign_all(m->vars, set, count, f);
}

int machine_fail(struct machine *m, const char *name, struct failure *f) {
    const struct failure_text *t = scripts_failure(m->scripts, name);
    m->named = scripts_death(m->scripts, name);
    char *what = machine_expand(m, t->says, false, f);
    char *next = what == NULL ? NULL : machine_expand(m, t->next, false, f);
    if (next != NULL)
        (void)failure_set(f, (enum exit_id)exit_id_by_name(t->exit), next, "%s", what);
    free(what);
    free(next);
    return -1;
}

static unsigned target(const struct dialogue *d, const char *name, unsigned fallback) {
    if (name == NULL)
        return fallback;
    return strcmp(name, "done") == 0 ? d->states_count : (unsigned)dialogue_state(d, name);
}

int machine_command(struct machine *m, const struct state *s, const struct prompt *p,
                    struct failure *f) {
    if (machine_fresh_mark(m, f) != 0)
        return -1;
    // The exit code is kept in a variable of the mark's name.
    if (vars_set(m->vars, "mark_status", vars_get(m->vars, "mark_left")) != 0)
        return failure_no_memory(f);
    char *command = machine_expand(m, s->command, false, f);
    char *mark = command == NULL ? NULL : machine_expand(m, p->mark, false, f);
    char *line = NULL;
    int result = -1;
    if (mark != NULL && asprintf(&line, "%s%s", command, mark) < 0)
        (void)failure_no_memory(f);
    else if (mark != NULL) {
        report_detail(m->report, "run %s", command);
        result = machine_type(m, p, line, f);
    }
    free(line);
    free(mark);
    free(command);
    m->command_prompt = p;
    m->collect = s->collect;
    return result;
}

static bool acts(const struct state *s) {
    return s->type != NULL || s->press != NULL || s->command != NULL || s->qmp != NULL;
}

// Types, presses or commands what the state says.
static int act(struct machine *m, const struct state *s, struct failure *f) {
    const char *template = s->type != NULL ? s->type : s->press;
    // lint.c has seen to it that whoever types names a prompt.
    const struct prompt *p = s->prompt == NULL ? NULL : scripts_prompt(m->scripts, s->prompt);
    if (p != NULL && machine_prove_first(m, p, f) != 0)
        return -1;
    if (s->command != NULL && p != NULL)
        return machine_command(m, s, p, f);
    if (template == NULL)
        return 0;
    char *text = machine_expand(m, template, false, f);
    if (text == NULL)
        return -1;
    int result = 0;
    if (s->press != NULL) {
        report_detail(m->report, "press %s", s->press);
        record_typed(link_record(m->link), text, "keys");
        machine_note_typed(m, text, "keys");
        link_send(m->link, text, strlen(text));
        m->unsure = true;
    } else {
        report_detail(m->report, "type %s", text);
        result = machine_type(m, p, text, f);
    }
    free(text);
    return result;
}

// The disk's stage is that of the state, once the state does what it is for.
static void reach(struct machine *m, const struct state *s) {
    if (s->stage != NULL && stage_by_name(s->stage) > (int)m->stage)
        m->stage = (enum stage)stage_by_name(s->stage);
}

static int enter(struct machine *m, const struct dialogue *d, const struct state *s,
                 struct failure *f) {
    if (!acts(s))
        reach(m, s); // it only says what has been done by now
    const int64_t wall = m->host.wall != NULL ? m->host.wall(m->host.data) : (int64_t)time(NULL);
    if (vars_format(m->vars, "host_time", "%jd", (intmax_t)wall) != 0)
        return failure_no_memory(f);
    if (machine_check_stop(m, f) != 0 || machine_assign(m, s->set, s->set_count, f) != 0)
        return -1;
    char *title = NULL;
    if (s->title != NULL) {
        title = machine_expand(m, s->title, false, f);
        if (title == NULL)
            return -1;
        report_step(m->report, s->step, title);
    }
    record_state(link_record(m->link), d->dialogue, s->state, s->step, title,
                 m->clock.guest_ms / MS_PER_S, wall);
    report_detail(m->report, "state %s/%s", d->dialogue, s->state);
    free(title);
    m->at_dialogue = d;
    m->at_state = s;
    if (machine_meet(m, d, s, f) != 0)
        return -1;
    reach(m, s);
    m->hold = s->hold && !m->limits.may_cut;
    return 0;
}

static int run(struct machine *m, const struct dialogue *d, unsigned depth, struct failure *f);

// One state. *next: where to go.
static int run_state(struct machine *m, const struct dialogue *d, unsigned here, unsigned depth,
                     unsigned *next, struct failure *f) {
    const struct state *s = &d->states[here];
    *next = target(d, s->next, here + 1);
    if (enter(m, d, s, f) != 0)
        return -1;
    if (s->fail != NULL)
        return machine_fail(m, s->fail, f);
    if (s->call != NULL)
        return run(m, scripts_dialogue(m->scripts, s->call), depth + 1, f);
    if (s->qmp != NULL)
        return machine_control(m, d, s, here, next, f);
    if (s->command != NULL)
        deaths_command(m->deaths, d->dialogue);
    if (act(m, s, f) != 0)
        return -1;
    if (s->expect_count == 0 && s->command == NULL && !s->finish)
        return 0;
    return machine_wait(m, d, s, here, next, f);
}

// From where on a dialogue that failed here is tried again: what was typed last is typed anew.
// states_count: from nowhere.
static unsigned again(const struct dialogue *d, unsigned here, unsigned typed) {
    return typed == d->states_count && d->states[here].fail != NULL   ? typed
           : typed == d->states_count || d->states[here].call != NULL ? here
                                                                      : typed;
}

static int run(struct machine *m, const struct dialogue *d, unsigned depth, struct failure *f) {
    if (depth > CALL_DEPTH_MAX)
        return failure_set(f, EXIT_ID_SCRIPTS_BAD, "mend the dialogue file",
                           "dialogues call each other too deeply at `%s`", d->dialogue);
    unsigned *entries = calloc(d->states_count + 1U, sizeof *entries);
    if (entries == NULL)
        return failure_no_memory(f);
    int result = 0;
    unsigned at = 0;
    unsigned typed = d->states_count; // the last state that typed, once there is one
    while (result == 0 && at < d->states_count) {
        const struct state *s = &d->states[at];
        const unsigned here = at;
        const int enters = machine_holds(m, s->when, f);
        if (enters < 0) {
            result = -1;
        } else if (enters == 0) {
            at = target(d, s->otherwise, at + 1);
        } else if (++entries[at] > (s->tries == NULL ? STATE_TRIES_DEFAULT : *s->tries)) {
            result = s->exhausted != NULL
                         ? machine_fail(m, s->exhausted, f)
                         : failure_set(f, EXIT_ID_SCRIPTS_BAD, "mend the dialogue file",
                                       "the dialogue `%s` goes round in circles at `%s`",
                                       d->dialogue, s->state);
        } else {
            result = run_state(m, d, here, depth, &at, f);
        }
        typed = acts(s) ? here : typed;
        at = result < 0 ? again(d, here, typed) : at;
        if (result < 0 && at < d->states_count && machine_mend(m, d, &d->states[at], f) == 1) {
            memset(entries, 0, d->states_count * sizeof *entries);
            result = 0;
        }
    }
    free(entries);
    return result;
}

int machine_run(struct machine *m, const char *dialogue, struct failure *f) {
    const struct dialogue *d = scripts_dialogue(m->scripts, dialogue);
    if (d == NULL)
        return failure_set(f, EXIT_ID_SCRIPTS_BAD, "mend the dialogue files",
                           "there is no dialogue `%s`", dialogue);
    const int result = run(m, d, 0, f);
    if (result != 0)
        machine_explain(m, f);
    return result;
}
