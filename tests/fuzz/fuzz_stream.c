// Any two patterns on any text: the matches do not depend on how the text was cut, unless a pattern
// backtracked without end.
//
// Input: a byte for the limit, a byte for the pieces, the patterns (each ended by a NUL), the text.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/stream.h"

enum { EVENTS_MAX = 4096, REGEX_MAX = 64, TEXT_MAX = 512 };

struct event {
    int pattern;
    size_t end, size;
};

struct events {
    struct event at[EVENTS_MAX];
    size_t count, exhausted;
};

static void find(struct stream *s, bool final, size_t fed, struct events *e) {
    int i;
    while ((i = stream_find(s, final)) >= 0) {
        size_t size = 0, rest = 0;
        const char *match = stream_group(s, NULL, &size);
        (void)stream_rest(s, &rest);
        if (match == NULL || size == 0 || rest > fed || e->count == EVENTS_MAX)
            abort();
        e->at[e->count++] = (struct event){i, fed - rest, size};
    }
}

static void run(struct pattern **set, const char *text, size_t size, size_t limit, size_t piece,
                struct events *e) {
    e->count = 0;
    struct stream *s = stream_new(piece, limit);
    if (s == NULL || stream_watch(s, set, 2) != 0)
        abort();
    for (size_t done = 0; done < size;) {
        size_t n = piece < size - done ? piece : size - done;
        if (stream_append(s, text + done, n) != 0)
            abort();
        done += n;
        find(s, false, done, e);
    }
    find(s, true, size, e);
    e->exhausted = stream_exhausted(s);
    stream_free(s);
}

static struct pattern *take_pattern(const uint8_t **data, size_t *size) {
    char regex[REGEX_MAX + 1], why[64];
    size_t n = 0;
    while (n < *size && n < REGEX_MAX && (*data)[n] != '\0')
        n++;
    memcpy(regex, *data, n);
    regex[n] = '\0';
    n += n < *size;
    *data += n;
    *size -= n;
    if (strstr(regex, "(*") !=
        NULL) // verbs may limit the steps, and so a match, by the text at hand
        return NULL;
    return pattern_compile(regex, why, sizeof why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct events whole, single, pieces;
    if (size < 4)
        return 0;
    size_t limit = (size_t)data[0] + 1, piece = (size_t)data[1] + 1;
    data += 2;
    size -= 2;
    struct pattern *set[2];
    set[0] = take_pattern(&data, &size);
    set[1] = take_pattern(&data, &size);
    if (size > TEXT_MAX)
        size = TEXT_MAX;
    if (set[0] != NULL || set[1] != NULL) {
        const char *text = (const char *)data;
        run(set, text, size, limit, size + 1, &whole);
        run(set, text, size, limit, 1, &single);
        run(set, text, size, limit, piece, &pieces);
        const bool steady = whole.exhausted + single.exhausted + pieces.exhausted == 0;
        if (steady && (whole.count != single.count || whole.count != pieces.count ||
                       memcmp(whole.at, single.at, whole.count * sizeof *whole.at) != 0 ||
                       memcmp(whole.at, pieces.at, whole.count * sizeof *whole.at) != 0)) {
            for (size_t i = 0; i < 5; i++)
                (void)fprintf(stderr, "%zu: whole %d %zu %zu, single %d %zu %zu\n", i,
                              whole.at[i].pattern, whole.at[i].end, whole.at[i].size,
                              single.at[i].pattern, single.at[i].end, single.at[i].size);
            abort();
        }
    }
    pattern_free(set[0]);
    pattern_free(set[1]);
    return 0;
}
