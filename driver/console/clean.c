// Takes escape sequences out of text, makes line ends one LF, and lifts traces of `sh -x`.
#include "console/clean.h"

#include <string.h>

void out_flush(struct out *o) {
    const size_t size = o->size;
    o->size = 0;
    if (size > 0)
        o->sink(o->arg, o->bytes, size);
}

void out_to(struct out *o, view_sink *sink) {
    if (o->sink != sink) {
        out_flush(o);
        o->sink = sink;
    }
}

void out_bytes(struct out *o, const char *bytes, size_t size) {
    while (size > 0) {
        if (o->size == OUT_SIZE)
            out_flush(o);
        const size_t n = OUT_SIZE - o->size < size ? OUT_SIZE - o->size : size;
        memcpy(o->bytes + o->size, bytes, n);
        o->size += n;
        bytes += n;
        size -= n;
    }
}

// Gives a trace's line out in one piece, since a kernel line may have come in its middle.
static void trace_end(struct clean *c, struct out *o) {
    out_to(o, o->kernel);
    out_bytes(o, c->trace, c->trace_size);
    out_bytes(o, "\n", 1);
    out_to(o, o->text);
    c->trace_size = 0;
}

static void trace_bytes(struct clean *c, struct out *o, const char *bytes, size_t size) {
    while (size > 0) {
        if (c->trace_size == TRACE_MAX) {
            trace_end(c, o);
            c->trace[c->trace_size++] = '+';
        }
        const size_t n = TRACE_MAX - c->trace_size < size ? TRACE_MAX - c->trace_size : size;
        memcpy(c->trace + c->trace_size, bytes, n);
        c->trace_size += n;
        bytes += n;
        size -= n;
    }
}

void clean_idle(struct clean *c, struct out *o) {
    if (c->plus)
        out_bytes(o, "+", 1);
    c->plus = false;
}

void clean_end(struct clean *c, struct out *o) {
    clean_idle(c, o);
    if (c->trace_size > 0)
        trace_end(c, o);
}

void clean_text(struct clean *c, struct out *o, const char *bytes, size_t size) {
    if (c->traces && size > 0) {
        if (c->plus && *bytes == ' ') {
            c->plus = false;
            c->trace[c->trace_size++] = '+';
        } else if (c->at_bol && *bytes == '+') {
            c->plus = true;
            c->at_bol = c->after_cr = false;
            clean_text(c, o, bytes + 1, size - 1);
            return;
        }
        clean_idle(c, o);
    }
    if (size > 0)
        c->at_bol = c->after_cr = false;
    if (c->trace_size > 0)
        trace_bytes(c, o, bytes, size);
    else
        out_bytes(o, bytes, size);
}

static void line_end(struct clean *c, struct out *o) {
    clean_idle(c, o);
    if (c->trace_size > 0)
        trace_end(c, o);
    else
        out_bytes(o, "\n", 1);
}

// A CR is told at once, as LF; a LF after it no more. A CR at the beginning of a line moves
// nothing, and is told only if a LF follows.
static void control(struct clean *c, struct out *o, char byte) {
    switch (byte) {
    case '\r':
        if (!c->after_cr) {
            c->after_cr = true;
            c->cr_told = !c->at_bol;
            if (c->cr_told)
                line_end(c, o);
            c->at_bol = true;
        }
        break;
    case '\n':
        if (!c->after_cr || !c->cr_told)
            line_end(c, o);
        c->at_bol = true;
        c->after_cr = false;
        break;
    case '\t':
        clean_text(c, o, "\t", 1);
        break;
    default:
        break;
    }
}

// ESC [ 6 n, ECMA-48's device status report: where is the cursor?
static void note_question(struct clean *c, char byte) {
    static const char question[] = "\x1b[6n";
    if (byte != question[c->asking])
        c->asking = 0;
    if (byte == question[c->asking] && ++c->asking == sizeof question - 1) {
        c->asked = true;
        c->asking = 0;
    }
}

void clean_byte(struct clean *c, struct out *o, char byte) {
    if (!escape_inside(&c->escape) && (byte == '\r' || byte == '\n')) { // the most frequent ones
        control(c, o, byte);
        return;
    }
    switch (escape_step(&c->escape, (unsigned char)byte)) {
    case ESCAPE_TEXT:
        clean_text(c, o, &byte, 1);
        break;
    case ESCAPE_CONTROL:
        control(c, o, byte);
        break;
    case ESCAPE_PART:
        note_question(c, byte);
        break;
    }
}
