// Un-mixes kernel lines from the console's bytes, then takes escape sequences out of both.
//
// Un-mixing comes first, on raw bytes, since the kernel may print between any two of them: also
// within an escape sequence or between CR and LF. A kernel line is written in one piece, so what
// stands before it and after it belongs together.
#include "console/view.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "console/escape.h"

// ---- The head of a kernel line: `<6>` perhaps, `[%5lu.%06lu] `.

enum head_state {
    HEAD_NONE, // this byte cannot come here
    HEAD_START,
    LEVEL_0, // after `<` and so many digits
    LEVEL_1,
    LEVEL_2,
    LEVEL_3,
    LEVEL_END,
    OPEN,
    BLANK_1, // after so many blanks
    BLANK_2,
    BLANK_3,
    BLANK_4,
    NEED_3, // after blanks and digits, and so many more digits make a width of five
    NEED_2,
    NEED_1,
    NEED_0,
    DIGIT_1, // after so many digits and no blank
    DIGIT_2,
    DIGIT_3,
    DIGIT_4,
    DIGIT_5,
    DIGIT_6,
    DIGIT_7,
    DIGIT_8,
    DIGIT_9,
    DIGIT_10,
    DIGIT_11, // 2^64 nanoseconds are eleven digits of seconds
    MICRO_0,  // after the point and so many digits
    MICRO_1,
    MICRO_2,
    MICRO_3,
    MICRO_4,
    MICRO_5,
    MICRO_6,
    CLOSED,
    HEAD_DONE, // a kernel line has begun
    HEAD_STATES
};

enum { HEAD_MAX = 5 + 1 + 11 + 1 + 6 + 2 }; // bytes of the longest head

// Where each kind of byte leads from each state. Zero is HEAD_NONE.
struct head_row {
    unsigned char less, more, open, close, blank, point, digit;
};

static const struct head_row head_rows[HEAD_STATES] = {
    [HEAD_START] = {.less = LEVEL_0, .open = OPEN},
    [LEVEL_0] = {.digit = LEVEL_1},
    [LEVEL_1] = {.digit = LEVEL_2, .more = LEVEL_END},
    [LEVEL_2] = {.digit = LEVEL_3, .more = LEVEL_END},
    [LEVEL_3] = {.more = LEVEL_END},
    [LEVEL_END] = {.open = OPEN},
    [OPEN] = {.blank = BLANK_1, .digit = DIGIT_1},
    [BLANK_1] = {.blank = BLANK_2, .digit = NEED_3},
    [BLANK_2] = {.blank = BLANK_3, .digit = NEED_2},
    [BLANK_3] = {.blank = BLANK_4, .digit = NEED_1},
    [BLANK_4] = {.digit = NEED_0},
    [NEED_3] = {.digit = NEED_2},
    [NEED_2] = {.digit = NEED_1},
    [NEED_1] = {.digit = NEED_0},
    [NEED_0] = {.point = MICRO_0},
    [DIGIT_1] = {.digit = DIGIT_2},
    [DIGIT_2] = {.digit = DIGIT_3},
    [DIGIT_3] = {.digit = DIGIT_4},
    [DIGIT_4] = {.digit = DIGIT_5},
    [DIGIT_5] = {.digit = DIGIT_6, .point = MICRO_0},
    [DIGIT_6] = {.digit = DIGIT_7, .point = MICRO_0},
    [DIGIT_7] = {.digit = DIGIT_8, .point = MICRO_0},
    [DIGIT_8] = {.digit = DIGIT_9, .point = MICRO_0},
    [DIGIT_9] = {.digit = DIGIT_10, .point = MICRO_0},
    [DIGIT_10] = {.digit = DIGIT_11, .point = MICRO_0},
    [DIGIT_11] = {.point = MICRO_0},
    [MICRO_0] = {.digit = MICRO_1},
    [MICRO_1] = {.digit = MICRO_2},
    [MICRO_2] = {.digit = MICRO_3},
    [MICRO_3] = {.digit = MICRO_4},
    [MICRO_4] = {.digit = MICRO_5},
    [MICRO_5] = {.digit = MICRO_6},
    [MICRO_6] = {.close = CLOSED},
    [CLOSED] = {.blank = HEAD_DONE},
};

