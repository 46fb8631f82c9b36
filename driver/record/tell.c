// The events as lines of JSON.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/record_impl.h"
#include "report/text.h"

enum { USAGE_S = 1 }; // least time between two events of usage

json_t *record_text(const char *bytes, size_t size) {
    if (bytes == NULL)
        return json_null();
    json_t *text = json_stringn(bytes, size); // NULL for what is no UTF-8
    if (text != NULL)
        return text;
    char *shown = malloc(4 * size + 1);
    if (shown == NULL)
        return NULL;
    (void)text_printable(shown, 4 * size + 1, SIZE_MAX, bytes, size, true);
    text = json_string(shown);
    free(shown);
    return text;
}

static json_t *text_of(const char *text) {
    return record_text(text, text == NULL ? 0 : strlen(text));
}

static json_t *number(uint64_t n) {
    return json_integer((json_int_t)n);
}

// The time has a fixed number of decimals, which the library does not write: it is put in front.
static void tell(struct record *r, enum keeper_kind kind, const char *type, json_t *fields) {
    if (r != NULL && r->watcher != NULL)
        r->watcher(r->watcher_arg, type, fields);
    char *rest = r == NULL || r->over || fields == NULL ? NULL : json_dumps(fields, JSON_COMPACT);
    json_decref(fields);
    char *line = NULL;
    const int size = rest == NULL
                         ? -1
                         : asprintf(&line, "{\"t\":%.6f,\"type\":\"%s\"%s%s\n", record_now(r), type,
                                    rest[1] == '}' ? "" : ",", rest + 1);
    if (size >= 0)
        record_line(r, kind, line, (size_t)size);
    if (size >= 0)
        free(line);
    free(rest);
}

void record_watch(struct record *r, record_watcher *watcher, void *arg) {
    r->watcher = watcher;
    r->watcher_arg = arg;
    r->over = true;
}

void record_event(struct record *r, const char *type, json_t *fields) {
    tell(r, KEEP_EVENT, type, fields);
}

void record_plan(struct record *r, json_t *plan) {
    record_event(r, "plan", json_pack("{s:o}", "plan", plan));
}

void record_given(struct record *r, json_t *vars) {
    record_event(r, "given", json_pack("{s:o}", "vars", vars));
}

void record_command(struct record *r, char *const argv[]) {
    if (r == NULL)
        return;
    json_t *words = json_array();
    for (; *argv != NULL; argv++)
        (void)json_array_append_new(words, text_of(*argv));
    record_event(r, "command", json_pack("{s:o}", "argv", words));
}

void record_exit(struct record *r, const char *argv0, int code, int signal, bool itself) {
    if (r == NULL)
        return;
    const char *slash = strrchr(argv0, '/');
    json_t *fields =
        json_pack("{s:o, s:i, s:b}", "argv0", text_of(slash == NULL ? argv0 : slash + 1), "code",
                  code, "itself", (int)itself);
    if (signal != 0)
        (void)json_object_set_new(fields, "signal", json_integer(signal));
    record_event(r, "exit", fields);
}

void record_state(struct record *r, const char *dialogue, const char *state, const char *step,
                  const char *title, double guest_clock, int64_t wall) {
    if (r == NULL)
        return;
    json_t *fields =
        json_pack("{s:s, s:s, s:o, s:f, s:I}", "dialogue", dialogue, "state", state, "out",
                  number(r->out), "guest_clock", guest_clock, "wall", (json_int_t)wall);
    if (step != NULL)
        (void)json_object_set_new(fields, "step", text_of(step));
    if (title != NULL)
        (void)json_object_set_new(fields, "title", text_of(title));
    tell(r, KEEP_STATE, "state", fields);
}

