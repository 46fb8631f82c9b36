// The rule is in patience.h; this is its arithmetic.
#include "dialogue/patience.h"

struct patience patience_new(double limit_ms, uint64_t all_bytes) {
    struct patience p = {.limit_ms = limit_ms, .data_max = all_bytes * PATIENCE_DATA_ROUNDS};
    if (p.data_max / PATIENCE_DATA_ROUNDS != all_bytes)
        p.data_max = UINT64_MAX;
    return p;
}

void patience_news(struct patience *p) {
    p->waited_ms = 0;
    p->data = p->data_all = 0;
}

bool patience_over(struct patience *p, double guest_ms, uint64_t data) {
    p->waited_ms += guest_ms;
    p->data += data;
    p->data_all += data;
    if (p->data >= PATIENCE_DATA_LIFE && p->data_all <= p->data_max) {
        p->data = 0;
        p->waited_ms = 0;
    }
    return p->waited_ms >= p->limit_ms;
}
