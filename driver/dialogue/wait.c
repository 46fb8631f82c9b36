// Looking at the console and waiting for it: what a state expects.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "dialogue/machine_impl.h"

enum {
    PRESSES_MAX = 12,   // times that keys are pressed again
    STUTTER = 3,        // every so many times, but the first: see press_again
    PRESS_FAILURES = 3, // a key that is no text may take longer than an echo
    GROUPS_MAX = 16,    // named groups of a match that are recorded
};

int machine_fail_here(struct machine *m, enum exit_id id, const char *next, const char *what,
                      struct failure *f) {
    size_t size = 0;
    const char *line = link_last_line(m->link, &size);
    return failure_set(f, id, next, "%s (waiting for %s; the console's last line is `%.*s`)", what,
                       m->waiting_for, (int)size, line);
}

int machine_fail_gone(struct machine *m, struct failure *f) {
    const int status = link_status(m->link);
    char what[128];
    if (WIFSIGNALED(status))
        (void)snprintf(what, sizeof what, "QEMU was ended by signal %d", WTERMSIG(status));
    else
        (void)snprintf(what, sizeof what, "QEMU ended with status %d", WEXITSTATUS(status));
    return machine_fail_here(m, EXIT_ID_QEMU_DIED,
                             "look at the last lines of the console and run again", what, f);
}

// Makes room for one more.
static int grow(struct watch_set *set) {
    if (set->count < set->room)
        return 0;
    const size_t room = set->room == 0 ? 16 : 2 * set->room;
    struct watched *at = reallocarray(set->at, room, sizeof *at);
    if (at != NULL)
        set->at = at;
    struct pattern **patterns = reallocarray(set->patterns, room, sizeof(struct pattern *));
    if (patterns != NULL)
        set->patterns = patterns;
    if (at == NULL || patterns == NULL)
        return -1;
    set->room = room;
    return 0;
}

// Adds one pattern (a template); rule NULL for the engine's own.
static int add(struct machine *m, struct watch_set *set, const struct rule *rule, const char *see,
               struct failure *f) {
    if (grow(set) != 0)
        return failure_no_memory(f);
    char *regex = machine_expand(m, see, true, f);
    if (regex == NULL)
        return -1;
    char why[256];
    struct pattern *p = pattern_compile(regex, why, sizeof why);
    free(regex);
    if (p == NULL)
        return failure_set(f, EXIT_ID_SCRIPTS_BAD, "mend the dialogue file",
                           "the pattern `%s` cannot be used: %s", see, why);
    set->at[set->count] = (struct watched){.rule = rule, .pattern = p};
    set->patterns[set->count++] = p;
    return 0;
}

static int add_rules(struct machine *m, struct watch_set *set, const char *in,
                     const struct rule *rules, unsigned count, struct failure *f) {
    for (unsigned i = 0; i < count; i++) {
        const char *where = rules[i].in == NULL ? "console" : rules[i].in;
        if (rules[i].see == NULL || strcmp(where, in) != 0)
            continue;
        const int holds = machine_holds(m, rules[i].when, f);
        if (holds < 0 || (holds == 1 && add(m, set, &rules[i], rules[i].see, f) != 0))
            return -1;
    }
    return 0;
}

