// Each type has a budget of bytes, so that a flood of one hides no other.
#include "page/events.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_SIZE_MAX = 1 << 20, // bytes; no event of ours comes near
    DEPTH_MAX = 64,          // of arrays and objects within each other; jansson's own is 2048
    SMALL = 64 << 10,
    MIDDLE = 256 << 10,
    LARGE = 1 << 20,
};

// What the page shows; the others (matches, echoes) are not on it.
static const struct {
    const char *type;
    size_t most; // bytes of all of them
} shown[] = {
    {"start", SMALL},   {"plan", LARGE},   {"command", MIDDLE}, {"exit", SMALL},   {"state", LARGE},
    {"typed", MIDDLE},  {"repair", SMALL}, {"kernel", MIDDLE},  {"death", SMALL},  {"usage", LARGE},
    {"failure", SMALL}, {"proof", LARGE},  {"end", SMALL},      {"person", SMALL},
};

enum { SHOWN = sizeof shown / sizeof shown[0] };
static const double seconds_max = 1e9; // some 30 years

// The type's index; SHOWN if it is not shown; -1 if this is no event.
static int type_of(const json_t *event) {
    const char *type = json_string_value(json_object_get(event, "type"));
    const json_t *t = json_object_get(event, "t");
    const double seconds = json_number_value(t);
    if (type == NULL || !json_is_number(t) || !(seconds >= 0 && seconds <= seconds_max))
        return -1;
    int i = 0;
    while (i < SHOWN && strcmp(shown[i].type, type) != 0)
        i++;
    return i;
}

// Depth, since jansson's own limit cannot be set: counted in the text, strings left out.
static bool is_deep(const char *line, size_t size) {
    int depth = 0;
    bool string = false;
    for (size_t i = 0; i < size; i++) {
        if (string && line[i] == '\\')
            i++;
        else if (line[i] == '"')
            string = !string;
        else if (!string && (line[i] == '{' || line[i] == '['))
            depth++;
        else if (!string && (line[i] == '}' || line[i] == ']'))
            depth--;
        if (depth > DEPTH_MAX)
            return true;
    }
    return false;
}

struct reading {
    json_t *events;
    size_t used[SHOWN], left_out[SHOWN];
    json_int_t damaged;
};

static int take_line(struct reading *r, const char *line, size_t size) {
    json_t *event = is_deep(line, size) ? NULL : json_loadb(line, size, JSON_ALLOW_NUL, NULL);
    const int type = event == NULL ? -1 : type_of(event);
    int rc = 0;
    if (type < 0) {
        r->damaged++;
    } else if (type < SHOWN && r->used[type] + size > shown[type].most) {
        r->left_out[type]++;
    } else if (type < SHOWN) {
        r->used[type] += size;
        rc = json_array_append(r->events, event);
    }
    json_decref(event);
    return rc;
}

// A line of at most LINE_SIZE_MAX bytes; a longer one is `damaged`. 0 at the end.
static size_t next_line(char *line, FILE *in, struct reading *r) {
    size_t n = 0;
    bool there = false;
    for (int c = getc(in); c != EOF; c = getc(in)) {
        there = true;
        if (c == '\n' && n <= LINE_SIZE_MAX && n > 0)
            return n;
        if (c == '\n') {
            r->damaged++;
            n = 0;
            there = false;
        } else if (n < LINE_SIZE_MAX) {
            line[n++] = (char)c;
        } else {
            n = LINE_SIZE_MAX + 1;
        }
    }
    if (there && n > LINE_SIZE_MAX)
        r->damaged++;
    return n <= LINE_SIZE_MAX ? n : 0;
}

static json_t *left_out(const struct reading *r) {
    json_t *all = json_object();
    for (int i = 0; i < SHOWN; i++)
        if (r->left_out[i] > 0)
            (void)json_object_set_new(all, shown[i].type, json_integer((json_int_t)r->left_out[i]));
    return all;
}

int events_read(json_t *all, FILE *in) {
    struct reading r = {.events = json_array()};
    char *line = malloc(LINE_SIZE_MAX);
    int rc = r.events == NULL || line == NULL ? -1 : 0;
    for (size_t n = rc == 0 ? next_line(line, in, &r) : 0; n > 0 && rc == 0;
         n = next_line(line, in, &r))
        rc = take_line(&r, line, n);
    free(line);
    if (rc == 0 && ferror(in)) {
        json_decref(r.events);
        errno = EIO;
        return -1;
    }
    if (rc != 0)
        errno = ENOMEM;
    if (json_object_set_new(all, "events", r.events) != 0 ||
        json_object_set_new(all, "left_out", left_out(&r)) != 0 ||
        json_object_set_new(all, "damaged", json_integer(r.damaged)) != 0) {
        errno = ENOMEM;
        return -1;
    }
    return rc;
}
