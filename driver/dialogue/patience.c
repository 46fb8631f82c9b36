// The rule is in patience.h; this is its arithmetic.
#include "dialogue/patience.h"

enum {
    IO_LIFE =
        64 * 1024,   // bytes of I/O that count as life: timers and event fds make some 8 bytes each
    STILL_PART = 50, // still: less than a fiftieth
    IDLE_PART = 5,   // idle: less than a fifth of the wall time was computed
};

void patience_start(struct patience *p, uint64_t now_ms, uint64_t cpu_ms, uint64_t io_bytes) {
    p->since_ms = now_ms;
    p->cpu_ms = cpu_ms;
    p->io_bytes = io_bytes;
}

bool patience_over(struct patience *p, uint64_t now_ms, uint64_t cpu_ms, uint64_t io_bytes) {
    if (io_bytes - p->io_bytes >= IO_LIFE) {
        patience_start(p, now_ms, cpu_ms, io_bytes);
        return false;
    }
    const uint64_t wall = now_ms - p->since_ms;
    const uint64_t cpu = cpu_ms - p->cpu_ms;
    return cpu >= p->cpu_limit_ms || (wall >= p->idle_limit_ms && cpu * IDLE_PART < wall);
}

bool patience_still(const struct patience *p, uint64_t now_ms, uint64_t cpu_ms, uint64_t ms) {
    const uint64_t wall = now_ms - p->since_ms;
    return wall >= ms && (cpu_ms - p->cpu_ms) * STILL_PART < wall;
}
