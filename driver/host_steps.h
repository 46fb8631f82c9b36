// What the host does besides the guest's dialogues: one table for a run and for its outline.
#ifndef QEMU_GROW_HOST_STEPS_H
#define QEMU_GROW_HOST_STEPS_H

#include <stdbool.h>

// In their order; the guest runs before HOST_GUEST_RUNS.
enum host_step {
    HOST_ENLARGE,
    HOST_OVERLAY,
    HOST_GUEST_RUNS,
    HOST_PROVE_GUEST = HOST_GUEST_RUNS,
    HOST_COMMIT,
    HOST_PROVE_DISK,
    HOST_STEPS
};

struct host_step_row {
    const char *step;       // number in the runbook, or NULL
    const char *title;      // for a person
    bool in_place, overlay; // runs that have it
};

extern const struct host_step_row host_steps[HOST_STEPS];

#endif