// What a matched rule says: captures, lists, sets. 0: go on looking; 1: *next is set; -1 with *f.
static int follow(struct machine *m, const struct dialogue *d, unsigned here,
                  const struct watched *w, struct stream *from, unsigned *next, struct failure *f) {
    const struct rule *r = w->rule;
    for (size_t i = 0; pattern_group(w->pattern, i) != NULL; i++) {
        size_t size = 0;
        const char *name = pattern_group(w->pattern, i);
        const char *bytes = stream_group(from, name, &size);
        if (vars_set_bytes(m->vars, name, bytes == NULL ? "" : bytes, bytes == NULL ? 0 : size) !=
            0)
            return failure_no_memory(f);
    }
    if (r->list != NULL) {
        const char *line = vars_get(m->vars, r->list);
        if (list_append(m->vars, r->list, line, strlen(line)) != 0)
            return failure_set(f, EXIT_ID_INTERNAL, "look at the transcript",
                               "the guest printed more than can be kept");
    }
    if (machine_assign(m, r->set, r->set_count, f) != 0)
        return -1;
    if (r->note != NULL) {
        char *note = machine_expand(m, r->note, false, f);
        if (note == NULL)
            return -1;
        report_note(m->report, "%s", note);
        free(note);
    }
    const int holds = machine_holds(m, r->holds, f);
    if (holds < 0)
        return -1;
    const char *go_to = holds ? r->go_to : r->otherwise;
    if (holds && r->fail != NULL)
        return machine_fail(m, r->fail, f);
    if (d == NULL || go_to == NULL)
        return 0;
    *next = strcmp(go_to, "done") == 0 ? d->states_count : (unsigned)dialogue_state(d, go_to);
    report_detail(m->report, "saw %s in state %s: go to %s", r->see, d->states[here].state, go_to);
    return 1;
}

// Tells the recording of a match; a command's lines that are collected are no events.
static void record(struct machine *m, const struct watch_set *set, size_t i, struct stream *s) {
    struct record_group groups[GROUPS_MAX];
    struct pattern *p = set->patterns[i];
    size_t count = 0;
    if (link_record(m->link) == NULL || (set->at[i].rule == NULL && i > 0))
        return;
    for (; count < GROUPS_MAX && pattern_group(p, count) != NULL; count++) {
        struct record_group *g = &groups[count];
        g->name = pattern_group(p, count);
        g->text = stream_group(s, g->name, &g->size);
    }
    uint64_t begin = 0;
    uint64_t end = 0;
    size_t size = 0;
    const char *text = stream_group(s, NULL, &size);
    stream_match_range(s, &begin, &end);
    record_match(link_record(m->link), s == link_kernel(m->link), pattern_regex(p), i, begin, end,
                 text, groups, count);
}

// What of a set has come in a stream; NULL for nothing (any more).
static const struct watched *find(struct machine *m, const struct watch_set *set, struct stream *s,
                                  bool final) {
    const int i = set->at == NULL ? -1 : stream_find(s, final);
    if (i >= 0)
        record(m, set, (size_t)i, s);
    return i < 0 ? NULL : &set->at[i];
}

int machine_branch(struct machine *m, const struct dialogue *d, const struct state *s,
                   unsigned here, unsigned *next, struct failure *f) {
    for (unsigned i = 0; i < s->then_count; i++) {
        const int holds = machine_holds(m, s->then[i].when, f);
        if (holds < 0)
            return -1;
        if (holds == 0)
            continue;
        if (s->then[i].fail != NULL)
            return machine_fail(m, s->then[i].fail, f);
        *next = strcmp(s->then[i].go_to, "done") == 0
                    ? d->states_count
                    : (unsigned)dialogue_state(d, s->then[i].go_to);
        return 1;
    }
    if (strcmp(vars_get(m->vars, "rc"), "0") != 0 && s->failed != NULL)
        return machine_fail(m, s->failed, f);
    if (s->next == NULL)
        *next = here + 1;
    return 1;
}

// A command has ended: variable rc, and what the state says of it.
static int command_ended(struct machine *m, const struct dialogue *d, const struct state *s,
                         unsigned here, unsigned *next, struct failure *f) {
    size_t size = 0;
    const char *rc = stream_group(link_text(m->link), "rc", &size);
    if (rc != NULL && size == 0) {
        m->unrun = true;
        return 0;
    }
    if (rc == NULL || vars_set_bytes(m->vars, "rc", rc, size) != 0)
        return failure_no_memory(f);
    m->command_prompt = NULL;
    m->collect = NULL;
    report_detail(m->report, "the command ended with %s", vars_get(m->vars, "rc"));
    if (machine_note_exit(m, d->dialogue, vars_get(m->vars, "rc"), f) != 0)
        return -1;
    return machine_branch(m, d, s, here, next, f);
}