static unsigned char head_next(unsigned char state, char byte) {
    const struct head_row *row = &head_rows[state];
    switch (byte) {
    case '<':
        return row->less;
    case '>':
        return row->more;
    case '[':
        return row->open;
    case ']':
        return row->close;
    case ' ':
        return row->blank;
    case '.':
        return row->point;
    default:
        return byte >= '0' && byte <= '9' ? row->digit : HEAD_NONE;
    }
}

// Bytes that may be the beginning of a kernel line, and are held back.
struct candidate {
    unsigned char state; // of enum head_state
    unsigned char len;
    unsigned char shown; // so many of them have been given out, by view_idle
    char bytes[HEAD_MAX];
};

// ---- The view.

enum { OUT_SIZE = 4096 };

struct view {
    view_sink *text, *kernel;
    void *arg;

    // Un-mixing. `inner` is a candidate that began within `outer`: when it turns out to be a kernel
    // line, outer goes on after it. Not more than two: the kernel's own line is in one piece.
    struct candidate outer, inner;
    bool in_kernel; // within a kernel line, after its head

    // Cleaning.
    struct escape text_escape, kernel_escape;
    bool at_bol;   // the last text given out was a LF, or there was none
    bool after_cr; // a CR has come, and no text since
    bool cr_told;  // that CR has been given out as LF

    // Clean bytes on their way to one sink.
    view_sink *out_sink;
    size_t out_len;
    char out[OUT_SIZE];
};

struct view *view_new(view_sink *text, view_sink *kernel, void *arg) {
    struct view *v = calloc(1, sizeof *v);
    if (v == NULL)
        return NULL;
    v->text = text;
    v->kernel = kernel;
    v->arg = arg;
    v->out_sink = text;
    v->at_bol = true;
    return v;
}

void view_free(struct view *v) {
    free(v);
}

static void out_flush(struct view *v) {
    size_t len = v->out_len;
    v->out_len = 0;
    if (len > 0)
        v->out_sink(v->arg, v->out, len);
}

static void out_to(struct view *v, view_sink *sink) {
    if (v->out_sink != sink) {
        out_flush(v);
        v->out_sink = sink;
    }
}

static void out_bytes(struct view *v, const char *bytes, size_t size) {
    while (size > 0) {
        if (v->out_len == OUT_SIZE)
            out_flush(v);
        size_t n = OUT_SIZE - v->out_len < size ? OUT_SIZE - v->out_len : size;
        memcpy(v->out + v->out_len, bytes, n);
        v->out_len += n;
        bytes += n;
        size -= n;
    }
}

static void out_byte(struct view *v, char byte) {
    out_bytes(v, &byte, 1);
}

// A CR is told at once, as LF; a LF after it no more. A CR at the beginning of a line moves
// nothing, and is told only if a LF follows.
static void text_control(struct view *v, char byte) {
    switch (byte) {
    case '\r':
        if (!v->after_cr) {
            v->after_cr = true;
            v->cr_told = !v->at_bol;
            if (v->cr_told)
                out_byte(v, '\n');
            v->at_bol = true;
        }
        break;
    case '\n':
        if (!v->after_cr || !v->cr_told)
            out_byte(v, '\n');
        v->at_bol = true;
        v->after_cr = false;
        break;
    case '\t':
        out_byte(v, '\t');
        v->at_bol = v->after_cr = false;
        break;
    default:
        break;
    }
}

static void text_byte(struct view *v, char byte) {
    switch (escape_step(&v->text_escape, (unsigned char)byte)) {
    case ESCAPE_TEXT:
        out_byte(v, byte);
        v->at_bol = v->after_cr = false;
        break;
    case ESCAPE_CONTROL:
        text_control(v, byte);
        break;
    case ESCAPE_PART:
        break;
    }
}

