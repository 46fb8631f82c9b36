// The variables that the program gives to every dialogue; all others are set in dialogue files or
// captured by named groups. run.c fills them in.
#ifndef QEMU_GROW_DIALOGUE_BUILTIN_H
#define QEMU_GROW_DIALOGUE_BUILTIN_H

// Names, NULL-terminated; what each holds is said in builtin.c.
extern const char *const builtin_variables[];

#endif
