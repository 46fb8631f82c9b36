// When there is no room for a further pair, each second one goes, and from then on twice as many
// lines make one pair.
#include "page/timing.h"

#include <stdlib.h>

enum { LINE_MAX_BYTES = 4096 };
static const double delta_max = 1e9;  // seconds, some 30 years
static const double bytes_max = 1e15; // below 2^53: exact

struct timing {
    double seconds[TIMING_MAX];
    double bytes[TIMING_MAX];
    size_t count;
    unsigned each, skipped; // of so many lines the last one is kept
};

static void thin_out(struct timing *t) {
    for (size_t i = 0; i < TIMING_MAX / 2; i++) {
        t->seconds[i] = t->seconds[2 * i + 1];
        t->bytes[i] = t->bytes[2 * i + 1];
    }
    t->count = TIMING_MAX / 2;
    t->each *= 2;
}

static void add(struct timing *t, double seconds, double bytes) {
    if (++t->skipped < t->each)
        return;
    t->skipped = 0;
    if (t->count == TIMING_MAX)
        thin_out(t);
    t->seconds[t->count] = seconds;
    t->bytes[t->count++] = bytes;
}

// A line: its type, seconds since the line before, and, for output, bytes.
static void read_lines(struct timing *t, FILE *in) {
    char line[LINE_MAX_BYTES];
    double seconds = 0;
    double bytes = 0;
    while (fgets(line, sizeof line, in) != NULL) {
        if (line[0] < 'A' || line[0] > 'Z' || line[1] != ' ')
            continue;
        char *rest = NULL;
        const double delta = strtod(line + 2, &rest);
        if (!(delta >= 0 && delta < delta_max && seconds + delta < delta_max))
            continue;
        seconds += delta;
        const double n = line[0] == 'O' ? strtod(rest, NULL) : 0;
        if (n > 0 && bytes + n < bytes_max) {
            bytes += n;
            add(t, seconds, bytes);
        }
    }
}

json_t *timing_read(FILE *in) {
    struct timing *t = calloc(1, sizeof *t);
    json_t *pairs = json_array();
    int rc = t == NULL || pairs == NULL ? -1 : 0;
    if (rc == 0 && in != NULL) {
        t->each = 1;
        read_lines(t, in);
    }
    for (size_t i = 0; rc == 0 && i < t->count; i++)
        rc = json_array_append_new(pairs,
                                   json_pack("[f, I]", t->seconds[i], (json_int_t)t->bytes[i]));
    free(t);
    if (rc == 0)
        return pairs;
    json_decref(pairs);
    return NULL;
}
