// Only while nothing has been written, and only where another route may do better.
#include "give_way.h"

#include <stdbool.h>
#include <stddef.h>

#include "options/route.h"
#include "routes.h"

// What no other route would do better: the person's wish, the host's state, this program's
// mistakes.
static bool is_final(enum exit_id id) {
    static const enum exit_id ids[] = {
        EXIT_ID_INTERNAL,   EXIT_ID_INTERRUPTED, EXIT_ID_TERMINATED,        EXIT_ID_MAX_TIME,
        EXIT_ID_HOST_FULL,  EXIT_ID_DISK_LOCKED, EXIT_ID_OUTPUT_UNWRITABLE, EXIT_ID_SCRIPTS_BAD,
        EXIT_ID_DISK_ERROR, EXIT_ID_IO_ERROR,    EXIT_ID_PROGRAM_MISSING,   EXIT_ID_QEMU_START,
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (ids[i] == id)
            return true;
    return false;
}

// Nothing that the guest has done can have changed what a new run of it begins with: on an overlay
// (which is made anew) until fdisk writes, in place as long as nobody has mounted anything.
static bool is_unwritten(const struct options *o, enum stage stage) {
    return stage < STAGE_TABLE &&
           (!o->in_place || !routes[o->route].mounts || stage < STAGE_ATTACHED);
}

enum route give_way(const struct options *o, enum stage stage, enum exit_id failure) {
    return is_final(failure) || !is_unwritten(o, stage) ? ROUTE_COUNT : route_slower(o, o->route);
}