static int gone(struct machine *m, const struct dialogue *d, const struct state *s, unsigned *next,
                struct failure *f) {
    const int status = link_status(m->link);
    for (unsigned i = 0; i < s->expect_count; i++) {
        if (!s->expect[i].exit || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
            continue;
        if (s->expect[i].fail != NULL)
            return machine_fail(m, s->expect[i].fail, f);
        const char *go_to = s->expect[i].go_to;
        *next = go_to == NULL || strcmp(go_to, "done") == 0 ? d->states_count
                                                            : (unsigned)dialogue_state(d, go_to);
        return 1;
    }
    return machine_fail_gone(m, f);
}

// Looks for nothing any more, and empties the set.
static void unwatch(struct stream *stream, struct watch_set *set) {
    (void)stream_watch(stream, NULL, 0);
    for (size_t i = 0; i < set->count; i++)
        pattern_free(set->patterns[i]);
    free(set->at);
    free(set->patterns);
    *set = (struct watch_set){0};
}

// All that is looked for in a state. The command's end comes first: its place in the order of
// listing.
static int assemble(struct machine *m, const struct state *s, struct watch_set *text,
                    struct watch_set *kernel, struct failure *f) {
    const bool ends = m->command_prompt != NULL && (s->command != NULL || s->finish);
    if (ends && add(m, text, NULL, m->command_prompt->done, f) != 0)
        return -1;
    if (ends && m->collect != NULL &&
        add(m, text, NULL, "^(?!%{mark_left}%{mark_right})(?<line>[^\\n]*)\\n", f) != 0)
        return -1;
    if (add_rules(m, text, "console", s->expect, s->expect_count, f) != 0 ||
        add_rules(m, kernel, "kernel", s->expect, s->expect_count, f) != 0)
        return -1;
    if (stream_watch(link_text(m->link), text->patterns, text->count) != 0 ||
        stream_watch(link_kernel(m->link), kernel->patterns, kernel->count) != 0)
        return failure_no_memory(f);
    text->overruns = stream_overruns(link_text(m->link));
    kernel->overruns = stream_overruns(link_kernel(m->link));
    return 0;
}

// Says so when a match got longer than is waited for.
static void tell_overruns(struct machine *m, struct watch_set *set, const struct stream *from) {
    const size_t overruns = stream_overruns(from);
    if (overruns != set->overruns && set->patterns != NULL)
        report_detail(m->report, "a match of the pattern `%s` is given up: it gets too long",
                      pattern_regex(set->patterns[stream_overrun(from)]));
    set->overruns = overruns;
}

// What is there already: 0 nothing (any more), 1 *next is set, -1 with *f.
static int look(struct machine *m, const struct dialogue *d, const struct state *s, unsigned here,
                struct watch_set *text, struct watch_set *kernel, bool final, unsigned *next,
                struct failure *f) {
    int result = 0;
    const struct watched *w;
    while (result == 0 && (w = find(m, kernel, link_kernel(m->link), final)) != NULL)
        result = follow(m, d, here, w, link_kernel(m->link), next, f);
    while (result == 0 && (w = find(m, text, link_text(m->link), final)) != NULL) {
        if (w->rule != NULL) {
            result = follow(m, d, here, w, link_text(m->link), next, f);
            continue;
        }
        if (w == text->at) {
            result = command_ended(m, d, s, here, next, f);
            continue;
        }
        size_t size = 0;
        const char *line = stream_group(link_text(m->link), "line", &size);
        if (list_append(m->vars, m->collect, line, size) != 0)
            result = failure_set(f, EXIT_ID_INTERNAL, "look at the transcript",
                                 "the guest printed more than can be kept");
    }
    tell_overruns(m, text, link_text(m->link));
    tell_overruns(m, kernel, link_kernel(m->link));
    return result;
}

// The guest has come to where a state's `takes` says when the reference does.
static void landmark(struct machine *m, const struct state *s) {
    machine_read_clock(m);
    guest_clock_landmark(&m->clock, s->takes);
    report_detail(m->report, "a second of the guest's takes %.2f s here",
                  guest_clock_pace(&m->clock));
}

// An answer is overdue, or the shell has told that it never ran the command. 0, or -1 with *f.
static int ask(struct machine *m, const struct state *s, struct watch_set *text,
               struct watch_set *kernel, struct failure *f) {
    if (!m->unrun && machine_nudge(m, s))
        return 0;
    unwatch(link_text(m->link), text); // typing looks at the console itself
    unwatch(link_kernel(m->link), kernel);
    const int asked = m->unrun ? machine_run_again(m, s, f) : machine_ask(m, f);
    m->unrun = false;
    return asked < 0 ? -1 : assemble(m, s, text, kernel, f);
}

// Patience is over: what the state calls that.
static int stuck(struct machine *m, const struct state *s, struct failure *f) {
    (void)machine_fail_stuck(m, f);
    if (s->stuck != NULL && f->id == EXIT_ID_GUEST_STUCK)
        (void)machine_fail(m, s->stuck, f);
    return -1;
}

// A state that presses keys again and again waits shortly in between; `all` is its patience with
// all of it together.
static void begin_wait(struct machine *m, const struct state *s, unsigned presses,
                       struct patience *all) {
    const char *what = s->wait != NULL ? s->wait : s->state;
    m->outer = presses < PRESSES_MAX ? all : NULL;
    if (presses < PRESSES_MAX) {
        machine_begin_quick_wait(m, what, PRESS_FAILURES + presses);
    } else {
        machine_begin_wait(m, what, machine_budget_ms(s));
        m->patience = *all;
    }
}

// Nothing that is expected has come: once more. 0, or -1 with *f.
static int press_again(struct machine *m, const struct state *s, unsigned *presses,
                       struct patience *all, struct failure *f) {
    char *keys = machine_expand(m, s->press, false, f);
    if (keys == NULL)
        return -1;
    report_detail(m->report, "press %s again", s->press);
    record_typed(link_record(m->link), keys, "keys");
    // Against faults that come in step with the keys.
    if (s->idle != NULL && *presses % 2 == 0)
        link_send(m->link, s->idle, strlen(s->idle));
    // Where every second key is lost, two that follow each other never come: but then each twice.
    const bool each_twice = *presses > STUTTER && *presses % STUTTER == STUTTER - 1;
    for (const char *key = keys; each_twice && *key != '\0'; key++)
        link_send(m->link, (const char[]){*key, *key}, 2);
    if (!each_twice)
        link_send(m->link, keys, strlen(keys));
    free(keys);
    begin_wait(m, s, ++*presses, all);
    return 0;
}

int machine_wait(struct machine *m, const struct dialogue *d, const struct state *s, unsigned here,
                 unsigned *next, struct failure *f) {
    struct watch_set text = {0};
    struct watch_set kernel = {0};
    int result = assemble(m, s, &text, &kernel, f);
    unsigned presses = s->repeat ? 0 : PRESSES_MAX;
    struct patience all = machine_patience(m, machine_budget_ms(s));
    begin_wait(m, s, presses, &all);
    m->asks = m->runs = 0;
    int turn = 0;
    bool seen = false; // what was seen says enough by itself
    while (result == 0) {
        result = look(m, d, s, here, &text, &kernel, turn == 1, next, f);
        seen = result != 0;
        if (seen)
            break;
        if (turn == 1)
            result = gone(m, d, s, next, f);
        else if (turn == 2 && presses < PRESSES_MAX)
            result = press_again(m, s, &presses, &all, f);
        else if (turn == 2)
            result = stuck(m, s, f);
        else if (m->unrun || machine_overdue(m, s))
            result = ask(m, s, &text, &kernel, f);
        if (result == 0)
            turn = machine_turn(m, f);
        if (turn < 0)
            result = -1;
    }
    if (result > 0 && s->takes > 0)
        landmark(m, s);
    if (result < 0 && !seen && m->died == NULL) {
        machine_note_partials(m, &text, link_text(m->link));
        machine_note_partials(m, &kernel, link_kernel(m->link));
    }
    unwatch(link_text(m->link), &text);
    unwatch(link_kernel(m->link), &kernel);
    m->hold = false;
    m->outer = NULL;
    return result < 0 ? -1 : 0;
}
