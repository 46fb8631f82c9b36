// The clean view of a console: raw bytes in, plain text out, kernel lines lifted into a stream of
// their own.
//
// - escape sequences are taken out by a stateful parser (escape.h), whatever the cuts between
// reads;
// - CR* LF, and a CR alone, become one LF; a CR at the beginning of a line, which moves nothing,
//   becomes nothing; other C0 controls but TAB are dropped; so is DEL;
// - a kernel line, `[` blanks digits `.` six digits `] ` ... LF, optionally after a level prefix
//   `<6>`, is lifted out wherever it begins, also within an escape sequence or between CR and LF,
//   and what stands around it heals;
// - what cannot yet be told from the beginning of a kernel line (at most some 24 bytes, twice that
//   where a kernel line may have cut it) is held back until the next byte or view_idle.
// Memory is bounded; the result does not depend on how the bytes were cut into reads.
//
// Three things cannot be told, and the raw transcript has them: text of a program that looks like a
// kernel line (dmesg's output) is lifted as one; a `<6>` at the beginning of a line, that a program
// wrote just before a kernel line, goes with that line; a kernel line without a time stamp
// (printk.time=0) is text.
#ifndef QEMU_GROW_CONSOLE_VIEW_H
#define QEMU_GROW_CONSOLE_VIEW_H

#include <stddef.h>

struct view;

// Called with clean text (any number of bytes), or with pieces of kernel lines, each line ended by
// LF. Both sinks are called in the order of the console's bytes.
typedef void view_sink(void *arg, const char *text, size_t size);

// Returns NULL without memory. arg goes to both sinks.
struct view *view_new(view_sink *text, view_sink *kernel, void *arg);
void view_free(struct view *v);

void view_feed(struct view *v, const char *bytes, size_t size);

// Says that nothing more has come for a while: gives out what is held back as the beginning of a
// possible kernel line (not an unfinished escape sequence). Should it go on as a kernel line after
// all, that line is lifted whole, and only the beginning stays in the text, too.
void view_idle(struct view *v);

#endif
