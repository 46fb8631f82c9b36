// A detached OpenPGP signature, checked by gpgv with a keyring that holds one key.
#ifndef QEMU_GROW_ISO_SIGNATURE_H
#define QEMU_GROW_ISO_SIGNATURE_H

#include <stddef.h>

#include "base/failure.h"

// What is checked. Texts are bytes as fetched, armoured.
struct signature {
    const char *text; // the .asc beside the ISO
    size_t size;
    const char *key; // a file of keys, among which is the release key
    size_t key_size;
    const char *key_from;    // where the key is from, for messages
    const char *fingerprint; // of the release key: 40 hexadecimal digits, upper case
};

// Checks that the file (an absolute path, called `name` in messages) has a good signature of the
// key with that fingerprint, in a folder made for this, never in the user's keyring. stop_fd as
// run_program takes it. 0, or -1 with EXIT_ID_ISO_SIGNATURE, EXIT_ID_PROGRAM_MISSING (gpg or gpgv),
// EXIT_ID_INTERRUPTED or EXIT_ID_INTERNAL.
int signature_check(const struct signature *s, const char *file, const char *name, int stop_fd,
                    struct failure *f);

// What gpgv's status lines say of a signature. 0: good, by that key; -1 with EXIT_ID_ISO_SIGNATURE.
int signature_judge(const char *status, const char *fingerprint, const char *name,
                    struct failure *f);

#endif
