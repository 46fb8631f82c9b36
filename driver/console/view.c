// Un-mixes kernel lines from the console's bytes, then cleans both.
//
// Un-mixing comes first, on raw bytes, since the kernel may print between any two of them: also
// within an escape sequence or between CR and LF. A kernel line is written in one piece, so what
// stands before it and after it belongs together.
#include "console/view.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "console/clean.h"
#include "console/escape.h"
#include "console/head.h"

// Bytes that may be the beginning of a kernel line, and are held back.
struct candidate {
    unsigned char state; // of head.h
    unsigned char len;
    unsigned char shown; // so many of them have been given out, by view_idle
    char bytes[HEAD_MAX];
};

struct view {
    // `inner` is a candidate that began within `outer`: when it turns out to be a kernel line,
    // outer goes on after it. Not more than two: the kernel's own line is in one piece.
    struct candidate outer, inner;
    bool in_kernel;              // within a kernel line, after its head
    struct escape kernel_escape; // of that line
    struct clean clean;          // of the text
    struct out out;
};

struct view *view_new(view_sink *text, view_sink *kernel, void *arg) {
    struct view *v = calloc(1, sizeof *v);
    if (v == NULL)
        return NULL;
    v->out.text = v->out.sink = text;
    v->out.kernel = kernel;
    v->out.arg = arg;
    v->clean.at_bol = true;
    return v;
}

void view_free(struct view *v) {
    free(v);
}

void view_traces(struct view *v, bool lift) {
    v->clean.traces = lift;
}

bool view_asked(struct view *v) {
    const bool asked = v->clean.asked;
    v->clean.asked = false;
    return asked;
}

// ---- Un-mixing, byte by byte: what has to do with candidates.

static void kernel_begin(struct view *v, const char *head, size_t size) {
    out_to(&v->out, v->out.kernel);
    out_bytes(&v->out, head, size);
    v->in_kernel = true;
}

static void kernel_end(struct view *v) {
    out_bytes(&v->out, "\n", 1);
    v->kernel_escape = (struct escape){0};
    v->in_kernel = false;
    out_to(&v->out, v->out.text);
}

static void kernel_byte(struct view *v, char byte) {
    const enum escape_kind kind = escape_step(&v->kernel_escape, (unsigned char)byte);
    if (byte == '\n')
        kernel_end(v);
    else if (kind == ESCAPE_TEXT || (kind == ESCAPE_CONTROL && byte == '\t'))
        out_bytes(&v->out, &byte, 1);
}

static void candidate_start(struct candidate *c, char byte) {
    c->state = head_step(HEAD_START, byte);
    c->len = 1;
    c->shown = 0;
    c->bytes[0] = byte;
}

// Gives out as text what has not been given out yet.
static void candidate_show(struct view *v, struct candidate *c) {
    for (; c->shown < c->len; c->shown++)
        clean_byte(&v->clean, &v->out, c->bytes[c->shown]);
}

// The candidate is text after all.
static void candidate_drop(struct view *v, struct candidate *c) {
    candidate_show(v, c);
    c->len = c->shown = 0;
}

// The candidate and this last byte are the head of a kernel line.
static void candidate_accept(struct view *v, struct candidate *c, char last) {
    kernel_begin(v, c->bytes, c->len);
    out_bytes(&v->out, &last, 1);
    c->len = c->shown = 0;
}

// Only one can be the beginning of the text that was cut: the other is text.
static void drop_outer(struct view *v) {
    candidate_drop(v, &v->outer);
    v->outer = v->inner;
    v->inner.len = 0;
}

// What seemed to be a caller is the beginning of another head: cuts that off as a candidate of its
// own. Only `[` and blanks are left of it, so it is as long as its state says.
static bool candidate_split(struct view *v, struct candidate *c) {
    const unsigned char second = head_second(c->state);
    if (second == HEAD_NONE)
        return false;
    if (c == &v->inner)
        drop_outer(v);
    struct candidate *o = &v->outer;
    struct candidate *i = &v->inner;
    const char *open = memrchr(o->bytes, '[', o->len);
    const unsigned char first = (unsigned char)(open - o->bytes);
    i->len = (unsigned char)(o->len - first);
    memcpy(i->bytes, open, i->len);
    i->shown = (unsigned char)(o->shown > first ? o->shown - first : 0);
    i->state = second;
    o->len = first;
    o->shown = o->shown > first ? first : o->shown;
    o->state = head_stamp();
    return true;
}

// Levels stand at the beginning of a line only: `dmesg -r` writes them, the kernel does not.
static bool starts_candidate(const struct view *v, char byte) {
    return byte == '[' || (byte == '<' && v->clean.at_bol && v->outer.len == 0 &&
                           !escape_inside(&v->clean.escape));
}

