// Evaluates conditions; the grammar is in expr.h.
#include "dialogue/expr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    char *save; // strtok_r's
    expr_lookup *lookup;
    void *arg;
    char *why;
    size_t why_size;
};

static int bad(const struct reader *r, const char *what, const char *word) {
    (void)snprintf(r->why, r->why_size, "%s `%s`", what, word);
    return -1;
}

static char *next_word(struct reader *r) {
    return strtok_r(NULL, " \t\n", &r->save);
}

// The value that a WORD stands for, or NULL.
static const char *value_of(const struct reader *r, const char *word) {
    if (strcmp(word, "''") == 0)
        return "";
    return word[0] == '$' ? r->lookup(r->arg, word + 1) : word;
}

static int in_words(const struct reader *r, const char *left, char *words) {
    int found = 0;
    char *save = NULL;
    for (char *w = strtok_r(words, "|", &save); w != NULL; w = strtok_r(NULL, "|", &save)) {
        const char *right = value_of(r, w);
        if (right == NULL)
            return bad(r, "there is no variable", w);
        found |= strcmp(left, right) == 0;
    }
    return found;
}

static int test(struct reader *r, const char *name) {
    const char *left = r->lookup(r->arg, name);
    char *op = next_word(r);
    char *word = next_word(r);
    if (left == NULL)
        return bad(r, "there is no variable", name);
    if (op == NULL || word == NULL)
        return bad(r, "a test needs a variable, an operator and a word; it ends after",
                   op == NULL ? name : op);
    if (strcmp(op, "in") == 0)
        return in_words(r, left, word);
    if (strcmp(op, "==") != 0 && strcmp(op, "!=") != 0)
        return bad(r, "an operator is one of == != in, not", op);
    const char *right = value_of(r, word);
    if (right == NULL)
        return bad(r, "there is no variable", word);
    const int equal = strcmp(left, right) == 0;
    return op[0] == '=' ? equal : !equal;
}

static int condition(struct reader *r, char *word) {
    int any = 0;
    int all = 1;
    for (;;) {
        const int t = test(r, word);
        if (t < 0)
            return t;
        all &= t;
        const char *join = next_word(r);
        if (join == NULL)
            return any | all;
        if (strcmp(join, "or") == 0) {
            any |= all;
            all = 1;
        } else if (strcmp(join, "and") != 0) {
            return bad(r, "tests are joined by `and` or `or`, not", join);
        }
        word = next_word(r);
        if (word == NULL)
            return bad(r, "nothing stands behind", join);
    }
}

int expr_eval(const char *text, expr_lookup *lookup, void *arg, char *why, size_t why_size) {
    struct reader r = {.lookup = lookup, .arg = arg, .why = why, .why_size = why_size};
    char *copy = strdup(text);
    char *first = copy == NULL ? NULL : strtok_r(copy, " \t\n", &r.save);
    const int result =
        first == NULL ? bad(&r, "there is no condition in", text) : condition(&r, first);
    free(copy);
    return result;
}
