// The files of a recording, of any bytes: events and times, divided by a line that is empty.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/compare.h"
#include "record/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    const char *gap = size == 0 ? NULL : memmem(text, size, "\n\n", 2);
    const size_t events = gap == NULL ? size : (size_t)(gap + 1 - text);
    const size_t timing = gap == NULL ? 0 : size - events - 1;
    struct reading r;
    if (reading_take(&r, text, events, gap == NULL ? "" : gap + 2, timing) != 0)
        abort();
    uint64_t us = 0;
    size_t next[2] = {0, 0};
    for (size_t i = 0; i < r.piece_count; i++) {
        const struct piece *p = &r.pieces[i];
        if (p->us < us || p->at != next[p->input] || p->size == 0)
            abort();
        us = p->us;
        next[p->input] += p->size;
    }
    reading_keep_guest(&r);
    next[0] = next[1] = 0;
    for (size_t i = 0; i < r.piece_count; i++) {
        if (r.pieces[i].at != next[r.pieces[i].input])
            abort();
        next[r.pieces[i].input] += r.pieces[i].size;
    }
    // A run that does the same things is the same run, up to where it ends.
    struct compare c;
    compare_begin(&c, &r);
    size_t i = 0;
    for (json_t *event; (event = reading_next(&r, NULL, &i)) != NULL;)
        compare_event(&c, reading_text(event, "type"), event);
    const struct player_word word = {.kind = PLAYER_DIFFERS, .got = 'x', .wanted = 'y'};
    compare_key(&c, &word);
    compare_end(&c, NULL);
    if (!c.differs)
        abort();
    reading_free(&r);
    return 0;
}
