// Line by line where a file has lines of JSON; a line that is none (the last one of a run that was
// killed) is taken as bytes.
#include "bundle/clean.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/event.h"
#include "record/record.h"

enum { REAL_DIGITS = 12 }; // of a time

// The next line of a text, with its LF where it has one.
static size_t line_size(const char *text, size_t size) {
    const char *end = memchr(text, '\n', size);
    return end == NULL ? size : (size_t)(end - text) + 1;
}

static void write_masked(struct redact *x, FILE *out, const char *line, size_t size) {
    char *copy = malloc(size + 1);
    if (copy == NULL)
        return;
    memcpy(copy, line, size);
    (void)redact_text(x, copy, size);
    (void)fwrite(copy, 1, size, out);
    free(copy);
}

static bool is_json(const char *line, size_t size) {
    json_t *value = json_loadb(line, size, 0, NULL);
    json_decref(value);
    return value != NULL;
}

static void clean_events(struct redact *x, FILE *out, const char *text, size_t size) {
    for (size_t at = 0, length = 0; at < size; at += length) {
        length = line_size(text + at, size - at);
        char *clean = event_redact(x, text + at, length);
        if (clean != NULL)
            (void)fputs(clean, out);
        else if (is_json(text + at, length))
            (void)fwrite(text + at, 1, length, out);
        else
            write_masked(x, out, text + at, length);
        free(clean);
    }
}

// The text of an event of a stream of the cast, [TIME, "o", TEXT]; NULL for another line.
static json_t *cast_text(json_t *line, const char *stream) {
    const char *kind = json_string_value(json_array_get(line, 1));
    json_t *text = json_array_get(line, 2);
    return kind != NULL && strcmp(kind, stream) == 0 && json_is_string(text) ? text : NULL;
}

// Masks one stream of a cast, whose lines follow each other in `lines`: what a secret is does not
// depend on how its bytes were cut.
static void clean_stream(struct redact *x, json_t *lines, const char *stream) {
    char *all = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&all, &size);
    size_t i = 0;
    json_t *line = NULL;
    json_array_foreach(lines, i, line) {
        const json_t *text = cast_text(line, stream);
        if (text != NULL && out != NULL)
            (void)fwrite(json_string_value(text), 1, json_string_length(text), out);
    }
    if (out == NULL || fclose(out) != 0 || !redact_text(x, all, size)) {
        free(all);
        return;
    }
    size_t at = 0;
    json_array_foreach(lines, i, line) {
        const json_t *text = cast_text(line, stream);
        const size_t length = json_string_length(text);
        if (text != NULL)
            (void)json_array_set_new(line, 2, record_text(all + at, length));
        at += length;
    }
    free(all);
}

static void clean_cast(struct redact *x, FILE *out, const char *text, size_t size) {
    json_t *lines = json_array();
    size_t at = 0;
    for (size_t length = 0; at < size; at += length) {
        length = line_size(text + at, size - at);
        json_t *line = json_loadb(text + at, length, 0, NULL);
        if (line == NULL)
            break;
        (void)json_array_append_new(lines, line);
    }
    clean_stream(x, lines, "o");
    clean_stream(x, lines, "i");
    size_t i = 0;
    json_t *line = NULL;
    json_array_foreach(lines, i, line) {
        char *dumped = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS));
        if (dumped != NULL && json_is_object(line)) // the head, which has a title
            (void)redact_text(x, dumped, strlen(dumped));
        if (dumped != NULL)
            (void)fprintf(out, "%s\n", dumped);
        free(dumped);
    }
    write_masked(x, out, text + at, size - at);
    json_decref(lines);
}

char *clean_file(struct redact *x, const char *name, const char *bytes, size_t *size) {
    char *clean = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&clean, &length);
    if (out == NULL)
        return NULL;
    if (!redact_active(x))
        (void)fwrite(bytes, 1, *size, out);
    else if (strcmp(name, "events.jsonl") == 0)
        clean_events(x, out, bytes, *size);
    else if (strcmp(name, "session.cast") == 0)
        clean_cast(x, out, bytes, *size);
    else
        write_masked(x, out, bytes, *size);
    if (fclose(out) != 0) {
        free(clean);
        return NULL;
    }
    *size = length;
    return clean;
}
