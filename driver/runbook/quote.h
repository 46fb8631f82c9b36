// Texts of any origin (a disk's path, say) quoted for a shell, for Markdown and for Tcl.
#ifndef QEMU_GROW_RUNBOOK_QUOTE_H
#define QEMU_GROW_RUNBOOK_QUOTE_H

#include <stdio.h>

// One word for a shell. Plain where it can be; in '...'; with control characters or bytes that are
// no UTF-8 in $'...', which bash, zsh, ksh and busybox' ash know. The output is printable.
void quote_shell(FILE *out, const char *text);

// A command: its words, separated by blanks.
void quote_shell_argv(FILE *out, char *const *argv);

// Text within a paragraph of Markdown, none of it markup; control characters visible.
void quote_markdown(FILE *out, const char *text);

// A code span that holds the text; control characters visible. Nothing for an empty text.
void quote_code(FILE *out, const char *text);

// One word of a Tcl list, which is also one word of a Tcl command: in braces where it can be, else
// with backslashes. ASCII only; each other byte as \u00NN.
void quote_tcl(FILE *out, const char *text);

// A Tcl comment's text: one line.
void quote_tcl_comment(FILE *out, const char *text);

// Keys as a person calls them: "Ctrl-A, then c".
void quote_keys(FILE *out, const char *keys);

#endif
