// The person's terminal while the guest's console is theirs: raw keys in, the console's bytes out,
// the window's size. It is given back as it was, also when a signal ends the program.
#ifndef QEMU_GROW_REPORT_TERMINAL_H
#define QEMU_GROW_REPORT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct terminal;

// Whether standard input and output are a terminal.
bool terminal_is_there(void);

// Takes the terminal in hand, as it is (lines, Ctrl-C is a signal). NULL without one, or without
// memory.
struct terminal *terminal_open(void);
// Gives it back as it was; t may be NULL.
void terminal_close(struct terminal *t);

// Raw: every key comes by itself, Ctrl-C too. False where that is refused.
bool terminal_raw(struct terminal *t);
// As it was.
void terminal_lines(struct terminal *t);

int terminal_fd(const struct terminal *t);      // readable: terminal_read has something
int terminal_news_fd(const struct terminal *t); // readable: call terminal_news

// What has come of SIGWINCH, SIGQUIT, SIGTSTP: true when the window's size may have changed. A stop
// or an end of the program happens in here, with the terminal as it was.
bool terminal_news(struct terminal *t);
// Rows and columns; false where they are not known.
bool terminal_size(const struct terminal *t, unsigned *rows, unsigned *columns);

// Bytes read; 0 when none have come, -1 when the terminal is gone or at its end.
ssize_t terminal_read(struct terminal *t, char *bytes, size_t size);
void terminal_write(struct terminal *t, const void *bytes, size_t size);

#endif
