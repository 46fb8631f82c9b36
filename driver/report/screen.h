// The terminal: is it one, how wide is it, and the one line on it that is drawn again and again.
#ifndef QEMU_GROW_REPORT_SCREEN_H
#define QEMU_GROW_REPORT_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

// Whether file is a terminal on which a line can be drawn again (not one with TERM=dumb).
bool screen_is_live(FILE *file);

// The width of file's terminal in columns; 80 if it cannot be told.
unsigned screen_columns(FILE *file);

// Whether the locale's character encoding is UTF-8 (setlocale is main's).
bool screen_is_utf8(void);

// Draws text over the line that the cursor is in and leaves the cursor behind it. Flushes.
void screen_redraw(FILE *file, const char *text);

// Empties the line that the cursor is in. Flushes.
void screen_clear_line(FILE *file);

#endif
