// The table.
#include "routes.h"

const struct route_row routes[ROUTE_COUNT] = {
    [ROUTE_RUNBOOK] = {.dialogue = "runbook", .mounts = true},
    [ROUTE_SINGLE] = {.dialogue = "route-single", .mounts = true},
    [ROUTE_EARLY] = {.dialogue = "route-early"},
    [ROUTE_DIRECT] = {.dialogue = "route-direct", .own_kernel = true},
    [ROUTE_WARM] = {.dialogue = "route-warm", .prepare = "warm-prepare", .own_kernel = true},
};
