// A disk as a line of text, to scale.
#ifndef QEMU_GROW_REPORT_PLAN_MAP_H
#define QEMU_GROW_REPORT_PLAN_MAP_H

#include <stdint.h>

#include "plan/mbr.h"

enum { MAP_COLUMNS = 64 };

// Draws a disk of `sectors` sectors, of which MAP_COLUMNS columns stand for `scale`: the number of
// the partition that takes most of a column, a dot for what no partition has, a blank behind the
// disk's end. A partition that takes most of no column is shown where it starts.
void plan_map(char text[MAP_COLUMNS + 1], const struct mbr_entry entry[4], uint64_t sectors,
              uint64_t scale);

// A part of the disk, in sectors.
struct plan_range {
    int number; // of the partition; 0: unused
    uint64_t start, sectors;
};

enum { PLAN_RANGES_MAX = 9 }; // four partitions and what is between them

// The partitions and what is unused between and behind them, in the order on the disk, without the
// sector of the table. Returns how many. Partitions that overlap come one after the other.
int plan_ranges(struct plan_range ranges[PLAN_RANGES_MAX], const struct mbr_entry entry[4],
                uint64_t sectors);

#endif
