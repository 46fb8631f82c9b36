// The table.
#include "host_steps.h"

#include <stddef.h>

const struct host_step_row host_steps[HOST_STEPS] = {
    [HOST_ENLARGE] = {"2", "Enlarge the disk with qemu-img resize", .in_place = true},
    [HOST_OVERLAY] = {"2", "Make an overlay of the new size", .overlay = true},
    [HOST_PROVE_GUEST] = {NULL, "Prove what the guest has written", true, true},
    [HOST_COMMIT] = {NULL, "Commit the overlay to the disk", .overlay = true},
    [HOST_PROVE_DISK] = {NULL, "Prove the disk", .overlay = true},
};
