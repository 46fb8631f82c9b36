// What is known when a run fails, as JSON: the members of the recording's event `failure` that go
// beyond the sentence. Nothing is guessed: what is not known has no member.
#include <stdlib.h>
#include <string.h>

#include "console/partial.h"
#include "dialogue/machine_impl.h"
#include "report/tail.h"

enum {
    LINES_MAX = 12,    // of the console
    KERNEL_MAX = 3,    // lines of the kernel
    KERNEL_TAIL = 512, // bytes in which they are looked for
    MATCHED_MAX = 60,  // bytes of a partial match that are told: its last ones
    AFTER_MAX = 24,    // bytes behind it
};

static const double ms = 1000.0;

static void set(json_t *object, const char *name, json_t *value) {
    if (value != NULL)
        (void)json_object_set_new(object, name, value);
}

static json_t *text_of(const char *text) {
    return text == NULL ? NULL : record_text(text, strlen(text));
}

// How far one pattern got in the text that the state has seen.
static json_t *partial_of(const struct pattern *p, const char *in, const char *text, size_t size,
                          size_t from, uint64_t offset) {
    const struct partial found = partial_find(p, text, size, from);
    json_t *row = json_pack("{s:o, s:s, s:I}", "pattern", text_of(pattern_regex(p)), "in", in,
                            "matched", (json_int_t)found.matched);
    if (row == NULL || found.matched == 0)
        return row;
    const size_t end = found.begin + found.matched;
    const size_t shown = found.matched < MATCHED_MAX ? found.matched : MATCHED_MAX;
    const size_t after = size - end < AFTER_MAX ? size - end : AFTER_MAX;
    const uint64_t first = offset + found.begin;
    const uint64_t broke = offset + end;
    set(row, "begin", json_integer((json_int_t)first));
    set(row, "end", json_integer((json_int_t)broke));
    set(row, "text", record_text(text + end - shown, shown));
    if (!found.open)
        set(row, "then", record_text(text + end, after));
    return row;
}

void machine_note_partials(struct machine *m, const struct watch_set *watched, struct stream *s) {
    size_t rest = 0;
    size_t all = PARTIAL_WINDOW;
    (void)stream_rest(s, &rest);
    all = rest > all ? rest : all;
    const char *text = stream_tail(s, &all); // with what stands before it, for lookbehinds
    const size_t from = all - rest;
    const char *in = s == link_kernel(m->link) ? "kernel" : "console";
    if (m->partials == NULL)
        m->partials = json_array();
    for (size_t i = 0; i < watched->count; i++) {
        json_t *row = partial_of(watched->patterns[i], in, text, all, from, stream_end(s) - all);
        if (row != NULL)
            (void)json_array_append_new(m->partials, row);
    }
}

static json_t *console_lines(const struct machine *m) {
    char tail[LINK_TAIL];
    const size_t size = link_tail(m->link, tail);
    return tail_lines(tail, size, size < LINK_TAIL, LINES_MAX);
}

static json_t *kernel_lines(const struct machine *m) {
    size_t size = KERNEL_TAIL;
    const char *text = stream_tail(link_kernel(m->link), &size);
    return tail_lines(text, size, size < KERNEL_TAIL, KERNEL_MAX);
}

static json_t *deaths_seen(const struct machine *m) {
    json_t *rows = json_array();
    if (m->died != NULL)
        (void)json_array_append_new(
            rows, json_pack("{s:s, s:b}", "row", m->died->text.failure, "fatal", 1));
    const char *name = NULL;
    const char *says = NULL;
    for (size_t i = 0; (name = deaths_row(m->deaths, i, &says)) != NULL; i++)
        (void)json_array_append_new(rows,
                                    json_pack("{s:s, s:o}", "row", name, "text", text_of(says)));
    return rows;
}

void machine_note_typed(struct machine *m, const char *text, const char *prompt) {
    free(m->typed);
    m->typed = strdup(text);
    m->typed_at = prompt;
    m->echo_of = 0;
}

// An array that has nothing in it is not told.
static void set_some(json_t *object, const char *name, json_t *array) {
    if (json_array_size(array) > 0)
        set(object, name, array);
    else
        json_decref(array);
}

json_t *machine_diagnosis(const struct machine *m) {
    json_t *all = json_object();
    if (all == NULL || m->at_dialogue == NULL)
        return all;
    set(all, "dialogue", text_of(m->at_dialogue->dialogue));
    set(all, "state", text_of(m->at_state->state));
    set(all, "step", text_of(m->at_state->step));
    if (m->waiting_for[0] != '\0') {
        set(all, "awaited", text_of(m->waiting_for));
        set(all, "waited", json_real((double)(machine_now_ms(m) - m->waiting_since_ms) / ms));
        set(all, "guest_waited", json_real((m->clock.guest_ms - m->waiting_since_guest_ms) / ms));
    }
    if (m->partials != NULL)
        set_some(all, "partial", json_incref(m->partials));
    if (m->typed != NULL) {
        set(all, "typed", text_of(m->typed));
        set(all, "prompt", text_of(m->typed_at));
    }
    if (m->echo_of > 0)
        set(all, "echo",
            json_pack("{s:I, s:I}", "stood", (json_int_t)m->echo_stood, "of",
                      (json_int_t)m->echo_of));
    set_some(all, "kernel", kernel_lines(m));
    set_some(all, "deaths", deaths_seen(m));
    set_some(all, "last", console_lines(m));
    if (m->person.visits > 0)
        set(all, "person",
            json_pack("{s:i, s:s, s:I}", "visits", (int)m->person.visits, "at", m->person.at,
                      "keys", (json_int_t)m->person.keys));
    return all;
}
