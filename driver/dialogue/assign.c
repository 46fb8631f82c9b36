// What expressions and templates are to the dialogues.
#include "dialogue/assign.h"

#include <stdlib.h>

#include "dialogue/expr.h"

static const char *lookup(void *arg, const char *name) {
    return vars_get(arg, name);
}

char *assign_expand(const struct vars *v, const char *text, bool quote, struct failure *f) {
    char *unknown = NULL;
    char *value = vars_expand(v, text, quote, &unknown);
    if (value == NULL)
        (void)failure_set(f, EXIT_ID_SCRIPTS_BAD, "mend the dialogue file",
                          "a dialogue uses the variable `%s` before it has a value, in `%s`",
                          unknown == NULL ? "?" : unknown, text);
    free(unknown);
    return value;
}

int assign_holds(struct vars *v, const char *condition, struct failure *f) {
    char why[256];
    const int result = condition == NULL ? 1 : expr_eval(condition, lookup, v, why, sizeof why);
    if (result < 0)
        return failure_set(f, EXIT_ID_SCRIPTS_BAD, "mend the dialogue file",
                           "the condition `%s` of a dialogue cannot be told: %s", condition, why);
    return result;
}

int assign_all(struct vars *v, const struct assignment *set, unsigned count, struct failure *f) {
    for (unsigned i = 0; i < count; i++) {
        const int holds = assign_holds(v, set[i].when, f);
        if (holds < 0)
            return -1;
        if (holds == 0)
            continue;
        char *value = assign_expand(v, set[i].value, false, f);
        const int result = value == NULL ? -1 : vars_set(v, set[i].name, value);
        free(value);
        if (result != 0)
            return -1;
    }
    return 0;
}

int assign_first(struct vars *v, const struct scripts *s, const char *dialogue, struct failure *f) {
    const struct dialogue *d = scripts_dialogue(s, dialogue);
    if (d == NULL || d->states_count == 0)
        return failure_set(f, EXIT_ID_SCRIPTS_BAD, "restore the dialogue files",
                           "there is no dialogue `%s`", dialogue);
    return assign_all(v, d->states[0].set, d->states[0].set_count, f);
}
