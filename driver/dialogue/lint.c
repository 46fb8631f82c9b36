// Checks dialogue files for mistakes that would otherwise show only in the middle of a run.
#include "dialogue/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/stage.h"
#include "console/stream.h"
#include "dialogue/builtin.h"
#include "dialogue/expr.h"
#include "dialogue/place.h"
#include "dialogue/script.h"
#include "dialogue/vars.h"

enum { EXIT_CODE_MAX = 255 };

struct lint {
    const struct scripts *scripts;
    struct vars *names; // every variable that is set anywhere, with a value that fits patterns
    const struct dialogue *d; // the file in hand
    const char *path;
    FILE *out;
    unsigned mistakes;
};

static void mistake(struct lint *l, const char *where, const char *text, ...)
    __attribute__((format(printf, 3, 4)));

static void mistake(struct lint *l, const char *where, const char *text, ...) {
    va_list args;
    va_start(args, text);
    (void)fprintf(l->out, "%s%s:%u: ", l->mistakes++ == 0 ? "" : ", ", l->path,
                  place_line(l->path, where));
    (void)vfprintf(l->out, text, args);
    va_end(args);
}

// The path of a field below a place; the text lives as long as the caller's block.
#define AT(where, field) place_of((char[160]){0}, where, field)

static const char *place_of(char buffer[160], const char *where, const char *field) {
    (void)snprintf(buffer, 160, "%s/%s", where, field);
    return buffer;
}

static const char *lookup(void *arg, const char *name) {
    return vars_get(((const struct lint *)arg)->names, name);
}

static void check_condition(struct lint *l, const char *where, const char *field,
                            const char *text) {
    char why[256];
    if (text != NULL && expr_eval(text, lookup, l, why, sizeof why) < 0)
        mistake(l, AT(where, field), "in the condition `%s`: %s", text, why);
}

static void check_template(struct lint *l, const char *where, const char *field, const char *text) {
    if (text == NULL)
        return;
    char *unknown = NULL;
    char *value = vars_expand(l->names, text, false, &unknown);
    if (value == NULL)
        mistake(l, AT(where, field), "`%s` names a variable that is set nowhere: %s", text,
                unknown == NULL ? "?" : unknown);
    free(value);
    free(unknown);
}

static void check_target(struct lint *l, const char *where, const char *field, const char *name) {
    if (name != NULL && strcmp(name, "done") != 0 && dialogue_state(l->d, name) < 0)
        mistake(l, AT(where, field), "there is no state `%s` in this file to go to", name);
}

static void check_failure(struct lint *l, const char *where, const char *field, const char *name) {
    if (name != NULL && scripts_failure(l->scripts, name) == NULL)
        mistake(l, AT(where, field), "no file defines the failure `%s`", name);
}

// Compiles a pattern with stand-ins for its variables; the caller frees. NULL: a mistake was noted.
static struct pattern *check_pattern(struct lint *l, const char *where, const char *field,
                                     const char *text) {
    char *unknown = NULL;
    char why[256];
    char *regex = vars_expand(l->names, text, true, &unknown);
    struct pattern *p = regex == NULL ? NULL : pattern_compile(regex, why, sizeof why);
    if (regex == NULL)
        mistake(l, AT(where, field), "`%s` names a variable that is set nowhere: %s", text,
                unknown == NULL ? "?" : unknown);
    else if (p == NULL)
        mistake(l, AT(where, field), "the pattern `%s` cannot be used: %s", text, why);
    else if (pattern_waits(p))
        mistake(l, AT(where, field),
                "the pattern `%s` ends in an open or optional part, and so matches only when more "
                "text has come: let it end in what always comes",
                text);
    free(regex);
    free(unknown);
    return p;
}

static bool has_group(const struct pattern *p, const char *name) {
    for (size_t i = 0; pattern_group(p, i) != NULL; i++)
        if (strcmp(pattern_group(p, i), name) == 0)
            return true;
    return false;
}

static void check_assignments(struct lint *l, const char *where, const char *field,
                              const struct assignment *set, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        char at[128];
        (void)snprintf(at, sizeof at, "%s/%s/%u", where, field, i);
        check_template(l, at, "value", set[i].value);
        check_condition(l, at, "when", set[i].when);
    }
}

