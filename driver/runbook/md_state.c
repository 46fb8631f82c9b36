// What a state types, awaits, shows and fails with, as lines of a list.
#include "runbook/md_state.h"

#include <stdlib.h>
#include <string.h>

#include "dialogue/outline.h"
#include "runbook/quote.h"

enum { FAILURES_MAX = 16 }; // of one state

static const char untold[] = "..."; // for what only the guest knows

bool md_state_is_shown(const struct state *s) {
    if (s->command != NULL && strcmp(s->command, ":") == 0)
        return false; // by which a program sees that a shell is one
    return s->type != NULL || s->press != NULL || s->command != NULL || s->wait != NULL;
}

// A template, expanded and quoted. 0, or -1 without memory.
static int put_with(FILE *out, struct vars *v, const char *before, const char *template,
                    const char *behind, const char *unknown) {
    char *text = outline_text_with(v, template, unknown);
    if (text == NULL)
        return -1;
    (void)fputs(before, out);
    quote_markdown(out, text);
    (void)fputs(behind, out);
    free(text);
    return 0;
}

static int put(FILE *out, struct vars *v, const char *before, const char *template,
               const char *behind) {
    return put_with(out, v, before, template, behind, NULL);
}

static int put_typed(FILE *out, const struct scripts *scripts, const struct state *s,
                     struct vars *v) {
    const char *template = s->command != NULL ? s->command : s->type;
    const struct prompt *p = s->prompt == NULL ? NULL : scripts_prompt(scripts, s->prompt);
    char *text = outline_text(v, template);
    if (text == NULL)
        return -1;
    if (p != NULL && p->looks != NULL) {
        (void)fputs("At ", out);
        quote_markdown(out, p->looks);
        (void)fputs(", ", out);
    }
    if (text[0] == '\0') {
        (void)fputs("press Enter.\n", out);
    } else {
        (void)fputs("type ", out);
        quote_code(out, text);
        (void)fputs(" and Enter.\n", out);
    }
    free(text);
    return 0;
}

static int put_pressed(FILE *out, const struct state *s, struct vars *v) {
    char *keys = outline_text(v, s->press);
    if (keys == NULL)
        return -1;
    (void)fputs("Press ", out);
    quote_keys(out, keys);
    (void)fputs(s->repeat ? "; again after a second, until it has an effect.\n" : ".\n", out);
    free(keys);
    return 0;
}

// The names of the failures that the state can come to, each once.
static size_t failures_of(const struct state *s, const char *names[FAILURES_MAX]) {
    const char *all[FAILURES_MAX] = {s->failed, s->exhausted, s->stuck};
    size_t count = 3;
    size_t kept = 0;
    for (unsigned i = 0; i < s->expect_count && count < FAILURES_MAX; i++)
        all[count++] = s->expect[i].fail;
    for (unsigned i = 0; i < s->then_count && count < FAILURES_MAX; i++)
        all[count++] = s->then[i].fail;
    for (size_t i = 0; i < count; i++) {
        bool seen = all[i] == NULL;
        for (size_t k = 0; k < kept && !seen; k++)
            seen = strcmp(names[k], all[i]) == 0;
        if (!seen)
            names[kept++] = all[i];
    }
    return kept;
}

static int put_text(FILE *out, struct vars *v, const char *says, const char *next) {
    if (put_with(out, v, "    - If not: ", says, "", untold) != 0)
        return -1;
    return put_with(out, v, ". To do: ", next, ".\n", untold);
}

// What a tool's exit codes mean, by the death table.
static int put_codes(FILE *out, const struct scripts *scripts, const struct dialogue *d,
                     struct vars *v) {
    for (unsigned i = 0; i < scripts_count(scripts); i++)
        for (unsigned k = 0; k < scripts_at(scripts, i)->deaths_count; k++) {
            const struct death *row = &scripts_at(scripts, i)->deaths[k];
            if (row->in == NULL || strcmp(row->in, d->dialogue) != 0 ||
                (row->code == NULL && row->bit == NULL))
                continue;
            (void)fprintf(out, "    - Exit code %u%s: ", row->code != NULL ? *row->code : *row->bit,
                          row->code != NULL ? "" : " (or a sum with it)");
            if (put(out, v, "", row->text.says, "") != 0 ||
                put(out, v, ". To do: ", row->text.next, ".\n") != 0)
                return -1;
        }
    return 0;
}

// The variables whose values the guest would tell, as `...`. NULL without memory.
static struct vars *without_guest(const struct state *s, const struct vars *v) {
    struct vars *other = vars_copy(v);
    int rc = other == NULL ? -1 : vars_set(other, "rc", untold);
    for (unsigned i = 0; rc == 0 && i < s->set_count; i++)
        rc = vars_set(other, s->set[i].name, untold);
    for (unsigned i = 0; rc == 0 && i < s->supposed_count; i++)
        rc = vars_set(other, s->supposed[i].name, untold);
    if (rc == 0)
        return other;
    vars_free(other);
    return NULL;
}

static int put_failures(FILE *out, const struct scripts *scripts, const struct state *s,
                        struct vars *v) {
    const char *names[FAILURES_MAX];
    const size_t count = failures_of(s, names);
    struct vars *other = without_guest(s, v);
    int rc = other == NULL ? -1 : 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        const struct failure_text *t = scripts_failure(scripts, names[i]);
        rc = t == NULL ? 0 : put_text(out, other, t->says, t->next);
    }
    vars_free(other);
    return rc;
}

static int put_amiss(FILE *out, const struct md_item *item, const struct dialogue *d,
                     const struct state *s, struct vars *v) {
    if (s->amiss != NULL)
        return put(out, v, "    - If not: ", s->amiss, ".\n");
    const int rc = put_failures(out, item->scripts, s, v);
    return rc == 0 && item->codes && s->command != NULL ? put_codes(out, item->scripts, d, v) : rc;
}

static bool leads_on(const struct state *s) {
    for (unsigned i = 0; i < s->expect_count; i++)
        if (s->expect[i].go_to != NULL)
            return true;
    return false;
}

int md_state(FILE *out, const struct md_item *item, const struct dialogue *d, const struct state *s,
             struct vars *v) {
    const bool acts = s->type != NULL || s->press != NULL || s->command != NULL;
    int rc = 0;
    (void)fprintf(out, "%u. ", item->number);
    if (s->command != NULL || s->type != NULL)
        rc = put_typed(out, item->scripts, s, v);
    else if (s->press != NULL)
        rc = put_pressed(out, s, v);
    if (rc == 0 && s->wait != NULL)
        rc = put(out, v, acts ? "    - Wait for " : "Wait for ", s->wait, ".\n");
    if (rc == 0 && !item->done && s->nudge != NULL && s->press == NULL) {
        (void)fputs("    - If it does not come for long, press ", out);
        quote_keys(out, s->nudge);
        (void)fputs(".\n", out);
    }
    if (rc == 0 && s->shows != NULL)
        rc = put(out, v, "    - It must show ", s->shows, ".\n");
    else if (rc == 0 && s->failed != NULL && !leads_on(s))
        (void)fputs("    - Its exit code must be 0 (`echo $?` tells it).\n", out);
    return rc == 0 && !item->done ? put_amiss(out, item, d, s, v) : rc;
}
