// What the cache notes of something that this program found out or made: one small YAML file.
#ifndef QEMU_GROW_WARM_NOTE_H
#define QEMU_GROW_WARM_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "iso/digest.h"

enum { NOTE_MAX = 4096, NOTE_FORMAT = 3 }; // bytes of the file; of its members

struct note {
    unsigned format;
    char *key;    // of what it depends on, which is the file's name, too
    char *xxh128; // of the file beside it (content.h), or NULL
    uint64_t size;
    char *word; // a verdict, or NULL
    char *why;  // for people: how that came, or NULL
};

// Reads the text of a note; NULL when it is none that is right for the key.
struct note *note_parse(const char *text, size_t size, const char *key);
// Reads a file.
struct note *note_load(const char *path, const char *key);
void note_free(struct note *n);

// Writes it in place of the one that is there, readable by its owner alone: all or nothing, and on
// the disk before it has its name. 0, or -1 with errno.
int note_save(const struct note *n, const char *path);

#endif