static void check_rule(struct lint *l, const char *where, const struct rule *r) {
    if ((r->see != NULL) == r->exit)
        mistake(l, where, "a rule has either `see` or `exit: true`");
    if (r->in != NULL && strcmp(r->in, "console") != 0 && strcmp(r->in, "kernel") != 0)
        mistake(l, AT(where, "in"), "`in` is console or kernel, not `%s`", r->in);
    if ((r->holds == NULL) != (r->otherwise == NULL))
        mistake(l, where, "`holds` and `otherwise` go together");
    if (r->go_to != NULL && r->fail != NULL)
        mistake(l, where, "a rule has `goto` or `fail`, not both");
    struct pattern *p = r->see == NULL ? NULL : check_pattern(l, where, "see", r->see);
    if (p != NULL && r->list != NULL && !has_group(p, r->list))
        mistake(l, AT(where, "list"), "the pattern has no group (?<%s>...)", r->list);
    pattern_free(p);
    check_condition(l, where, "when", r->when);
    check_condition(l, where, "holds", r->holds);
    check_condition(l, where, "likely", r->likely);
    check_template(l, where, "note", r->note);
    check_target(l, where, "goto", r->go_to);
    check_target(l, where, "otherwise", r->otherwise);
    check_failure(l, where, "fail", r->fail);
    check_assignments(l, where, "set", r->set, r->set_count);
}

static void check_prompt_of(struct lint *l, const char *where, const struct state *s) {
    if (s->type == NULL && s->command == NULL) {
        if (s->prompt != NULL)
            mistake(l, AT(where, "prompt"), "nothing is typed at this prompt");
        return;
    }
    const struct prompt *p = s->prompt == NULL ? NULL : scripts_prompt(l->scripts, s->prompt);
    if (s->prompt == NULL)
        mistake(l, where, "state `%s` types, but names no prompt", s->state);
    else if (p == NULL)
        mistake(l, AT(where, "prompt"), "no file defines the prompt `%s`", s->prompt);
    else if (s->command != NULL && (p->mark == NULL || p->done == NULL))
        mistake(l, AT(where, "command"), "the prompt `%s` takes no commands: it has no mark",
                s->prompt);
}

static bool has_way_out(const struct state *s) {
    for (unsigned i = 0; i < s->expect_count; i++)
        if (s->expect[i].exit || s->expect[i].go_to != NULL || s->expect[i].fail != NULL ||
            s->expect[i].otherwise != NULL)
            return true;
    return false;
}

static void check_actions(struct lint *l, const char *where, const struct state *s) {
    const int actions = (s->type != NULL) + (s->press != NULL) + (s->command != NULL) +
                        (s->qmp != NULL) + (s->call != NULL);
    if (actions > 1)
        mistake(l, where, "state `%s` has more than one of type, press, command, qmp and call",
                s->state);
    if (s->call != NULL && scripts_dialogue(l->scripts, s->call) == NULL)
        mistake(l, AT(where, "call"), "there is no dialogue `%s`", s->call);
    if (s->call != NULL && s->expect_count > 0)
        mistake(l, AT(where, "expect"), "a call looks for nothing itself");
    for (unsigned i = 0; s->qmp != NULL && i < s->expect_count; i++)
        if (!s->expect[i].exit)
            mistake(l, AT(where, "expect"), "a command for QEMU looks for nothing in the guest");
    if (s->until != NULL && s->qmp == NULL)
        mistake(l, AT(where, "until"), "`until` belongs to `qmp`");
    const bool ends = s->command != NULL || s->qmp != NULL || s->finish;
    if (!ends && (s->then_count > 0 || s->failed != NULL || s->collect != NULL))
        mistake(l, where, "`then`, `failed` and `collect` belong to a command");
    if (ends && s->then_count == 0 && s->failed == NULL)
        mistake(l, where, "the command of state `%s` has neither `failed` nor `then`", s->state);
    if (s->expect_count > 0 && !ends && !has_way_out(s))
        mistake(l, AT(where, "expect"), "nothing that state `%s` looks for leads out of it",
                s->state);
    if (s->takes < 0 || (s->takes > 0 && s->expect_count == 0))
        mistake(l, AT(where, "takes"), "only a state that looks for something can be a landmark");
    if ((s->tries == NULL) != (s->exhausted == NULL))
        mistake(l, where, "`tries` and `exhausted` go together");
    if (s->stage != NULL && stage_by_name(s->stage) < 0)
        mistake(l, AT(where, "stage"), "there is no stage `%s`", s->stage);
}

