// Goes through the events of a recording.
#include "runbook/md_done.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dialogue/assign.h"
#include "dialogue/outline.h"
#include "runbook/md_output.h"
#include "runbook/md_state.h"
#include "runbook/quote.h"

struct writer {
    FILE *out;
    const struct reading *r;
    const struct scripts *scripts;
    struct vars *v;
    unsigned item;  // the last item's number; 0: no list has begun
    bool open;      // an item waits for its output,
    uint64_t since; // which begins here
    struct failure *f;
};

static double time_of(const json_t *event) {
    return json_number_value(json_object_get(event, "t"));
}

// The output of the item in hand, up to a place.
static int put_output(struct writer *w, uint64_t to) {
    if (!w->open)
        return 0;
    w->open = false;
    return md_output(w->out, w->r, w->since, to) == 0 ? 0 : failure_no_memory(w->f);
}

static void end_list(struct writer *w) {
    if (w->item > 0)
        (void)fputc('\n', w->out);
    w->item = 0;
}

// ------------------------------------------------------------------------------------- the plan

static const json_t *last_row(const json_t *side, json_int_t part) {
    size_t i = 0;
    const json_t *row = NULL;
    json_array_foreach(json_object_get(side, "table"), i, row) {
        if (json_integer_value(json_object_get(row, "partition")) == part)
            return row;
    }
    return NULL;
}

static void put_row(FILE *out, const char *what, const json_t *now, const json_t *planned,
                    const char *member) {
    (void)fprintf(out, "| %s | %" JSON_INTEGER_FORMAT " | %" JSON_INTEGER_FORMAT " |\n", what,
                  json_integer_value(json_object_get(now, member)),
                  json_integer_value(json_object_get(planned, member)));
}

static int put_head(struct writer *w, const json_t *plan, const json_t *start) {
    const json_t *now = json_object_get(plan, "now");
    const json_t *planned = json_object_get(plan, "planned");
    const json_int_t part = json_integer_value(json_object_get(now, "last_partition"));
    const json_t *old = last_row(now, part);
    const json_t *new = last_row(planned, part);
    FILE *out = w->out;
    if (old == NULL || new == NULL)
        return failure_set(w->f, EXIT_ID_RECORDING_BAD, "name another recording",
                           "the recording has no plan of a disk that is grown");
    (void)fputs("# How ", out);
    quote_code(out, reading_text(plan, "disk"));
    (void)fputs(" was grown\n\nBegun at ", out);
    quote_markdown(out, reading_text(start, "wall"));
    (void)fputs(" by ", out);
    quote_markdown(out, reading_text(start, "program"));
    (void)fprintf(out,
                  ". Times are seconds since then.\n\n## The numbers\n\n| Partition "
                  "%" JSON_INTEGER_FORMAT " | before | planned |\n|---|---:|---:|\n",
                  part);
    put_row(out, "disk, bytes", now, planned, "bytes");
    put_row(out, "first sector (StartLBA)", old, new, "first_sector");
    put_row(out, "last sector (EndLBA)", old, new, "last_sector");
    put_row(out, "sectors", old, new, "sectors");
    put_row(out, "file system, blocks", json_object_get(now, "file_system"),
            json_object_get(planned, "file_system"), "blocks");
    (void)fputs("\n## The host\n\n", out);
    return 0;
}

// ------------------------------------------------------------------------------------ the events

static int take_texts(struct vars *v, json_t *object) {
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value) {
        if (json_is_string(value) && vars_set(v, name, json_string_value(value)) != 0)
            return -1;
    }
    return 0;
}

static int put_title(struct writer *w, const json_t *event) {
    const char *step = reading_text(event, "step");
    end_list(w);
    (void)fputs("## ", w->out);
    if (step[0] != '\0') {
        (void)fputs("Step ", w->out);
        quote_markdown(w->out, step);
        (void)fputs(": ", w->out);
    }
    quote_markdown(w->out, reading_text(event, "title"));
    (void)fputs("\n\n", w->out);
    return 0;
}

