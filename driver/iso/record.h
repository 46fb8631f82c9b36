// What the cache knows of an ISO in it: one small YAML file beside each.
#ifndef QEMU_GROW_ISO_RECORD_H
#define QEMU_GROW_ISO_RECORD_H

#include <stdint.h>

// All texts are allocated, and may be NULL when the record is a caller's own.
struct record {
    char *file;    // the ISO's name at its source: "alpine-virt-3.20.3-x86_64.iso"
    char *version; // from its label
    char *sha256;
    char *trust;  // a word of trust_words: how it was known when it came
    char *signer; // fingerprint of the key, when it was signed
    char *from;   // URL
    char *seen;   // the file's stamp when its SHA-256 was last found to be right
    uint64_t size;
};

// Reads the record; NULL if there is none that is right.
struct record *record_load(const char *path);
void record_free(struct record *r);

// Writes it in place of the one that is there, if any: all or nothing. 0, or -1 with errno.
int record_save(const struct record *r, const char *path);

#endif