static void check_state(struct lint *l, unsigned i) {
    const struct state *s = &l->d->states[i];
    char where[64];
    (void)snprintf(where, sizeof where, "states/%u", i);
    if (dialogue_state(l->d, s->state) != (int)i || strcmp(s->state, "done") == 0)
        mistake(l, where, "the name `%s` is taken", s->state);
    check_actions(l, where, s);
    check_prompt_of(l, where, s);
    check_condition(l, where, "when", s->when);
    check_target(l, where, "otherwise", s->otherwise);
    check_target(l, where, "next", s->next);
    check_failure(l, where, "fail", s->fail);
    check_failure(l, where, "failed", s->failed);
    check_failure(l, where, "exhausted", s->exhausted);
    check_failure(l, where, "stuck", s->stuck);
    check_template(l, where, "type", s->type);
    check_template(l, where, "press", s->press);
    check_template(l, where, "command", s->command);
    check_template(l, where, "qmp", s->qmp);
    check_template(l, where, "shows", s->shows);
    check_template(l, where, "amiss", s->amiss);
    check_assignments(l, where, "supposed", s->supposed, s->supposed_count);
    if (s->amiss != NULL && s->shows == NULL)
        mistake(l, AT(where, "amiss"),
                "`amiss` says what is to be done when what `shows` says is "
                "not seen, and there is no `shows`");
    check_assignments(l, where, "set", s->set, s->set_count);
    for (unsigned k = 0; k < s->expect_count; k++) {
        char at[96];
        (void)snprintf(at, sizeof at, "%s/expect/%u", where, k);
        check_rule(l, at, &s->expect[k]);
    }
    for (unsigned k = 0; k < s->then_count; k++) {
        char at[96];
        (void)snprintf(at, sizeof at, "%s/then/%u", where, k);
        check_condition(l, at, "when", s->then[k].when);
        check_target(l, at, "goto", s->then[k].go_to);
        check_failure(l, at, "fail", s->then[k].fail);
        if ((s->then[k].go_to != NULL) == (s->then[k].fail != NULL))
            mistake(l, at, "a branch has either `goto` or `fail`");
    }
}

static void check_prompt(struct lint *l, unsigned i) {
    const struct prompt *p = &l->d->prompts[i];
    char where[64];
    (void)snprintf(where, sizeof where, "prompts/%u", i);
    if (p->chunk < 1)
        mistake(l, AT(where, "chunk"), "a chunk is at least one byte");
    if (p->redraw != NULL && (p->again == NULL || p->erase == NULL))
        mistake(l, AT(where, "redraw"), "`redraw` needs `again` and `erase`");
    if (p->reveal != NULL && p->redraw == NULL)
        mistake(l, AT(where, "reveal"), "`reveal` needs `redraw`");
    if (p->pad != NULL && strlen(p->pad) != 1)
        mistake(l, AT(where, "pad"), "a pad is one byte");
    if (p->echo == ECHO_ERASED && (p->erase == NULL || p->taken == NULL))
        mistake(l, where, "`echo: erased` needs `erase` and `taken`");
    if (p->echo != ECHO_ERASED && p->taken != NULL && (p->redraw == NULL || p->pad == NULL))
        mistake(l, AT(where, "taken"), "`taken` needs `redraw` and `pad`");
    if ((p->mark == NULL) != (p->done == NULL))
        mistake(l, where, "`mark` and `done` go together");
    if (p->probe != NULL && p->mark == NULL)
        mistake(l, AT(where, "probe"), "a probe asks for a mark, and there is none");
    check_template(l, where, "mark", p->mark);
    check_template(l, where, "probe", p->probe);
    struct pattern *done = p->done == NULL ? NULL : check_pattern(l, where, "done", p->done);
    if (done != NULL && !has_group(done, "rc"))
        mistake(l, AT(where, "done"), "the pattern has no group (?<rc>...)");
    pattern_free(done);
    pattern_free(p->again == NULL ? NULL : check_pattern(l, where, "again", p->again));
}

static void check_text(struct lint *l, const char *where, const struct failure_text *t) {
    if (scripts_failure(l->scripts, t->failure) != t)
        mistake(l, where, "the name `%s` is taken", t->failure);
    if (exit_id_by_name(t->exit) < 0)
        mistake(l, AT(where, "exit"), "there is no exit code `%s`", t->exit);
    check_template(l, where, "says", t->says);
    check_template(l, where, "next", t->next);
}

// A row of the death table.
static void check_death(struct lint *l, unsigned i) {
    const struct death *row = &l->d->deaths[i];
    char where[64];
    (void)snprintf(where, sizeof where, "deaths/%u", i);
    check_text(l, where, &row->text);
    check_condition(l, where, "when", row->when);
    if ((row->see != NULL) + (row->code != NULL) + (row->bit != NULL) > 1)
        mistake(l, where, "row `%s` has more than one of see, code and bit", row->text.failure);
    if (row->see != NULL && strstr(row->see, "%{") != NULL)
        mistake(l, AT(where, "see"), "a death's pattern holds for every run: no %%{name} in it");
    else if (row->see != NULL)
        pattern_free(check_pattern(l, where, "see", row->see));
    const bool stream = row->in == NULL || script_is_stream(row->in);
    if (!stream && scripts_dialogue(l->scripts, row->in) == NULL)
        mistake(l, AT(where, "in"), "`in` is console, kernel, qemu, screen or a dialogue, not `%s`",
                row->in);
    if (stream && (row->code != NULL || row->bit != NULL))
        mistake(l, where, "an exit code is that of a tool: `in` names its dialogue");
    if (row->code != NULL && *row->code > EXIT_CODE_MAX)
        mistake(l, AT(where, "code"), "an exit code is at most %d", EXIT_CODE_MAX);
    if (row->bit != NULL &&
        (*row->bit == 0 || *row->bit > EXIT_CODE_MAX || (*row->bit & (*row->bit - 1)) != 0))
        mistake(l, AT(where, "bit"), "a bit of an exit code is 1, 2, 4 and so on up to 128");
}

