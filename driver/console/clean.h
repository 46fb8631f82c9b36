// What view.c is made of besides un-mixing: bytes on their way to the sinks, and text without
// escape sequences, CRs and traces. For no other file.
#ifndef QEMU_GROW_CONSOLE_CLEAN_H
#define QEMU_GROW_CONSOLE_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

#include "console/escape.h"
#include "console/view.h"

enum {
    OUT_SIZE = 8192,
    TRACE_MAX = 1024, // bytes of a trace's line; a longer one is told in pieces
};

// Clean bytes, gathered for one sink at a time.
struct out {
    view_sink *text, *kernel;
    void *arg;
    view_sink *sink; // that of the bytes below
    size_t size;
    char bytes[OUT_SIZE];
};

void out_flush(struct out *o);
// What comes from now on goes to this sink.
void out_to(struct out *o, view_sink *sink);
void out_bytes(struct out *o, const char *bytes, size_t size);

// Text on its way to the sink for text; the sink of o is that one.
struct clean {
    struct escape escape;
    bool at_bol;   // the last text given out was a LF, or there was none
    bool after_cr; // a CR has come, and no text since
    bool cr_told;  // that CR has been given out as LF
    bool traces;   // lines that begin with `+ ` go to the kernel's sink
    bool plus;     // a `+` at the beginning of a line has come, and is held back
    bool asked;    // the terminal has been asked where the cursor is
    size_t asking; // bytes of such a question that have come
    size_t trace_size;
    char trace[TRACE_MAX]; // such a line, up to now
};

// Takes bytes that are neither C0 controls nor DEL, while no escape sequence is open.
void clean_text(struct clean *c, struct out *o, const char *bytes, size_t size);
// Takes any byte.
void clean_byte(struct clean *c, struct out *o, char byte);
// Gives out a `+` that is held back.
void clean_idle(struct clean *c, struct out *o);
// Ends a trace's line that has no LF.
void clean_end(struct clean *c, struct out *o);

#endif
