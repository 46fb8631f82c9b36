// Names for what is kept in the cache: a digest of all that it depends on.
#ifndef QEMU_GROW_WARM_KEY_H
#define QEMU_GROW_WARM_KEY_H

#include "base/failure.h"
#include "dialogue/script.h"
#include "iso/digest.h"

// The parts of a name, each text with its own name and length, in the order in which they are
// added.
struct key;

struct key *key_new(void); // NULL without memory
void key_free(struct key *k);
void key_text(struct key *k, const char *name, const char *text); // NULL text: as if empty

// QEMU: the file that would be run, its size and when it was changed, and the version that it
// gives. 0, or -1 with EXIT_ID_PROGRAM_MISSING, EXIT_ID_INTERRUPTED, EXIT_ID_TERMINATED.
int key_qemu(struct key *k, const char *qemu, struct failure *f);
// The dialogue files, byte for byte. 0, or -1 with EXIT_ID_SCRIPTS_BAD.
int key_scripts(struct key *k, const struct scripts *s, struct failure *f);
// A command line, but for what QEMU is only told where to find (paths and descriptors).
void key_command(struct key *k, char *const *argv);
// This host's kernel and processor; with its name, also which host it is and what it has at
// /dev/kvm.
void key_host(struct key *k, bool which);

// The name, in hexadecimal; nothing can be added any more. 0, or -1 with EXIT_ID_INTERNAL.
int key_end(struct key *k, char hex[DIGEST_HEX + 1], struct failure *f);

#endif
