// Looks at who sets a variable.
#include "runbook/fixed.h"

#include <stdlib.h>
#include <string.h>

#include "dialogue/expr.h"
#include "dialogue/outline.h"
#include "runbook/quote.h"

// Whether a pattern has a group of that name.
static bool has_group(const char *see, const char *name) {
    const size_t size = strlen(name);
    for (const char *g = see == NULL ? NULL : strstr(see, "(?<"); g != NULL;
         g = strstr(g + 3, "(?<"))
        if (strncmp(g + 3, name, size) == 0 && g[3 + size] == '>')
            return true;
    return false;
}

static bool is_in(const struct assignment *set, unsigned count, const char *name) {
    for (unsigned i = 0; i < count; i++)
        if (strcmp(set[i].name, name) == 0)
            return true;
    return false;
}

static bool state_changes(const struct state *s, const char *name) {
    bool changes = is_in(s->set, s->set_count, name);
    for (unsigned i = 0; i < s->expect_count && !changes; i++)
        changes = is_in(s->expect[i].set, s->expect[i].set_count, name) ||
                  has_group(s->expect[i].see, name);
    return changes;
}

// Whether anything but the first state sets it.
static bool changes(const struct fixed *x, const char *name) {
    static const char *const engine[] = {"rc",          "mark_left", "mark_right",
                                         "mark_status", "qmp_says",  "qmp_status"};
    for (size_t i = 0; i < sizeof engine / sizeof *engine; i++)
        if (strcmp(engine[i], name) == 0)
            return true;
    for (unsigned i = 0; i < scripts_count(x->scripts); i++) {
        const struct dialogue *d = scripts_at(x->scripts, i);
        for (unsigned k = 0; k < d->deaths_count; k++)
            if (has_group(d->deaths[k].see, name))
                return true;
    }
    for (size_t i = 0; i < x->count; i++)
        for (unsigned k = i == 0; k < x->near[i]->states_count; k++)
            if (state_changes(&x->near[i]->states[k], name))
                return true;
    return false;
}

static int go_on(void *arg, const struct dialogue *d, const struct state *s, struct vars *v) {
    (void)arg;
    (void)d;
    (void)s;
    (void)v;
    return 0;
}

static void come_near(struct fixed *x, const struct dialogue *d) {
    for (size_t i = 0; i < x->count; i++)
        if (x->near[i] == d)
            return;
    if (d == NULL || x->count == FIXED_DIALOGUES_MAX)
        return;
    x->near[x->count++] = d;
    for (unsigned i = 0; i < d->states_count; i++)
        if (d->states[i].call != NULL)
            come_near(x, scripts_dialogue(x->scripts, d->states[i].call));
}

int fixed_make(struct fixed *x, const struct scripts *scripts, const char *name,
               const struct vars *given, struct failure *f) {
    *x = (struct fixed){.scripts = scripts, .values = vars_copy(given)};
    if (x->values == NULL)
        return failure_no_memory(f);
    come_near(x, scripts_dialogue(scripts, name));
    return outline_walk(scripts, name, x->values, go_on, NULL, f);
}

void fixed_free(struct fixed *x) {
    vars_free(x->values);
    *x = (struct fixed){0};
}

struct asked {
    const struct fixed *x;
    bool open; // a variable was asked for that is not fixed
};

static const char *lookup(void *arg, const char *name) {
    struct asked *a = arg;
    const char *value = vars_get(a->x->values, name);
    a->open = a->open || value == NULL || changes(a->x, name);
    return value == NULL ? "" : value;
}

int fixed_holds(const struct fixed *x, const char *condition) {
    char why[256];
    struct asked a = {.x = x};
    if (condition == NULL)
        return 1;
    const int result = expr_eval(condition, lookup, &a, why, sizeof why);
    return a.open ? -1 : result;
}

// A word of a condition as an operand.
static void put_word(FILE *out, const char *word) {
    if (word[0] == '$')
        (void)fprintf(out, "[v %s]", word + 1);
    else
        (void)fprintf(out, "{%s}", strcmp(word, "''") == 0 ? "" : word);
}

static void put_words(FILE *out, char *words) {
    char *save = NULL;
    (void)fputs("[list", out);
    for (char *w = strtok_r(words, "|", &save); w != NULL; w = strtok_r(NULL, "|", &save)) {
        (void)fputc(' ', out);
        put_word(out, w);
    }
    (void)fputc(']', out);
}

// The grammar is that of dialogue/expr.h: NAME OPERATOR WORD, joined by `and` and `or`.
void fixed_tcl(FILE *out, const char *condition) {
    enum { NAME, OPERATOR, WORD, JOIN, PARTS };
    char *copy = strdup(condition);
    char *save = NULL;
    int part = NAME;
    bool list = false;
    for (char *w = copy == NULL ? NULL : strtok_r(copy, " \t\n", &save); w != NULL;
         w = strtok_r(NULL, " \t\n", &save), part = (part + 1) % PARTS) {
        if (part == NAME) {
            (void)fprintf(out, "[v %s]", w);
        } else if (part == OPERATOR) {
            list = strcmp(w, "in") == 0;
            (void)fputs(list ? " in " : w[0] == '=' ? " eq " : " ne ", out);
        } else if (part == WORD && list) {
            put_words(out, w);
        } else if (part == WORD) {
            put_word(out, w);
        } else {
            (void)fputs(strcmp(w, "or") == 0 ? " || " : " && ", out);
        }
    }
    free(copy);
}
