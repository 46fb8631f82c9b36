// What the table of options and the table of exit codes look like in print.
#ifndef QEMU_GROW_OPTIONS_PRINT_H
#define QEMU_GROW_OPTIONS_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "options/options.h"

// Writes what o->action asks for: the help, the version, the man page, a completion or the README's
// tables. Returns 1 if that was all that was asked for, 0 if there is something else to do
// (see action_is_print), -1 with EXIT_ID_OUTPUT_UNWRITABLE. Flushes out.
int options_print(const struct options *o, FILE *out, struct failure *f);

// The single ones. None of them looks at errors: options_print asks ferror.
void help_print(FILE *out);
void man_print(FILE *out);
void man_plan_print(FILE *out); // a section of it
void readme_print(FILE *out);
void completion_print_bash(FILE *out);
void completion_print_zsh(FILE *out);
void completion_print_fish(FILE *out);

#endif
