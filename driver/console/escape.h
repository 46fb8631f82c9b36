// Tells text from terminal escape sequences, byte by byte.
//
// Knows the shapes of ECMA-48: CSI sequences, control strings (OSC, DCS, SOS, PM, APC) and ESC
// sequences of two or more bytes, and nothing of what they mean. Bytes from 0x80 on are text
// (UTF-8), never C1 controls. C0 controls within a sequence take effect, as on a terminal; CAN and
// SUB end a sequence; a control string does not outlive its line, so that a stray `ESC ]` cannot
// swallow the rest of the console.
#ifndef QEMU_GROW_CONSOLE_ESCAPE_H
#define QEMU_GROW_CONSOLE_ESCAPE_H

#include <stdbool.h>

// What a byte is.
enum escape_kind {
    ESCAPE_TEXT,    // text, to be shown
    ESCAPE_CONTROL, // a C0 control or DEL that is no part of a sequence; the caller knows what it
                    // does
    ESCAPE_PART     // part of a sequence, to be left out
};

// The parser. All zero is its state at the beginning; a plain value, to be copied at will.
struct escape {
    unsigned char state;
};

// Takes the next byte.
enum escape_kind escape_step(struct escape *e, unsigned char byte);

// Whether a sequence has begun that is not finished.
static inline bool escape_inside(const struct escape *e) {
    return e->state != 0;
}

#endif
