// What a recording has taken in and not yet written up: messages in their order. The console's own
// bytes are not kept, since its raw log has them already.
#ifndef QEMU_GROW_RECORD_LATER_H
#define QEMU_GROW_RECORD_LATER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/ring.h"

struct later;

struct later *later_new(void); // NULL without memory
void later_free(struct later *l);

bool later_is_empty(const struct later *l);
// The time of the first one; 0 for none.
uint64_t later_since(const struct later *l);

// Adds a message, its bytes copied unless bare. False without memory: nothing was added.
bool later_put(struct later *l, const struct ring_message *m, bool bare);
// The first one (of a bare one, `bytes` is NULL), which is there until later_drop. NULL for none.
const struct ring_message *later_first(const struct later *l);
void later_drop(struct later *l);

#endif
