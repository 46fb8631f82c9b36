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

struct walk {
    const struct scripts *scripts;
    struct vars *v;
    outline_visit *visit;
    void *arg;
};

static const char *lookup(void *arg, const char *name) {
    return vars_get(arg, name);
}

// A condition that needs what only the guest knows does not hold.
static int holds(const char *condition, struct vars *v) {
    char why[256];
    return condition == NULL || expr_eval(condition, lookup, v, why, sizeof why) == 1;
}

char *outline_text_with(struct vars *v, const char *text, const char *value) {
    for (;;) {
        char *unknown = NULL;
        char *result = vars_expand(v, text, false, &unknown);
        if (result != NULL || unknown == NULL)
            return result;
        char *name = strdup(value == NULL ? unknown : value);
        for (char *c = name; c != NULL && *c != '\0'; c++)
            *c = (char)toupper((unsigned char)*c);
        const int rc = name == NULL ? -1 : vars_set(v, unknown, name);
        free(name);
        free(unknown);
        if (rc != 0)
            return NULL;
    }
}

char *outline_text(struct vars *v, const char *text) {
    return outline_text_with(v, text, NULL);
}

int outline_assign(struct vars *v, const struct assignment *set, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        if (!holds(set[i].when, v))
            continue;
        char *value = outline_text(v, set[i].value);
        const int rc = value == NULL ? -1 : vars_set(v, set[i].name, value);
        free(value);
        if (rc != 0)
            return -1;
    }
    return 0;
}

static int walk(const struct walk *w, const struct dialogue *d, int depth);

// One state: what it sets and supposes, and the dialogue that it calls.
static int enter(const struct walk *w, const struct dialogue *d, const struct state *s, int depth) {
    if (outline_assign(w->v, s->set, s->set_count) != 0 ||
        outline_assign(w->v, s->supposed, s->supposed_count) != 0 ||
        w->visit(w->arg, d, s, w->v) != 0)
        return -1;
    const struct dialogue *called = s->call == NULL ? NULL : scripts_dialogue(w->scripts, s->call);
    if (called == NULL || depth == DEPTH_MAX)
        return 0;
    return walk(w, called, depth + 1);
}

static unsigned place(const struct dialogue *d, const char *name) {
    const int at = strcmp(name, "done") == 0 ? -1 : dialogue_state(d, name);
    return at < 0 ? d->states_count : (unsigned)at;
}

// Where the way leads on when all goes well: the first thing that is to be expected, or the first
// branch.
static unsigned after(const struct walk *w, const struct dialogue *d, unsigned here) {
    const struct state *s = &d->states[here];
    for (unsigned i = 0; i < s->expect_count; i++) {
        const struct rule *r = &s->expect[i];
        if (r->go_to != NULL && holds(r->when, w->v) && holds(r->likely, w->v))
            return place(d, r->go_to);
    }
    for (unsigned i = 0; i < s->then_count; i++)
        if (s->then[i].go_to != NULL && holds(s->then[i].when, w->v))
            return place(d, s->then[i].go_to);
    return s->next == NULL ? here + 1 : place(d, s->next);
}

// A way that leads back is one of waiting: the dialogue has been seen.
static int walk(const struct walk *w, const struct dialogue *d, int depth) {
    unsigned at = 0;
    while (at < d->states_count) {
        const struct state *s = &d->states[at];
        if (!holds(s->when, w->v)) {
            const unsigned other = s->otherwise == NULL ? at + 1 : place(d, s->otherwise);
            if (other <= at)
                break;
            at = other;
            continue;
        }
        if (enter(w, d, s, depth) != 0)
            return -1;
        const unsigned next = after(w, d, at);
        if (next <= at)
            break;
        at = next;
    }
    return 0;
}

int outline_walk(const struct scripts *scripts, const char *name, struct vars *v,
                 outline_visit *visit, void *arg, struct failure *f) {
    const struct walk w = {.scripts = scripts, .v = v, .visit = visit, .arg = arg};
    const struct dialogue *d = scripts_dialogue(scripts, name);
    if (d == NULL)
        return failure_set(f, EXIT_ID_SCRIPTS_BAD, "restore the dialogue files",
                           "there is no dialogue `%s`", name);
    if (vars_set(v, "rc", "0") != 0 || walk(&w, d, 0) != 0)
        return failure_no_memory(f);
    return 0;
}

// Titled states are steps.
static int visit_title(void *arg, const struct dialogue *d, const struct state *s, struct vars *v) {
    if (s->title == NULL)
        return 0;
    char *title = outline_text(v, s->title);
    const int rc = title == NULL ? -1 : outline_add(arg, s->step, d->dialogue, title);
    free(title);
    return rc;
}

int outline_dialogue(struct outline *o, const struct scripts *scripts, const char *name,
                     struct vars *v, struct failure *f) {
    return outline_walk(scripts, name, v, visit_title, o, f);
}