// One byte that is not within a kernel line.
static void unmix_byte(struct view *v, char byte) {
    struct candidate *c = v->inner.len > 0 ? &v->inner : &v->outer;
    if (c->len > 0) {
        unsigned char next = head_step(c->state, byte);
        if (next == HEAD_NONE && candidate_split(v, c)) {
            c = &v->inner;
            next = head_step(c->state, byte);
        }
        if (next == HEAD_DONE) {
            candidate_accept(v, c, byte);
            return;
        }
        if (next != HEAD_NONE) {
            c->state = next;
            c->bytes[c->len++] = byte;
            return;
        }
        if (starts_candidate(v, byte)) {
            if (c == &v->inner) // so that is text, and what it had cut is text, too
                drop_outer(v);
            candidate_start(&v->inner, byte);
            return;
        }
        candidate_drop(v, &v->outer);
        candidate_drop(v, &v->inner);
    } else if (starts_candidate(v, byte)) {
        candidate_start(&v->outer, byte);
        return;
    }
    clean_byte(&v->clean, &v->out, byte);
}

// ---- Runs of bytes.

enum { WORD = sizeof(uint64_t) };
static const uint64_t ONES = 0x0101010101010101U, HIGHS = 0x8080808080808080U;

// Whether one of the bytes in w is a C0 control, DEL, or the byte in `stop` (eight times over).
static bool has_special(uint64_t w, uint64_t stop) {
    const uint64_t del = w ^ (ONES * 0x7f);
    const uint64_t at_stop = w ^ stop;
    const uint64_t found =
        ((w - ONES * 0x20) & ~w) | ((del - ONES) & ~del) | ((at_stop - ONES) & ~at_stop);
    return (found & HIGHS) != 0;
}

// How many bytes at the beginning are neither C0 controls nor DEL nor `stop`.
static size_t plain_run(const char *bytes, size_t size, char stop) {
    const uint64_t stops = ONES * (unsigned char)stop;
    size_t n = 0;
    for (uint64_t w; n + WORD <= size; n += WORD) {
        memcpy(&w, bytes + n, WORD);
        if (has_special(w, stops))
            break;
    }
    while (n < size && (unsigned char)bytes[n] >= 0x20 && bytes[n] != 0x7f && bytes[n] != stop)
        n++;
    return n;
}

// At a `[`: takes the whole head of a kernel line, or what cannot be one. Returns how many bytes;
// 0 where that cannot be told here.
static size_t take_bracket(struct view *v, const char *bytes, size_t size) {
    unsigned char state = head_step(HEAD_START, '[');
    for (size_t n = 1; n < size; n++) {
        const unsigned char next = head_step(state, bytes[n]);
        if (next == HEAD_DONE) {
            kernel_begin(v, bytes, n + 1);
            return n + 1;
        }
        if (next == HEAD_NONE) {
            if (bytes[n] == '[' || head_second(state) != HEAD_NONE)
                return 0; // another head may begin in this one
            clean_text(&v->clean, &v->out, bytes, n);
            return n;
        }
        state = next;
    }
    return 0;
}

// Takes some bytes, at least one. Returns how many.
static size_t take_text(struct view *v, const char *bytes, size_t size) {
    size_t n = 0;
    if (v->outer.len == 0 && !escape_inside(&v->clean.escape)) {
        if (!v->clean.at_bol || *bytes != '<')
            n = plain_run(bytes, size, '[');
        if (n > 0)
            clean_text(&v->clean, &v->out, bytes, n);
        else if (*bytes == '[')
            n = take_bracket(v, bytes, size);
    }
    if (n == 0) {
        unmix_byte(v, *bytes);
        n = 1;
    }
    return n;
}

static size_t take_kernel(struct view *v, const char *bytes, size_t size) {
    size_t n = escape_inside(&v->kernel_escape) ? 0 : plain_run(bytes, size, '\n');
    out_bytes(&v->out, bytes, n);
    if (n < size)
        kernel_byte(v, bytes[n++]);
    return n;
}

void view_feed(struct view *v, const char *bytes, size_t size) {
    while (size > 0) {
        const size_t n = v->in_kernel ? take_kernel(v, bytes, size) : take_text(v, bytes, size);
        bytes += n;
        size -= n;
    }
    out_flush(&v->out);
}

void view_idle(struct view *v) {
    out_to(&v->out, v->out.text); // also within a kernel line, which may have cut a candidate
    candidate_show(v, &v->outer);
    candidate_show(v, &v->inner);
    clean_idle(&v->clean, &v->out);
    out_to(&v->out, v->in_kernel ? v->out.kernel : v->out.text);
    out_flush(&v->out);
}

void view_end(struct view *v) {
    view_idle(v);
    if (v->in_kernel)
        kernel_end(v);
    clean_end(&v->clean, &v->out);
    out_flush(&v->out);
}