static int put_state(struct writer *w, const json_t *event) {
    const char *name = reading_text(event, "state");
    const struct dialogue *d = scripts_dialogue(w->scripts, reading_text(event, "dialogue"));
    const int at = d == NULL ? -1 : dialogue_state(d, name);
    const struct state *s = at < 0 ? NULL : &d->states[at];
    const bool titled = reading_text(event, "title")[0] != '\0';
    if (s != NULL && outline_assign(w->v, s->set, s->set_count) != 0)
        return failure_no_memory(w->f);
    if (s != NULL && !titled && !md_state_is_shown(s))
        return 0;
    if (put_output(w, reading_number(event, "out")) != 0)
        return -1;
    if (titled)
        (void)put_title(w, event);
    w->item++;
    w->open = true;
    w->since = reading_number(event, "out");
    const struct md_item item = {.scripts = w->scripts, .number = w->item, .done = true};
    if (s == NULL || !md_state_is_shown(s)) {
        (void)fprintf(w->out, "%u. ", w->item);
        quote_markdown(w->out, name);
        (void)fputc('\n', w->out);
    } else if (md_state(w->out, &item, d, s, w->v) != 0) {
        return failure_no_memory(w->f);
    }
    (void)fprintf(w->out, "    - At %.1f s", time_of(event));
    (void)fputs(".\n", w->out);
    return 0;
}

// A program that was run on the host, with the exit code that the next event of that kind tells.
static int put_command(struct writer *w, const json_t *event, size_t next) {
    size_t i = 0;
    const json_t *word = NULL;
    const json_t *words = json_object_get(event, "argv");
    if (put_output(w, UINT64_MAX) != 0)
        return -1;
    end_list(w);
    (void)fprintf(w->out, "On the host, at %.1f s:\n\n```sh\n", time_of(event));
    json_array_foreach(words, i, word) {
        (void)fputs(i == 0 ? "" : " ", w->out);
        quote_shell(w->out, json_is_string(word) ? json_string_value(word) : "");
    }
    (void)fputs("\n```\n\n", w->out);
    const json_t *after = reading_next(w->r, NULL, &next);
    if (strcmp(reading_text(after, "type"), "exit") == 0)
        (void)fprintf(w->out, "Exit code %" PRIu64 " at %.1f s.\n\n", reading_number(after, "code"),
                      time_of(after));
    return 0;
}

static void put_end(struct writer *w, const json_t *failure, const json_t *end) {
    end_list(w);
    (void)fputs("## The end\n\n", w->out);
    if (failure != NULL) {
        (void)fputs("It failed: ", w->out);
        quote_markdown(w->out, reading_text(failure, "what"));
        (void)fputs(". To do: ", w->out);
        quote_markdown(w->out, reading_text(failure, "next"));
        (void)fputs(".\n", w->out);
    }
    if (end != NULL)
        (void)fprintf(w->out, "%sExit code %" PRIu64 ", after %.1f s.\n",
                      failure == NULL ? "" : "\n", reading_number(end, "code"), time_of(end));
    else
        (void)fputs("The recording ends here: the run was cut off.\n", w->out);
}

static int put_events(struct writer *w, size_t i) {
    json_t *event = NULL;
    const json_t *failure = NULL;
    const json_t *end = NULL;
    int rc = 0;
    while (rc == 0 && (event = reading_next(w->r, NULL, &i)) != NULL) {
        const char *type = reading_text(event, "type");
        if (strcmp(type, "state") == 0)
            rc = put_state(w, event);
        else if (strcmp(type, "command") == 0)
            rc = put_command(w, event, i);
        else if (strcmp(type, "match") == 0)
            rc = take_texts(w->v, json_object_get(event, "groups"));
        else if (strcmp(type, "failure") == 0)
            failure = event;
        else if (strcmp(type, "end") == 0)
            end = event;
    }
    if (rc == 0)
        rc = put_output(w, UINT64_MAX);
    if (rc == 0)
        put_end(w, failure, end);
    return rc;
}

int runbook_done(FILE *out, const struct reading *r, const struct scripts *scripts,
                 struct failure *f) {
    size_t at = 0;
    size_t first = 0;
    size_t given = 0;
    struct writer w = {.out = out, .r = r, .scripts = scripts, .v = vars_new(), .f = f};
    const json_t *plan = json_object_get(reading_next(r, "plan", &at), "plan");
    int rc = w.v == NULL || vars_set(w.v, "rc", "0") != 0 ||
                     take_texts(w.v, json_object_get(reading_next(r, "given", &given), "vars")) != 0
                 ? failure_no_memory(f)
                 : put_head(&w, plan, reading_next(r, "start", &first));
    if (rc == 0)
        rc = put_events(&w, at);
    vars_free(w.v);
    return rc;
}
