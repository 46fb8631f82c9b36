// Where something stands in a YAML file: for messages about mistakes that a schema cannot see.
#ifndef QEMU_GROW_DIALOGUE_PLACE_H
#define QEMU_GROW_DIALOGUE_PLACE_H

// The line (from 1) of the node that a path leads to, e.g. "states/3/expect/0/see" (keys and
// indices); of the deepest part of the path that exists; 0 when the file cannot be read.
unsigned place_line(const char *file, const char *path);

// The first line from line `from` on where this key stands; `from` when there is none.
unsigned place_key(const char *file, unsigned from, const char *key);

#endif
