// One reading, in three units.
#include "base/monotonic.h"

#include <time.h>

static struct timespec now(void) {
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t;
}

double monotonic_seconds(void) {
    const struct timespec t = now();
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

uint64_t monotonic_ms(void) {
    const struct timespec t = now();
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t monotonic_ns(void) {
    const struct timespec t = now();
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}