static void kernel_byte(struct view *v, char byte) {
    enum escape_kind kind = escape_step(&v->kernel_escape, (unsigned char)byte);
    if (byte == '\n') {
        out_byte(v, '\n');
        v->kernel_escape = (struct escape){0};
        v->in_kernel = false;
        out_to(v, v->text);
    } else if (kind == ESCAPE_TEXT || (kind == ESCAPE_CONTROL && byte == '\t'))
        out_byte(v, byte);
}

static void candidate_start(struct candidate *c, char byte) {
    c->state = head_next(HEAD_START, byte);
    c->len = 1;
    c->shown = 0;
    c->bytes[0] = byte;
}

// Gives out as text what has not been given out yet.
static void candidate_show(struct view *v, struct candidate *c) {
    for (; c->shown < c->len; c->shown++)
        text_byte(v, c->bytes[c->shown]);
}

// The candidate is text after all.
static void candidate_drop(struct view *v, struct candidate *c) {
    candidate_show(v, c);
    c->len = c->shown = 0;
}

// The candidate and this last byte are the head of a kernel line.
static void candidate_accept(struct view *v, struct candidate *c, char last) {
    out_to(v, v->kernel);
    out_bytes(v, c->bytes, c->len);
    out_byte(v, last);
    c->len = c->shown = 0;
    v->in_kernel = true;
}

// Levels stand at the beginning of a line only: `dmesg -r` writes them, the kernel does not.
static bool starts_candidate(const struct view *v, char byte) {
    return byte == '[' ||
           (byte == '<' && v->at_bol && v->outer.len == 0 && !escape_inside(&v->text_escape));
}

// One byte that is not within a kernel line.
static void unmix_byte(struct view *v, char byte) {
    struct candidate *c = v->inner.len > 0 ? &v->inner : &v->outer;
    if (c->len > 0) {
        unsigned char next = head_next(c->state, byte);
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
            if (c == &v->inner) { // so that is text, and what it had cut is text, too
                candidate_drop(v, &v->outer);
                v->outer = v->inner;
            }
            candidate_start(&v->inner, byte);
            return;
        }
        candidate_drop(v, &v->outer);
        candidate_drop(v, &v->inner);
    } else if (starts_candidate(v, byte)) {
        candidate_start(&v->outer, byte);
        return;
    }
    text_byte(v, byte);
}

// Whether a byte is text, if not within an escape sequence or a candidate.
static bool is_plain(char byte) {
    unsigned char b = (unsigned char)byte;
    return b >= 0x20 && b != 0x7f && byte != '[' && byte != '<';
}

// How many plain bytes there are at the beginning.
static size_t plain_run(const char *bytes, size_t size) {
    size_t n = 0;
    while (n < size && is_plain(bytes[n]))
        n++;
    return n;
}

void view_feed(struct view *v, const char *bytes, size_t size) {
    while (size > 0) {
        size_t n = 0;
        if (v->in_kernel ? !escape_inside(&v->kernel_escape)
                         : v->outer.len == 0 && !escape_inside(&v->text_escape))
            n = plain_run(bytes, size);
        if (n > 0) {
            out_bytes(v, bytes, n);
            if (!v->in_kernel)
                v->at_bol = v->after_cr = false;
        } else {
            n = 1;
            if (v->in_kernel)
                kernel_byte(v, *bytes);
            else
                unmix_byte(v, *bytes);
        }
        bytes += n;
        size -= n;
    }
    out_flush(v);
}

void view_idle(struct view *v) {
    out_to(v, v->text); // also within a kernel line, which may have cut a candidate
    candidate_show(v, &v->outer);
    candidate_show(v, &v->inner);
    out_to(v, v->in_kernel ? v->kernel : v->text);
    out_flush(v);
}
