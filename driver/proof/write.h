// The proof as a file that a program or an auditor can read: JSON.
#ifndef QEMU_GROW_PROOF_WRITE_H
#define QEMU_GROW_PROOF_WRITE_H

#include <jansson.h>

#include "dialogue/person.h"
#include "iso/iso.h"
#include "proof/proof.h"

// A part of the run, and how long it took.
struct proof_phase {
    const char *name; // "boot", "commit"
    double seconds;
};

// What the file tells besides the plan and the proof.
struct proof_session {
    const char *route;                 // through the guest
    const char *outcome;               // "proved" or "failed"
    const struct iso *iso;             // or NULL
    const char *qemu, *qemu_img;       // asked for their versions; NULL: not
    const struct person_story *person; // or NULL; who did not have the console is not told
    const struct proof_phase *phases;
    size_t phase_count;
};

// The proof as one object; NULL without memory.
json_t *proof_json(const struct proof *result, const struct plan *p, const struct proof_subject *s,
                   const struct proof_session *session);

// Whether proof_write could put a file there; nothing is made. Returns 0, or -1 with
// EXIT_ID_OUTPUT_UNWRITABLE.
int proof_writable(const char *path, struct failure *f);

// Writes plan, checks, versions, digests, times and repairs to `path`: to a new file beside it,
// which is fsynced and then takes its name. 0, or -1 as file_replace.
int proof_write(const char *path, const struct proof *result, const struct plan *p,
                const struct proof_subject *s, const struct proof_session *session,
                struct failure *f);

#endif
