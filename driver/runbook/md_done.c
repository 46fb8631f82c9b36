// Goes through the events of a recording.
#include "runbook/md_done.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "console/view.h"
#include "dialogue/assign.h"
#include "dialogue/outline.h"
#include "report/text.h"
#include "runbook/md_state.h"
#include "runbook/quote.h"

enum {
    LINES_MAX = 40,    // of a state's output, half of them its last ones
    LINE_BYTES = 2048, // of a line that is shown
};

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

// ------------------------------------------------------------------------------- what was printed

// Text and the kernel's lines, of one state. Both allocated, or NULL without memory.
struct printed {
    char *text, *kernel;
    size_t text_size, kernel_size;
    FILE *text_out, *kernel_out;
};

static void add_text(void *arg, const char *bytes, size_t size) {
    (void)fwrite(bytes, 1, size, ((struct printed *)arg)->text_out);
}

static void add_kernel(void *arg, const char *bytes, size_t size) {
    (void)fwrite(bytes, 1, size, ((struct printed *)arg)->kernel_out);
}

// What came from one place of the guest's output to another. 0, or -1 without memory; printed_free
// in each case.
static int printed_read(struct printed *p, const struct reading *r, uint64_t from, uint64_t to) {
    const size_t end = to < r->output_size ? (size_t)to : r->output_size;
    *p = (struct printed){0};
    p->text_out = open_memstream(&p->text, &p->text_size);
    p->kernel_out = open_memstream(&p->kernel, &p->kernel_size);
    struct view *view =
        p->text_out == NULL || p->kernel_out == NULL ? NULL : view_new(add_text, add_kernel, p);
    if (view != NULL && from < end)
        view_feed(view, r->output + from, end - (size_t)from);
    if (view != NULL)
        view_end(view);
    view_free(view);
    int rc = view == NULL ? -1 : 0;
    if (p->text_out != NULL && fclose(p->text_out) != 0)
        rc = -1;
    if (p->kernel_out != NULL && fclose(p->kernel_out) != 0)
        rc = -1;
    return rc;
}

static void printed_free(struct printed *p) {
    free(p->text);
    free(p->kernel);
}

// A fence that is longer than any in the text.
static void put_fence(FILE *out, const char *text) {
    size_t longest = 2;
    for (size_t run = 0; *text != '\0'; text++) {
        run = *text == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    (void)fputs("    ", out);
    for (size_t i = 0; i <= longest; i++)
        (void)fputc('`', out);
}

static void put_line(FILE *out, const char *line, size_t size) {
    char shown[LINE_BYTES];
    (void)text_printable(shown, sizeof shown, sizeof shown, line, size, true);
    (void)fprintf(out, "    %s\n", shown);
}

static void put_lines(FILE *out, const char *text) {
    size_t lines = 0;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    size_t n = 0;
    for (const char *line = text; *line != '\0'; n++) {
        const size_t size = strcspn(line, "\n");
        if (lines <= LINES_MAX || n < LINES_MAX / 2 || n >= lines - LINES_MAX / 2)
            put_line(out, line, size);
        else if (n == LINES_MAX / 2)
            (void)fprintf(out, "    [%zu lines are left out]\n", lines - LINES_MAX);
        line += size + (line[size] == '\n');
    }
}

static void put_block(FILE *out, const char *text) {
    const char *begin = text + strspn(text, "\n");
    if (begin[strspn(begin, " \n")] == '\0')
        return;
    put_fence(out, begin);
    (void)fputs("text\n", out);
    put_lines(out, begin);
    put_fence(out, begin);
    (void)fputc('\n', out);
}

// The output of the item in hand, up to a place.
static int put_output(struct writer *w, uint64_t to) {
    struct printed p;
    if (!w->open)
        return 0;
    w->open = false;
    int rc = printed_read(&p, w->r, w->since, to);
    if (rc == 0) {
        put_block(w->out, p.text);
        if (p.kernel[0] != '\0')
            (void)fputs("    - The kernel's lines meanwhile:\n", w->out);
        put_block(w->out, p.kernel);
    } else {
        (void)failure_no_memory(w->f);
    }
    printed_free(&p);
    return rc;
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
