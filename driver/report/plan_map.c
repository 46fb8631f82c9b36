// Each column goes to whoever has most of it.
#include "report/plan_map.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 4 };

static uint64_t end_of(const struct mbr_entry *e) {
    return (uint64_t)e->start + e->sectors;
}

static uint64_t overlap(uint64_t a, uint64_t a_end, uint64_t b, uint64_t b_end) {
    const uint64_t begin = a > b ? a : b;
    const uint64_t end = a_end < b_end ? a_end : b_end;
    return end > begin ? end - begin : 0;
}

// The sign of the sectors from..to (to: the first one behind).
static char column(const struct mbr_entry entry[4], uint64_t from, uint64_t to, uint64_t sectors) {
    if (from >= sectors)
        return ' ';
    char sign = '.';
    uint64_t most = 0;
    uint64_t taken = 0;
    for (int i = 0; i < ENTRIES; i++) {
        const uint64_t part =
            entry[i].type == 0 ? 0 : overlap(from, to, entry[i].start, end_of(&entry[i]));
        taken += part;
        if (part > most) {
            most = part;
            sign = "1234"[i];
        }
    }
    const uint64_t all = overlap(from, to, 0, sectors);
    if (taken < all && all - taken > most)
        sign = '.';
    return sign;
}

void plan_map(char text[MAP_COLUMNS + 1], const struct mbr_entry entry[4], uint64_t sectors,
              uint64_t scale) {
    memset(text, ' ', MAP_COLUMNS);
    text[MAP_COLUMNS] = '\0';
    if (scale == 0)
        return;
    // Sectors have 32 bits: no overflow.
    for (uint64_t c = 0; c < MAP_COLUMNS; c++) {
        const uint64_t from = c * scale / MAP_COLUMNS;
        const uint64_t to = (c + 1) * scale / MAP_COLUMNS;
        text[c] = column(entry, from, to > from ? to : from + 1, sectors);
    }
    for (int i = 0; i < ENTRIES; i++)
        if (entry[i].type != 0 && entry[i].start < scale && strchr(text, "1234"[i]) == NULL)
            text[(uint64_t)entry[i].start * MAP_COLUMNS / scale] = "1234"[i];
}

static int compare(const void *a, const void *b) {
    const struct plan_range *x = a;
    const struct plan_range *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

int plan_ranges(struct plan_range ranges[PLAN_RANGES_MAX], const struct mbr_entry entry[4],
                uint64_t sectors) {
    struct plan_range used[ENTRIES];
    size_t count = 0;
    for (int i = 0; i < ENTRIES; i++)
        if (entry[i].type != 0)
            used[count++] = (struct plan_range){i + 1, entry[i].start, entry[i].sectors};
    qsort(used, count, sizeof used[0], compare);
    int n = 0;
    uint64_t at = 1;
    for (size_t i = 0; i < count; i++) {
        if (used[i].start > at)
            ranges[n++] = (struct plan_range){0, at, used[i].start - at};
        ranges[n++] = used[i];
        if (used[i].start + used[i].sectors > at)
            at = used[i].start + used[i].sectors;
    }
    if (sectors > at)
        ranges[n++] = (struct plan_range){0, at, sectors - at};
    return n;
}
