// The events tell all; of a run that has written no last event, the last ones of each kind do.
#include "report/explain.h"

#include <string.h>

#include "base/failure.h"
#include "base/stage.h"
#include "report/tail.h"
#include "report/text.h"

enum {
    LINE_SIZE = 4096,
    KERNEL_MAX = 3,    // lines of the kernel
    CONSOLE_MAX = 12,  // and of the console, with all
    TAIL_BYTES = 2048, // of the console in which they are looked for
};

static const json_t *last_of(const struct reading *r, const char *type) {
    const json_t *last = NULL;
    const json_t *event = NULL;
    for (size_t i = 0; (event = reading_next(r, type, &i)) != NULL;)
        last = event;
    return last;
}

static double seconds(const json_t *event) {
    return json_number_value(json_object_get(event, "t"));
}

// A member of an event, which may be anything, fit to be shown.
static void print_text(FILE *out, const json_t *event, const char *name,
                       const struct diagnosis_style *style) {
    char line[LINE_SIZE];
    const char *text = reading_text(event, name);
    (void)text_printable(line, sizeof line, sizeof line, text, strlen(text), style->utf8);
    (void)fputs(line, out);
}

// The sentence, as it was said.
static void print_sentence(FILE *out, const json_t *failure, const struct diagnosis_style *style) {
    const int stage = stage_by_name(reading_text(failure, "stage"));
    const char *meaning = stage < 0 ? "" : stage_rows[stage].meaning;
    print_text(out, failure, "what", style);
    if (meaning[0] != '\0')
        (void)fprintf(out, "; %s", meaning);
    if (reading_text(failure, "next")[0] != '\0')
        (void)fputs("; ", out);
    print_text(out, failure, "next", style);
    (void)fputs(".\n", out);
}

// An array with the last events of a type: their text.
static json_t *last_texts(const struct reading *r, const char *type, size_t most) {
    json_t *all = json_array();
    json_t *event = NULL;
    for (size_t i = 0; (event = reading_next(r, type, &i)) != NULL;) {
        if (json_array_size(all) == most)
            (void)json_array_remove(all, 0);
        (void)json_array_append(all, json_object_get(event, "text"));
    }
    return all;
}

static json_t *all_of(const struct reading *r, const char *type) {
    json_t *all = json_array();
    json_t *event = NULL;
    for (size_t i = 0; (event = reading_next(r, type, &i)) != NULL;)
        (void)json_array_append(all, event);
    return all;
}

// What an event `failure` would have held, as far as the others tell.
static json_t *gather(const struct reading *r) {
    const char *const of_state[] = {"dialogue", "state", "step"};
    const char *const of_typed[] = {"typed", "prompt"};
    const char *const named[] = {"text", "prompt"};
    const json_t *state = last_of(r, "state");
    const json_t *typed = last_of(r, "typed");
    json_t *all = json_object();
    for (size_t i = 0; state != NULL && i < sizeof of_state / sizeof *of_state; i++)
        (void)json_object_set(all, of_state[i], json_object_get(state, of_state[i]));
    for (size_t i = 0; typed != NULL && i < sizeof of_typed / sizeof *of_typed; i++)
        (void)json_object_set(all, of_typed[i], json_object_get(typed, named[i]));
    (void)json_object_set_new(all, "deaths", all_of(r, "death"));
    (void)json_object_set_new(all, "kernel", last_texts(r, "kernel", KERNEL_MAX));
    const size_t size = r->output_size < TAIL_BYTES ? r->output_size : TAIL_BYTES;
    (void)json_object_set_new(
        all, "last",
        tail_lines(r->output + r->output_size - size, size, size == r->output_size, CONSOLE_MAX));
    return all;
}

static void print_steps(FILE *out, const struct reading *r, const struct diagnosis_style *style) {
    json_t *event = NULL;
    for (size_t i = 0; (event = reading_next(r, "state", &i)) != NULL;) {
        if (reading_text(event, "title")[0] == '\0')
            continue;
        (void)fprintf(out, "  %7.1f s  ", seconds(event));
        if (reading_text(event, "step")[0] != '\0') {
            (void)fputs("step ", out);
            print_text(out, event, "step", style);
            (void)fputs(": ", out);
        }
        print_text(out, event, "title", style);
        (void)fputc('\n', out);
    }
}

static void print_signs(FILE *out, const struct reading *r, const struct diagnosis_style *style) {
    json_t *deaths = json_pack("{s:o}", "deaths", all_of(r, "death"));
    diagnosis_print(out, deaths, style);
    json_decref(deaths);
    if (last_of(r, "person") != NULL)
        (void)fprintf(out, "  %-9s had the console\n", "person");
}

static void print_head(FILE *out, const struct reading *r, const struct diagnosis_style *style) {
    const json_t *start = last_of(r, "start");
    print_text(out, start, "program", style);
    if (reading_text(start, "disk")[0] != '\0') {
        (void)fputs(" on ", out);
        print_text(out, start, "disk", style);
    }
    (void)fputs(", begun ", out);
    print_text(out, start, "wall", style);
    (void)fputs(": ", out);
}

// The name of an exit code, or NULL.
static const char *code_name(json_int_t code) {
    for (size_t i = 0; i < EXIT_ID_COUNT; i++)
        if (exit_rows[i].code == code)
            return exit_rows[i].name;
    return NULL;
}

static void print_cut_off(FILE *out, const struct reading *r, const struct diagnosis_style *style) {
    json_t *known = gather(r);
    const size_t count = json_array_size(r->events);
    (void)fprintf(out,
                  "the recording has no end: the run was killed, or it still runs. "
                  "Its last event came after %.1f s.\n",
                  seconds(json_array_get(r->events, count == 0 ? 0 : count - 1)));
    diagnosis_print(out, known, style);
    (void)fputs("  next      qemu-grow --recover DISK undoes or finishes what it began\n", out);
    json_decref(known);
}

void explain_print(FILE *out, const struct reading *r, const struct diagnosis_style *style) {
    const json_t *failure = last_of(r, "failure");
    const json_t *end = last_of(r, "end");
    const json_int_t code = json_integer_value(json_object_get(end, "code"));
    print_head(out, r, style);
    if (failure != NULL) {
        (void)fprintf(out, "failed after %.1f s with exit code %" JSON_INTEGER_FORMAT " (",
                      seconds(failure), json_integer_value(json_object_get(failure, "code")));
        print_text(out, failure, "id", style);
        (void)fputs(").\n", out);
        print_sentence(out, failure, style);
        diagnosis_print(out, failure, style);
    } else if (end == NULL) {
        print_cut_off(out, r, style);
    } else {
        const char *name = code_name(code);
        (void)fprintf(out,
                      "ended well after %.1f s, with exit code %" JSON_INTEGER_FORMAT " (%s).\n",
                      json_number_value(json_object_get(end, "seconds")), code,
                      name == NULL ? "not known" : name);
        print_steps(out, r, style);
        print_signs(out, r, style);
    }
}
