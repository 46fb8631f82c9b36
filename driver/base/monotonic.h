// The monotonic clock, from which all times of a run are taken.
#ifndef QEMU_GROW_BASE_MONOTONIC_H
#define QEMU_GROW_BASE_MONOTONIC_H

#include <stdint.h>

double monotonic_seconds(void);
uint64_t monotonic_ms(void);
uint64_t monotonic_ns(void);

#endif
