// Lines of JSON, read and made anew.
#include "record/event.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/record.h"

enum { US = 1000000 };

// The time stands first in a line, with its own number of decimals (tell.c).
static char *line_of(json_t *event, double t) {
    char *rest = NULL;
    char *line = NULL;
    (void)json_object_del(event, "t");
    rest = json_dumps(event, JSON_COMPACT);
    if (rest != NULL && asprintf(&line, "{\"t\":%.6f,%s\n", t, rest + 1) < 0)
        line = NULL;
    free(rest);
    return line;
}

// A text without secrets, or NULL when there is none in it.
static json_t *clean_text(struct redact *x, const json_t *value) {
    const size_t size = json_string_length(value);
    char *copy = malloc(size + 1);
    json_t *clean = NULL;
    if (copy == NULL)
        return json_string("");
    memcpy(copy, json_string_value(value), size);
    if (redact_text(x, copy, size))
        clean = record_text(copy, size);
    free(copy);
    return clean;
}

// Cleans all texts below; what a secret is to be recognised by is none of the recording's.
bool event_clean(struct redact *x, json_t *value) {
    static const char option[] = "--redact=";
    const char *key = NULL;
    json_t *child = NULL;
    void *next = NULL;
    size_t i = 0;
    bool changed = false;
    json_object_foreach_safe(value, next, key, child) {
        json_t *clean = json_is_string(child) ? clean_text(x, child) : NULL;
        if (clean != NULL)
            (void)json_object_set_new(value, key, clean);
        changed = clean != NULL || event_clean(x, child) || changed;
    }
    json_array_foreach(value, i, child) {
        const bool names = json_is_string(child) &&
                           strncmp(json_string_value(child), option, sizeof option - 1) == 0;
        json_t *clean = names                   ? json_string("--redact=***")
                        : json_is_string(child) ? clean_text(x, child)
                                                : NULL;
        if (clean != NULL)
            (void)json_array_set_new(value, i, clean);
        changed = clean != NULL || event_clean(x, child) || changed;
    }
    return changed;
}

char *event_redact(struct redact *x, const char *line, size_t size) {
    json_t *event = json_loadb(line, size, 0, NULL);
    char *clean = event_clean(x, event)
                      ? line_of(event, json_number_value(json_object_get(event, "t")))
                      : NULL;
    json_decref(event);
    return clean;
}

char *event_kernel(uint64_t us, const char *text, size_t size, uint64_t out) {
    json_t *event = json_pack("{s:s, s:o, s:I}", "type", "kernel", "text", record_text(text, size),
                              "out", (json_int_t)out);
    char *line = event == NULL ? NULL : line_of(event, (double)us / US);
    json_decref(event);
    return line;
}

char *event_label(const char *line, size_t size) {
    json_t *event = json_loadb(line, size, 0, NULL);
    const char *step = json_string_value(json_object_get(event, "step"));
    const char *dialogue = json_string_value(json_object_get(event, "dialogue"));
    const char *state = json_string_value(json_object_get(event, "state"));
    char *label = NULL;
    if (asprintf(&label, "%s%s%s/%s", step == NULL ? "" : step, step == NULL ? "" : " ",
                 dialogue == NULL ? "" : dialogue, state == NULL ? "" : state) < 0)
        label = NULL;
    json_decref(event);
    return label;
}

int event_number(const char *line, size_t size, const char *name) {
    json_t *event = json_loadb(line, size, 0, NULL);
    const int number = (int)json_integer_value(json_object_get(event, name));
    json_decref(event);
    return number;
}
