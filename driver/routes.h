// What the routes through the guest are made of: one table for a run and for its outline.
#ifndef QEMU_GROW_ROUTES_H
#define QEMU_GROW_ROUTES_H

#include <stdbool.h>

#include "options/options.h"

struct route_row {
    const char *dialogue; // with which its run begins and ends
    const char *prepare;  // with which a guest is prepared for it once; or NULL
    bool own_kernel;      // QEMU starts the kernel, with the variable cmdline for it
    bool mounts;          // the guest mounts the disk's file systems before fdisk: journals may be
                          // replayed
};

extern const struct route_row routes[ROUTE_COUNT];

#endif
