// Line by line; what is no event, and what is no line of the timing log, is left out.
#include "record/read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { US = 1000000, TIMING_LINE_MAX = 256, SECONDS_DIGITS = 9, PART_DIGITS = 6, SIZE_DIGITS = 12 };

// All of a file, allocated, with a NUL behind it; NULL with *f.
static char *all_of(const char *folder, const char *name, size_t *size, struct failure *f) {
    char *path = NULL;
    char *bytes = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        (void)failure_no_memory(f);
        return NULL;
    }
    FILE *in = fopen(path, "re");
    if (in == NULL || fseek(in, 0, SEEK_END) != 0 || ftell(in) < 0 || ftell(in) > READING_MAX) {
        (void)failure_set(f, EXIT_ID_RECORDING_BAD, "name a folder that --transcript has made",
                          "%s is no recording: %s cannot be read: %s", folder, name,
                          in == NULL ? strerror(errno) : "it is too large");
    } else {
        *size = (size_t)ftell(in);
        rewind(in);
        bytes = malloc(*size + 1);
        if (bytes == NULL)
            (void)failure_no_memory(f);
        else
            *size = fread(bytes, 1, *size, in);
    }
    if (bytes != NULL)
        bytes[*size] = '\0';
    if (in != NULL)
        (void)fclose(in);
    free(path);
    return bytes;
}

// A raw log without its header.
static char *log_of(const char *folder, const char *name, size_t *size, struct failure *f) {
    char *bytes = all_of(folder, name, size, f);
    char *end = bytes == NULL ? NULL : memchr(bytes, '\n', *size);
    if (bytes == NULL)
        return NULL;
    const size_t header = end == NULL ? *size : (size_t)(end + 1 - bytes);
    *size -= header;
    memmove(bytes, bytes + header, *size + 1);
    return bytes;
}

static void take_events(struct reading *r, const char *text, size_t size) {
    for (const char *end; size > 0; size -= (size_t)(end + 1 - text), text = end + 1) {
        end = memchr(text, '\n', size);
        if (end == NULL)
            return;
        json_t *event = json_loadb(text, (size_t)(end - text), JSON_REJECT_DUPLICATES, NULL);
        if (json_is_object(event) && json_is_string(json_object_get(event, "type")))
            (void)json_array_append(r->events, event);
        json_decref(event);
    }
}

static int add_piece(struct reading *r, const struct piece *p, size_t *room) {
    if (r->piece_count == *room) {
        const size_t more = *room == 0 ? 256 : 2 * *room;
        struct piece *larger = reallocarray(r->pieces, more, sizeof *larger);
        if (larger == NULL)
            return -1;
        r->pieces = larger;
        *room = more;
    }
    r->pieces[r->piece_count++] = *p;
    return 0;
}

// Reads at most `most` digits, and moves on behind them. False when there are none, or more.
static bool scan_number(const char **at, size_t most, uint64_t *number) {
    const size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > most)
        return false;
    *number = strtoull(*at, NULL, 10);
    *at += digits;
    return true;
}

// "O 0.012345 17": kind, microseconds and size. False for what is something else.
static bool scan(const char *line, char *kind, uint64_t *us, size_t *size) {
    uint64_t seconds = 0;
    uint64_t part = 0;
    uint64_t bytes = 0;
    if (line[0] == '\0' || line[1] != ' ')
        return false;
    *kind = line[0];
    line += 2;
    if (!scan_number(&line, SECONDS_DIGITS, &seconds) || *line++ != '.' ||
        strspn(line, "0123456789") != PART_DIGITS || !scan_number(&line, PART_DIGITS, &part) ||
        *line++ != ' ')
        return false;
    *us = seconds * US + part;
    if (*kind != 'O' && *kind != 'I')
        return true;
    const bool ok = scan_number(&line, SIZE_DIGITS, &bytes);
    *size = (size_t)bytes;
    return ok;
}

static int take_timing(struct reading *r, const char *text, size_t size) {
    uint64_t us = 0;
    size_t room = 0;
    size_t at[2] = {0, 0};
    for (const char *end; size > 0; size -= (size_t)(end + 1 - text), text = end + 1) {
        char line[TIMING_LINE_MAX];
        struct piece p = {0};
        char kind = '\0';
        uint64_t passed = 0;
        end = memchr(text, '\n', size);
        if (end == NULL)
            return 0;
        const size_t length = (size_t)(end - text);
        (void)snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : 0), text);
        if (!scan(line, &kind, &passed, &p.size))
            continue;
        p.us = us += passed;
        p.input = kind == 'I';
        if ((kind != 'O' && kind != 'I') || p.size == 0 || p.size > READING_MAX)
            continue;
        p.at = at[p.input];
        at[p.input] += p.size;
        if (add_piece(r, &p, &room) != 0)
            return -1;
    }
    return 0;
}

int reading_take(struct reading *r, const char *events, size_t events_size, const char *timing,
                 size_t timing_size) {
    *r = (struct reading){.events = json_array()};
    if (r->events == NULL || take_timing(r, timing, timing_size) != 0)
        return -1;
    take_events(r, events, events_size);
    return 0;
}

