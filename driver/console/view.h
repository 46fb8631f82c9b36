// The clean view of a console: raw bytes in, plain text out, kernel lines lifted into a stream of
// their own.
//
// - escape sequences are taken out by a stateful parser (escape.h), whatever the cuts between
// reads;
// - CR* LF, and a CR alone, become one LF; a CR at the beginning of a line, which moves nothing,
//   becomes nothing; other C0 controls but TAB are dropped; so is DEL;
// - a kernel line, `[` blanks digits `.` six digits `] ` ... LF, optionally after a level prefix
//   `<6>`, optionally with a caller `[    T1]` behind the stamp, is lifted out wherever it begins,
//   also within an escape sequence or between CR and LF, and what stands around it heals; there may
//   be any number of them in a row, of any length, cut anywhere;
// - with view_traces, so is a line that begins with `+ ` (what `sh -x` says); a kernel line may
//   have come in its middle, and stays a line of its own;
// - what cannot yet be told from the beginning of a kernel line (at most HEAD_MAX bytes, twice that
//   where a kernel line may have cut it) is held back until the next byte or view_idle.
// Memory is bounded; the result does not depend on how the bytes were cut into reads.
//
// What cannot be told; the raw transcript has it all:
// - text of a program that looks like a kernel line (dmesg's output) is lifted as one, and a kernel
//   line in its middle becomes its end;
// - a `<6>` at the beginning of a line, that a program wrote just before a kernel line, goes with
//   that line; elsewhere a level is text;
// - a kernel line without a time stamp (printk.time=0, `** 5 printk messages dropped **`) is text;
// - a kernel line within another (a panic that takes the console over) is part of it.
#ifndef QEMU_GROW_CONSOLE_VIEW_H
#define QEMU_GROW_CONSOLE_VIEW_H

#include <stdbool.h>
#include <stddef.h>

struct view;

// Called with clean text (any number of bytes), or with pieces of kernel lines, each line ended by
// LF. Both sinks are called in the order of the console's bytes.
typedef void view_sink(void *arg, const char *text, size_t size);

// Returns NULL without memory. arg goes to both sinks.
struct view *view_new(view_sink *text, view_sink *kernel, void *arg);
void view_free(struct view *v);

// Whether lines that begin with `+ ` are lifted from now on; at first they are not.
void view_traces(struct view *v, bool lift);

void view_feed(struct view *v, const char *bytes, size_t size);

// Whether the terminal has been asked where its cursor is (ESC [ 6 n) since this was called last.
bool view_asked(struct view *v);

// Says that nothing more has come for a while: gives out what is held back as the beginning of a
// possible kernel line (not an unfinished escape sequence). Should it go on as a kernel line after
// all, that line is lifted whole, and only the beginning stays in the text, too.
void view_idle(struct view *v);

// Says that nothing more will come: what is held back is given out, and a kernel line that has no
// LF yet gets one.
void view_end(struct view *v);

#endif
