// A command's arguments as an allocated, NULL-terminated array of allocated strings.
#ifndef QEMU_GROW_BASE_ARGV_H
#define QEMU_GROW_BASE_ARGV_H

// Copies of the texts, the last of which is followed by NULL. NULL without memory.
char **argv_new(const char *first, ...) __attribute__((sentinel));

void argv_free(char **argv);

#endif
