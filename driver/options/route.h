// Which options have a meaning on which route through the guest.
#ifndef QEMU_GROW_OPTIONS_ROUTE_H
#define QEMU_GROW_OPTIONS_ROUTE_H

#include "base/failure.h"
#include "options/options.h"

// Whether all that was given has a meaning on the route. 0, or -1 with EXIT_ID_USAGE and the first
// option that has none.
int route_check(const struct options *o, enum route route, struct failure *f);

// The quickest route on which all that was given has a meaning; there is always the runbook's.
enum route route_quickest(const struct options *o);

// The next slower one of these, or ROUTE_COUNT: there is none.
enum route route_slower(const struct options *o, enum route route);

#endif
