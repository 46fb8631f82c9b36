// The clean view of a console: raw bytes in, plain text out, kernel lines lifted into a stream of their own.
//
// - escape sequences are taken out by a stateful parser (ECMA-48 CSI, OSC, DCS/SOS/PM/APC strings, two-byte
//   ESC sequences incl. charset designations), whatever the cuts between reads;
// - CR* LF, and a CR alone, become one LF; other C0 controls but TAB are dropped; so is DEL;
// - a kernel line, `[` blanks digits `.` six digits `] ` ... LF, optionally after a level prefix `<6>`, is lifted
//   out wherever it begins, and the text around it heals;
// - what cannot yet be told from the beginning of a kernel line (at most some 24 bytes) is held back until the
//   next byte or view_idle.
// Memory is bounded; the result does not depend on how the bytes were cut into reads.
#ifndef QEMU_GROW_CONSOLE_VIEW_H
#define QEMU_GROW_CONSOLE_VIEW_H

#include <stddef.h>

struct view;

// Called with clean text (any number of bytes), or with a piece of a kernel line; a kernel line's last piece ends in LF.
typedef void view_sink(void *arg, const char *text, size_t size);

// Returns NULL without memory. arg goes to both sinks.
struct view *view_new(view_sink *text, view_sink *kernel, void *arg);
void view_free(struct view *v);

void view_feed(struct view *v, const char *bytes, size_t size);

// Says that nothing more has come for a while: gives out what is held back as the beginning of a
// possible kernel line (not an unfinished escape sequence).
void view_idle(struct view *v);

#endif
