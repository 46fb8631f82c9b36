// The events of a recording, as many as a page has room for.
#ifndef QEMU_GROW_PAGE_EVENTS_H
#define QEMU_GROW_PAGE_EVENTS_H

#include <jansson.h>
#include <stdio.h>

// Reads lines of JSON and sets the members "events", "left_out" and "damaged" of `all`; see
// gather.h. 0, or -1 with errno.
int events_read(json_t *all, FILE *in);

#endif
