// How long to wait for a guest that makes no progress: measured on its own clock (guest_clock.h),
// not in a constant time of ours.
//
// Progress is a line on the console that is no repetition (console/news.h), and data that QEMU
// reads or writes (a CD being read in a silent boot). Data are believed up to a bound: a guest that
// has read the CD and the disk over and over, and said nothing, goes round in circles. A guest that
// computes, or idles, or says the same for ever, makes no progress.
//
// So a guest that is silent, or chatters, is told after the limit in guest seconds since its last
// progress: on an idle host as many seconds of ours, times the measured pace where that is above 1.
#ifndef QEMU_GROW_DIALOGUE_PATIENCE_H
#define QEMU_GROW_DIALOGUE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PATIENCE_DATA_LIFE = 64 * 1024, // bytes of data that are progress; a kernel's image has more
    PATIENCE_DATA_ROUNDS = 4,       // times that all data there are may be read without a word
};

struct patience {
    double limit_ms;   // of the guest's clock
    double waited_ms;  // of the guest's clock, since the last progress
    uint64_t data;     // bytes moved since the last progress
    uint64_t data_all; // bytes moved since the last new line
    uint64_t data_max; // from here on they are no progress
};

// Begins. all_bytes: of the CD and the disk together.
struct patience patience_new(double limit_ms, uint64_t all_bytes);

// The console said something new.
void patience_news(struct patience *p);

// The guest's clock has gone on by guest_ms, and QEMU has moved as many bytes of data. True when
// the guest has had enough time.
bool patience_over(struct patience *p, double guest_ms, uint64_t data);

#endif