void record_match(struct record *r, bool kernel, const char *pattern, size_t index, uint64_t begin,
                  uint64_t end, const char *text, const struct record_group *groups, size_t count) {
    if (r == NULL)
        return;
    json_t *named = json_object();
    for (size_t i = 0; i < count; i++)
        if (groups[i].text != NULL)
            (void)json_object_set_new(named, groups[i].name,
                                      record_text(groups[i].text, groups[i].size));
    json_t *fields = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "pattern", text_of(pattern),
                               "index", number(index), "begin", number(begin), "end", number(end),
                               "groups", named, "text", record_text(text, (size_t)(end - begin)));
    if (kernel)
        (void)json_object_set_new(fields, "in", json_string("kernel"));
    record_event(r, "match", fields);
}

void record_typed(struct record *r, const char *text, const char *prompt) {
    if (r != NULL)
        record_event(r, "typed",
                     json_pack("{s:o, s:o}", "text", text_of(text), "prompt", text_of(prompt)));
}

void record_mark(struct record *r, const char *mark, size_t size) {
    if (r != NULL)
        record_event(r, "mark", json_pack("{s:o}", "text", record_text(mark, size)));
}

void record_echo(struct record *r, bool ok) {
    if (r != NULL)
        record_event(r, "echo", json_pack("{s:b}", "ok", (int)ok));
}

void record_repair(struct record *r, const char *what) {
    if (r != NULL)
        record_event(r, "repair", json_pack("{s:o}", "what", text_of(what)));
}

void record_death(struct record *r, const char *row, const char *text) {
    if (r != NULL)
        record_event(r, "death",
                     json_pack("{s:o, s:o}", "row", text_of(row), "text", text_of(text)));
}

void record_usage(struct record *r, double guest_clock, double cpu, uint64_t read,
                  uint64_t written) {
    if (r == NULL || record_now(r) - r->usage < USAGE_S)
        return;
    r->usage = record_now(r);
    record_event(r, "usage",
                 json_pack("{s:f, s:o, s:o, s:o, s:f}", "cpu", cpu, "read", number(read), "written",
                           number(written), "out", number(r->out), "guest_clock", guest_clock));
}

void record_qmp(struct record *r, int place, const char *line, size_t size) {
    if (r == NULL)
        return;
    record_event(r, "qmp",
                 json_pack("{s:i, s:o, s:o}", "place", place, "text", record_text(line, size),
                           "out", number(r->out)));
}

void record_resize(struct record *r, unsigned columns, unsigned rows) {
    if (r != NULL)
        tell(r, KEEP_RESIZE, "resize",
             json_pack("{s:i, s:i}", "columns", (int)columns, "rows", (int)rows));
}

void record_answer(struct record *r, int answer, const char *says, const char *status) {
    if (r != NULL)
        record_event(r, "answer",
                     json_pack("{s:i, s:o, s:o}", "answer", answer, "says", text_of(says), "status",
                               text_of(status)));
}

void record_talked(struct record *r, const char *id, bool stopped) {
    if (r != NULL)
        record_event(
            r, "talked",
            json_pack("{s:s, s:b, s:o}", "id", id, "stopped", (int)stopped, "out", number(r->out)));
}

void record_failure(struct record *r, const struct failure *f, const char *stage, json_t *more) {
    if (r == NULL) {
        json_decref(more);
        return;
    }
    json_t *fields = json_pack("{s:s, s:i, s:o, s:o, s:o}", "id", exit_rows[f->id].name, "code",
                               exit_rows[f->id].code, "what", text_of(f->what), "next",
                               text_of(f->next), "stage", text_of(stage));
    if (more != NULL)
        (void)json_object_update(fields, more);
    json_decref(more);
    record_event(r, "failure", fields);
}

void record_proof(struct record *r, json_t *proof) {
    record_event(r, "proof", json_pack("{s:o}", "proof", proof));
}

void record_end(struct record *r, int code) {
    if (r != NULL)
        tell(r, KEEP_END, "end", json_pack("{s:i, s:f}", "code", code, "seconds", record_now(r)));
}
