// How an ISO is known to be genuine.
#ifndef QEMU_GROW_ISO_TRUST_H
#define QEMU_GROW_ISO_TRUST_H

// From the least to the most.
enum trust {
    TRUST_NONE,     // nothing but the file itself
    TRUST_CHECKSUM, // a checksum file from the server that the ISO is from
    TRUST_SIGNED,   // a good signature of the release key of the catalogue
    TRUST_PINNED,   // its SHA-256 was known before: from the catalogue, or given by the user
    TRUST_COUNT
};

extern const char *const trust_words[TRUST_COUNT + 1]; // in the enum's order, NULL-terminated

#endif