static void check_file(struct lint *l) {
    const char *base = strrchr(l->path, '/');
    const char *name = base == NULL ? l->path : base + 1;
    const size_t stem = strlen(name) - strlen(".yaml");
    if (strlen(l->d->dialogue) != stem || strncmp(l->d->dialogue, name, stem) != 0)
        mistake(l, "dialogue", "the dialogue is called `%s`, its file %s", l->d->dialogue, name);
    for (unsigned i = 0; i < l->d->prompts_count; i++)
        check_prompt(l, i);
    for (unsigned i = 0; i < l->d->failures_count; i++) {
        char where[64];
        (void)snprintf(where, sizeof where, "failures/%u", i);
        check_text(l, where, &l->d->failures[i]);
    }
    for (unsigned i = 0; i < l->d->deaths_count; i++)
        check_death(l, i);
    for (unsigned i = 0; i < l->d->states_count; i++)
        check_state(l, i);
}

// Learns a name. Its value, x, keeps patterns valid in which it stands.
static void learn(void *arg, const char *name) {
    (void)vars_set(arg, name, "x");
}

// Groups are found in the text: it may name variables that are not learnt yet.
static void learn_groups(struct vars *names, const char *see) {
    for (const char *g = see == NULL ? NULL : strstr(see, "(?<"); g != NULL; g = strstr(g, "(?<")) {
        g += 3;
        const size_t n = strcspn(g, ">");
        if (*g == '=' || *g == '!')
            continue;
        char *name = strndup(g, n);
        if (name != NULL)
            learn(names, name);
        free(name);
    }
}

static void learn_rule(struct vars *names, const struct rule *r) {
    for (unsigned i = 0; i < r->set_count; i++)
        learn(names, r->set[i].name);
    if (r->list != NULL)
        learn(names, r->list);
    learn_groups(names, r->see);
}

static void learn_file(struct vars *names, const struct dialogue *d) {
    for (unsigned i = 0; i < d->deaths_count; i++)
        learn_groups(names, d->deaths[i].see);
    for (unsigned i = 0; i < d->states_count; i++) {
        for (unsigned k = 0; k < d->states[i].set_count; k++)
            learn(names, d->states[i].set[k].name);
        for (unsigned k = 0; k < d->states[i].supposed_count; k++)
            learn(names, d->states[i].supposed[k].name);
        for (unsigned k = 0; k < d->states[i].expect_count; k++)
            learn_rule(names, &d->states[i].expect[k]);
    }
}

int lint_scripts(const struct scripts *s, struct failure *f) {
    char *text = NULL;
    size_t size = 0;
    struct lint l = {.scripts = s, .names = vars_new(), .out = open_memstream(&text, &size)};
    if (l.names == NULL || l.out == NULL) {
        vars_free(l.names);
        if (l.out != NULL)
            (void)fclose(l.out);
        free(text);
        return failure_set(f, EXIT_ID_INTERNAL, "free some memory", "there is no memory");
    }
    for (size_t i = 0; builtin_variables[i] != NULL; i++)
        learn(l.names, builtin_variables[i]);
    for (unsigned i = 0; i < scripts_count(s); i++)
        learn_file(l.names, scripts_at(s, i));
    for (unsigned i = 0; i < scripts_count(s); i++) {
        l.d = scripts_at(s, i);
        l.path = scripts_path(s, i);
        check_file(&l);
    }
    if (scripts_dialogue(s, "runbook") == NULL)
        (void)fprintf(l.out, "%sthere is no dialogue `runbook`, with which a run begins",
                      l.mistakes++ == 0 ? "" : "\n");
    (void)fclose(l.out);
    int result = 0;
    if (l.mistakes > 0)
        result = failure_set(f, EXIT_ID_SCRIPTS_BAD,
                             "mend the dialogue files, or run without --scripts", "%s", text);
    free(text);
    vars_free(l.names);
    return result;
}
