// When a route through the guest that has failed gives way to a slower one.
#ifndef QEMU_GROW_GIVE_WAY_H
#define QEMU_GROW_GIVE_WAY_H

#include "base/failure.h"
#include "base/stage.h"
#include "options/options.h"

// The route to be tried next, or ROUTE_COUNT: the failure is the run's. stage: how far the disk had
// come with the route of the options.
enum route give_way(const struct options *o, enum stage stage, enum exit_id failure);

#endif
