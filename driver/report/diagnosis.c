// One label, then what is known. Lines that go on have no label.
#include "report/diagnosis.h"

#include <stdlib.h>
#include <string.h>

#include "report/text.h"

enum {
    PIECE_SIZE = 2048,  // of a text that is shown, as it is shown
    BRIEF_PATTERNS = 3, // without `all`
    BRIEF_LINES = 4,
    BRIEF_COLUMNS = 90, // of a pattern or a typed line
};

struct printer {
    FILE *out;
    const struct diagnosis_style *style;
};

// A text in a buffer of PIECE_SIZE bytes, fit to be shown. Returns it.
static const char *shown(const struct printer *p, char *piece, const char *text, size_t columns) {
    const size_t size = strlen(text);
    const size_t most = p->style->all ? PIECE_SIZE : columns;
    const size_t width = text_printable(piece, PIECE_SIZE, most, text, size, p->style->utf8);
    if (!p->style->all && width + 4 > columns && size > columns && strlen(piece) + 4 < PIECE_SIZE)
        strcat(piece, "..."); // NOLINT: there is room
    return piece;
}

// "  LABEL    ": a label only where there is one to be read.
static void begin(const struct printer *p, const char *label) {
    (void)fprintf(p->out, "  %-9s ", label);
}

static const char *text(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

static void print_state(const struct printer *p, const json_t *f) {
    char piece[PIECE_SIZE];
    const char *dialogue = text(f, "dialogue");
    const char *state = text(f, "state");
    const char *step = text(f, "step");
    if (state == NULL)
        return;
    begin(p, "state");
    if (dialogue != NULL)
        (void)fprintf(p->out, "%s/", shown(p, piece, dialogue, BRIEF_COLUMNS));
    (void)fputs(shown(p, piece, state, BRIEF_COLUMNS), p->out);
    if (step != NULL && step[0] != '\0')
        (void)fprintf(p->out, " (step %s)", shown(p, piece, step, BRIEF_COLUMNS));
    (void)fputc('\n', p->out);
}

static void print_waited(const struct printer *p, const json_t *f) {
    char piece[PIECE_SIZE];
    const json_t *waited = json_object_get(f, "waited");
    const json_t *guest = json_object_get(f, "guest_waited");
    const char *awaited = text(f, "awaited");
    if (awaited == NULL)
        return;
    begin(p, "awaited");
    (void)fputs(shown(p, piece, awaited, BRIEF_COLUMNS), p->out);
    if (json_is_number(guest) && json_is_number(waited))
        (void)fprintf(p->out, ", for %.1f s of the guest's time (%.1f s here)",
                      json_number_value(guest), json_number_value(waited));
    (void)fputc('\n', p->out);
}

static json_int_t matched(const json_t *row) {
    return json_integer_value(json_object_get(row, "matched"));
}

// "byte 812", or "bytes 812 to 815", of the stream's text.
static void print_place(const struct printer *p, const json_t *row) {
    const json_int_t first = json_integer_value(json_object_get(row, "begin"));
    const char *in = text(row, "in");
    const bool kernel = in != NULL && strcmp(in, "kernel") == 0;
    (void)fprintf(p->out, " (from byte %" JSON_INTEGER_FORMAT " of the %s on)", first,
                  kernel ? "kernel's lines" : "console's text");
}

static void print_pattern(const struct printer *p, const json_t *row, const char *label) {
    char piece[PIECE_SIZE];
    const char *pattern = text(row, "pattern");
    const char *came = text(row, "text");
    const char *then = text(row, "then");
    if (pattern == NULL)
        return;
    begin(p, label);
    (void)fprintf(p->out, "`%s`", shown(p, piece, pattern, BRIEF_COLUMNS));
    if (matched(row) <= 0 || came == NULL) {
        (void)fputs(": nothing of it came\n", p->out);
        return;
    }
    (void)fputc('\n', p->out);
    begin(p, "");
    (void)fprintf(p->out, "%" JSON_INTEGER_FORMAT " %s matched, to `%s`", matched(row),
                  matched(row) == 1 ? "byte" : "bytes", shown(p, piece, came, BRIEF_COLUMNS));
    if (then != NULL)
        (void)fprintf(p->out, ", then `%s` came", shown(p, piece, then, BRIEF_COLUMNS));
    else
        (void)fputs(", then nothing more", p->out);
    print_place(p, row);
    (void)fputc('\n', p->out);
}

// A row of the patterns, to be sorted.
struct got {
    const json_t *row;
    size_t place; // in the state's list
};

static int by_match(const void *a, const void *b) {
    const struct got *x = a;
    const struct got *y = b;
    const json_int_t left = matched(x->row);
    const json_int_t right = matched(y->row);
    return left < right ? 1 : left > right ? -1 : x->place > y->place ? 1 : -1;
}

// Those that got furthest first.
static void print_patterns(const struct printer *p, const json_t *f) {
    const json_t *rows = json_object_get(f, "partial");
    const size_t count = json_array_size(rows);
    struct got *sorted = count == 0 ? NULL : calloc(count, sizeof *sorted);
    if (sorted == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct got){.row = json_array_get(rows, i), .place = i};
    qsort(sorted, count, sizeof *sorted, by_match);
    const size_t some = p->style->all || count <= BRIEF_PATTERNS ? count : BRIEF_PATTERNS;
    for (size_t i = 0; i < some; i++)
        print_pattern(p, sorted[i].row, i == 0 ? "patterns" : "");
    if (some < count) {
        begin(p, "");
        (void)fprintf(p->out, "and %zu more\n", count - some);
    }
    free(sorted);
}

static void print_typed(const struct printer *p, const json_t *f) {
    char piece[PIECE_SIZE];
    const char *typed = text(f, "typed");
    const char *prompt = text(f, "prompt");
    const json_t *echo = json_object_get(f, "echo");
    if (typed == NULL)
        return;
    begin(p, "typed");
    (void)fprintf(p->out, "`%s`", shown(p, piece, typed, BRIEF_COLUMNS));
    if (prompt != NULL && strcmp(prompt, "keys") == 0)
        (void)fputs(", as keys", p->out);
    else if (prompt != NULL)
        (void)fprintf(p->out, " at the prompt `%s`", shown(p, piece, prompt, BRIEF_COLUMNS));
    if (json_is_object(echo))
        (void)fprintf(p->out,
                      "; at best %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
                      " bytes stood right",
                      json_integer_value(json_object_get(echo, "stood")),
                      json_integer_value(json_object_get(echo, "of")));
    (void)fputc('\n', p->out);
}

// An array of texts, the last ones of them.
static void print_lines(const struct printer *p, const json_t *lines, const char *label) {
    char piece[PIECE_SIZE];
    const size_t count = json_array_size(lines);
    const size_t first = p->style->all || count <= BRIEF_LINES ? 0 : count - BRIEF_LINES;
    for (size_t i = first; i < count; i++) {
        const char *line = json_string_value(json_array_get(lines, i));
        begin(p, i == first ? label : "");
        (void)fprintf(p->out, "| %s\n", line == NULL ? "" : shown(p, piece, line, BRIEF_COLUMNS));
    }
}

static void print_deaths(const struct printer *p, const json_t *f) {
    char piece[PIECE_SIZE];
    const json_t *rows = json_object_get(f, "deaths");
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(rows, i, row) {
        const char *name = text(row, "row");
        const char *says = text(row, "text");
        if (name == NULL)
            continue;
        begin(p, i == 0 ? "signs" : "");
        (void)fputs(shown(p, piece, name, BRIEF_COLUMNS), p->out);
        if (says != NULL)
            (void)fprintf(p->out, ": %s", shown(p, piece, says, BRIEF_COLUMNS));
        else if (json_is_true(json_object_get(row, "fatal")))
            (void)fputs(", which ended the run", p->out);
        (void)fputc('\n', p->out);
    }
}

static void print_person(const struct printer *p, const json_t *f) {
    char piece[PIECE_SIZE];
    const json_t *person = json_object_get(f, "person");
    const char *at = text(person, "at");
    if (at == NULL)
        return;
    begin(p, "person");
    (void)fprintf(p->out, "had the console %" JSON_INTEGER_FORMAT " time%s, at last at %s\n",
                  json_integer_value(json_object_get(person, "visits")),
                  json_integer_value(json_object_get(person, "visits")) == 1 ? "" : "s",
                  shown(p, piece, at, BRIEF_COLUMNS));
}

void diagnosis_print(FILE *out, const json_t *failure, const struct diagnosis_style *style) {
    const struct printer p = {.out = out, .style = style};
    print_state(&p, failure);
    print_waited(&p, failure);
    print_patterns(&p, failure);
    print_typed(&p, failure);
    print_deaths(&p, failure);
    print_lines(&p, json_object_get(failure, "kernel"), "kernel");
    print_lines(&p, json_object_get(failure, "last"), "console");
    print_person(&p, failure);
}
