// Any bytes, in any pieces, with silences: the view gives out what it gave for the same bytes in
// one piece, no escape byte and no CR ever, and no more than it got.
//
// Input: pairs of a length byte and so many bytes; a length of 255 is a silence. A first byte of
// 254 stands alone and says that traces are lifted.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "console/view.h"

struct trace {
    char *bytes, *sinks;
    size_t size, room;
};

static void add(struct trace *t, char sink, const char *bytes, size_t size) {
    if (size == 0 || size > t->room - t->size)
        abort();
    for (size_t i = 0; i < size; i++) {
        unsigned char b = (unsigned char)bytes[i];
        if ((b < 0x20 && b != '\n' && b != '\t') || b == 0x7f)
            abort();
    }
    memcpy(t->bytes + t->size, bytes, size);
    memset(t->sinks + t->size, sink, size);
    t->size += size;
}

static void on_text(void *arg, const char *text, size_t size) {
    add(arg, 't', text, size);
}

static void on_kernel(void *arg, const char *text, size_t size) {
    add(arg, 'k', text, size);
}

static void trace_make(struct trace *t, size_t room) {
    *t = (struct trace){malloc(room), malloc(room), 0, room};
    if (t->bytes == NULL || t->sinks == NULL)
        abort();
}

static void trace_free(struct trace *t) {
    free(t->bytes);
    free(t->sinks);
}

// The next piece of the input; false at the end. A silence has size 255 and no bytes.
static bool next_piece(const uint8_t **data, size_t *size, const char **piece, size_t *piece_size) {
    if (*size == 0)
        return false;
    *piece_size = **data;
    *data += 1;
    *size -= 1;
    *piece = (const char *)*data;
    if (*piece_size == 255)
        return true;
    if (*piece_size > *size)
        *piece_size = *size;
    *data += *piece_size;
    *size -= *piece_size;
    return true;
}

// Feeds the pieces, each as it is or byte by byte.
static void run(struct trace *t, const uint8_t *data, size_t size, bool single, bool silences,
                bool traces) {
    struct view *v = view_new(on_text, on_kernel, t);
    if (v == NULL)
        abort();
    view_traces(v, traces);
    const char *piece;
    size_t n;
    while (next_piece(&data, &size, &piece, &n)) {
        if (n == 255) {
            if (silences)
                view_idle(v);
            continue;
        }
        for (size_t i = 0; single && i < n; i++)
            view_feed(v, piece + i, 1);
        if (!single)
            view_feed(v, piece, n);
    }
    view_end(v);
    view_free(v);
}

static bool equal(const struct trace *a, const struct trace *b) {
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0 &&
           memcmp(a->sinks, b->sinks, a->size) == 0;
}

// Leaves the kernel lines, without their levels: a silence may repeat text, and then what follows
// is not the beginning of a line.
static void lifted_only(struct trace *t) {
    size_t kept = 0;
    bool bol = true;
    for (size_t i = 0; i < t->size; i++) {
        if (t->sinks[i] != 'k')
            continue;
        if (bol && t->bytes[i] == '<')
            while (t->bytes[i] != '[')
                i++;
        bol = t->bytes[i] == '\n';
        t->bytes[kept] = t->bytes[i];
        t->sinks[kept++] = 'k';
    }
    t->size = kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct trace pieces, single, quiet, whole;
    const bool traces = size > 0 && *data == 254;
    data += traces;
    size -= traces;
    // A head that was given out in a silence may be given out again as a kernel line's.
    trace_make(&pieces, 3 * size + 64);
    trace_make(&single, 3 * size + 64);
    trace_make(&quiet, 2 * size + 64);
    trace_make(&whole, 2 * size + 64);
    run(&pieces, data, size, false, true, traces);
    run(&single, data, size, true, true, traces);
    run(&quiet, data, size, true, false, traces);

    char *bytes = malloc(size + 1);
    if (bytes == NULL)
        abort();
    size_t all = 0, left = size, n = 0;
    const uint8_t *from = data;
    const char *piece;
    while (next_piece(&from, &left, &piece, &n))
        if (n != 255) {
            memcpy(bytes + all, piece, n);
            all += n;
        }
    struct view *v = view_new(on_text, on_kernel, &whole);
    if (v == NULL)
        abort();
    view_traces(v, traces);
    view_feed(v, bytes, all);
    view_end(v);
    view_free(v);

    if (!equal(&pieces, &single) || !equal(&quiet, &whole))
        abort();
    if (!traces) { // a silence makes a `+` text
        lifted_only(&pieces);
        lifted_only(&whole);
        if (!equal(&pieces, &whole))
            abort();
    }
    free(bytes);
    trace_free(&pieces);
    trace_free(&single);
    trace_free(&quiet);
    trace_free(&whole);
    return 0;
}
