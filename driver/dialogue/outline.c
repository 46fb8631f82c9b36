// Walks through the states in their order, as far as conditions alone decide on it.
#include "dialogue/outline.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dialogue/expr.h"

enum { DEPTH_MAX = 4 };

int outline_add(struct outline *o, const char *step, const char *dialogue, const char *title) {
    struct outline_step *more = realloc(o->at, (o->count + 1) * sizeof *more);
    if (more == NULL)
        return -1;
    o->at = more;
    struct outline_step *new = &o->at[o->count++];
    *new = (struct outline_step){.step = strdup(step == NULL ? "" : step),
                                 .dialogue = strdup(dialogue == NULL ? "" : dialogue),
                                 .title = strdup(title == NULL ? "" : title)};
    return new->step == NULL || new->dialogue == NULL || new->title == NULL ? -1 : 0;
}

void outline_free(struct outline *o) {
    for (size_t i = 0; i < o->count; i++) {
        free(o->at[i].step);
        free(o->at[i].dialogue);
        free(o->at[i].title);
    }
    free(o->at);
    *o = (struct outline){0};
}

static const char *lookup(void *arg, const char *name) {
    return vars_get(arg, name);
}

// A condition that needs what only the guest knows does not hold.
static int holds(const char *condition, struct vars *v) {
    char why[256];
    return condition == NULL || expr_eval(condition, lookup, v, why, sizeof why) == 1;
}

// The text with its variables; those that are not known yet get their own names as values.
static char *expand(struct vars *v, const char *text) {
    for (;;) {
        char *unknown = NULL;
        char *value = vars_expand(v, text, false, &unknown);
        if (value != NULL || unknown == NULL)
            return value;
        char *name = strdup(unknown);
        for (char *c = name; c != NULL && *c != '\0'; c++)
            *c = (char)toupper((unsigned char)*c);
        const int rc = name == NULL ? -1 : vars_set(v, unknown, name);
        free(name);
        free(unknown);
        if (rc != 0)
            return NULL;
    }
}

static int assign(struct vars *v, const struct state *s) {
    for (unsigned i = 0; i < s->set_count; i++) {
        if (!holds(s->set[i].when, v))
            continue;
        char *value = expand(v, s->set[i].value);
        const int rc = value == NULL ? -1 : vars_set(v, s->set[i].name, value);
        free(value);
        if (rc != 0)
            return -1;
    }
    return 0;
}

static int walk(struct outline *o, const struct scripts *scripts, const struct dialogue *d,
                struct vars *v, int depth);

// One state: what it sets, the step that it begins, the dialogue that it calls. Within a dialogue
// only those calls count that a choice decides on; others are ways out of some trouble.
static int enter(struct outline *o, const struct scripts *scripts, const struct dialogue *d,
                 const struct state *s, struct vars *v, int depth) {
    if (assign(v, s) != 0)
        return -1;
    if (s->title != NULL) {
        char *title = expand(v, s->title);
        const int rc = title == NULL ? -1 : outline_add(o, s->step, d->dialogue, title);
        free(title);
        if (rc != 0)
            return -1;
    }
    const struct dialogue *called = s->call == NULL ? NULL : scripts_dialogue(scripts, s->call);
    if (called == NULL || depth == DEPTH_MAX || (depth > 0 && s->when == NULL))
        return 0;
    return walk(o, scripts, called, v, depth + 1);
}

static unsigned place(const struct dialogue *d, const char *name) {
    const int at = strcmp(name, "done") == 0 ? -1 : dialogue_state(d, name);
    return at < 0 ? d->states_count : (unsigned)at;
}

// Where the way leads on when all goes well: the first thing that is expected, or the first branch.
static unsigned after(const struct dialogue *d, unsigned here) {
    const struct state *s = &d->states[here];
    const char *name = s->expect_count > 0 && s->expect[0].go_to != NULL ? s->expect[0].go_to
                       : s->then_count > 0 && s->then[0].go_to != NULL   ? s->then[0].go_to
                                                                         : s->next;
    return name == NULL ? here + 1 : place(d, name);
}

// A way that leads back is one of waiting: the dialogue has been seen.
static int walk(struct outline *o, const struct scripts *scripts, const struct dialogue *d,
                struct vars *v, int depth) {
    unsigned at = 0;
    while (at < d->states_count) {
        const struct state *s = &d->states[at];
        if (!holds(s->when, v)) {
            const unsigned other = s->otherwise == NULL ? at + 1 : place(d, s->otherwise);
            if (other <= at)
                break;
            at = other;
            continue;
        }
        if (enter(o, scripts, d, s, v, depth) != 0)
            return -1;
        const unsigned next = after(d, at);
        if (next <= at)
            break;
        at = next;
    }
    return 0;
}

int outline_runbook(struct outline *o, const struct scripts *scripts, struct vars *v,
                    struct failure *f) {
    const struct dialogue *d = scripts_dialogue(scripts, "runbook");
    if (d == NULL)
        return failure_set(f, EXIT_ID_SCRIPTS_BAD, "restore the dialogue files",
                           "there is no dialogue `runbook`");
    return walk(o, scripts, d, v, 0) == 0 ? 0 : failure_no_memory(f);
}