// What the logs do not have is no piece.
static void clip(struct reading *r) {
    size_t kept = 0;
    for (size_t i = 0; i < r->piece_count; i++) {
        struct piece p = r->pieces[i];
        const size_t size = p.input ? r->input_size : r->output_size;
        if (p.at >= size)
            continue;
        if (p.size > size - p.at)
            p.size = size - p.at;
        r->pieces[kept++] = p;
    }
    r->piece_count = kept;
}

int reading_open(struct reading *r, const char *folder, struct failure *f) {
    size_t events_size = 0;
    size_t timing_size = 0;
    *r = (struct reading){0};
    char *events = all_of(folder, "events.jsonl", &events_size, f);
    char *timing = events == NULL ? NULL : all_of(folder, "timing.log", &timing_size, f);
    int rc = timing == NULL ? -1 : reading_take(r, events, events_size, timing, timing_size);
    if (rc != 0 && timing != NULL)
        (void)failure_no_memory(f);
    if (rc == 0) {
        r->output = log_of(folder, "output.log", &r->output_size, f);
        r->input = r->output == NULL ? NULL : log_of(folder, "input.log", &r->input_size, f);
        rc = r->input == NULL ? -1 : 0;
    }
    size_t i = 0;
    if (rc == 0 && reading_number(reading_next(r, "start", &i), "format") != 1)
        rc = failure_set(f, EXIT_ID_RECORDING_BAD, "use the program that made it",
                         "%s is no recording of this version's kind", folder);
    free(events);
    free(timing);
    if (rc != 0)
        reading_free(r);
    else
        clip(r);
    return rc;
}

// Bytes of a side up to a time.
static size_t bytes_until(const struct reading *r, bool input, uint64_t us) {
    size_t bytes = 0;
    for (size_t i = 0; i < r->piece_count; i++)
        if (r->pieces[i].input == input && r->pieces[i].us <= us)
            bytes = r->pieces[i].at + r->pieces[i].size;
    return bytes;
}

// Takes the first bytes away.
static void drop(char *bytes, size_t *size, size_t count) {
    if (bytes == NULL || count > *size)
        return;
    *size -= count;
    memmove(bytes, bytes + count, *size + 1);
}

static void drop_pieces(struct reading *r, uint64_t us, size_t in, size_t out) {
    size_t kept = 0;
    for (size_t i = 0; i < r->piece_count; i++) {
        struct piece p = r->pieces[i];
        if (p.us <= us)
            continue;
        p.at -= p.input ? in : out;
        r->pieces[kept++] = p;
    }
    r->piece_count = kept;
}

void reading_keep_guest(struct reading *r) {
    static const double SECONDS_MAX = 1e9; // some 30 years
    size_t guests = 0;
    size_t last = 0;
    for (size_t i = 0; reading_next(r, "given", &i) != NULL; guests++)
        last = i - 1;
    json_t *kept = guests < 2 ? NULL : json_array();
    if (kept == NULL)
        return;
    const double t = json_number_value(json_object_get(json_array_get(r->events, last), "t"));
    const uint64_t us = t > 0 && t < SECONDS_MAX ? (uint64_t)(t * US) : 0;
    const size_t out = bytes_until(r, false, us);
    const size_t in = bytes_until(r, true, us);
    size_t i = 0;
    for (json_t *e; (e = reading_next(r, NULL, &i)) != NULL;) {
        if (i <= last && strcmp(reading_text(e, "type"), "start") != 0)
            continue;
        const uint64_t at = reading_number(e, "out");
        if (json_object_get(e, "out") != NULL)
            (void)json_object_set_new(e, "out",
                                      json_integer((json_int_t)(at > out ? at - out : 0)));
        (void)json_array_append(kept, e);
    }
    json_decref(r->events);
    r->events = kept;
    drop(r->output, &r->output_size, out);
    drop(r->input, &r->input_size, in);
    drop_pieces(r, us, in, out);
}

int reading_open_guest(struct reading *r, const char *folder, struct failure *f) {
    const int rc = reading_open(r, folder, f);
    if (rc == 0)
        reading_keep_guest(r);
    return rc;
}

void reading_free(struct reading *r) {
    json_decref(r->events);
    free(r->output);
    free(r->input);
    free(r->pieces);
    *r = (struct reading){0};
}

json_t *reading_next(const struct reading *r, const char *type, size_t *i) {
    while (*i < json_array_size(r->events)) {
        json_t *event = json_array_get(r->events, (*i)++);
        if (type == NULL || strcmp(reading_text(event, "type"), type) == 0)
            return event;
    }
    return NULL;
}

const char *reading_text(const json_t *event, const char *name) {
    const char *text = json_string_value(json_object_get(event, name));
    return text == NULL ? "" : text;
}

uint64_t reading_number(const json_t *event, const char *name) {
    const json_int_t n = json_integer_value(json_object_get(event, name));
    return n < 0 ? 0 : (uint64_t)n;
}
