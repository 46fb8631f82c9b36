// The guest's clock: how much time the guest has had, in seconds of its own.
//
// What counts is the time in which the guest could work. It stands still while QEMU waits for a
// processor that others use, and while this program itself is not run (a stopped or swamped host);
// QEMU's processor time counts in any case. That time is divided by the guest's pace: how long a
// second of work on the reference host (an idle desktop under TCG) takes here. The pace is measured
// at landmarks of the boot, whose time on the reference host is written in the dialogue files, and
// by the stamps of kernel lines. Until the first of them it is assumed to be PACE_START.
#ifndef QEMU_GROW_DIALOGUE_GUEST_CLOCK_H
#define QEMU_GROW_DIALOGUE_GUEST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/usage.h"

enum {
    PACE_START = 4, // the assumption: a host four times slower than the reference
    PACE_MAX = 100, // a pace above this is a mistake of measuring, such as a firmware that waited
};

struct guest_clock {
    uint64_t wall_ms; // at the last look
    struct usage usage;
    double own_ms;   // time that the guest could work, since the clock began
    double guest_ms; // the same in its own milliseconds
    double floor;    // the least pace that is believed
    double scale;    // the pace is multiplied by it
    double landmark; // what the last landmark gave, or 0
    double stamps;   // what the last kernel lines gave, or 0
    bool stamped;    // the next two are set
    uint64_t stamp_ms;
    double stamp_own_ms;
};

// Begins. scale: 1, or what the person gives: above 1 the guest gets that many times the time;
// below 1 a guest may be faster than the reference, down to that part of its time, when it is
// measured to be so.
void guest_clock_start(struct guest_clock *c, uint64_t wall_ms, const struct usage *u,
                       double scale);

// Milliseconds of the host since the last look that the next one may count, all of them. What
// begins between two looks takes them off.
double guest_clock_unread(const struct guest_clock *c, uint64_t wall_ms);

// The host's wall clock and QEMU's usage are now these. Returns the milliseconds of the guest's own
// time that this look adds.
double guest_clock_look(struct guest_clock *c, uint64_t wall_ms, const struct usage *u);

// The guest has come to where the reference is seconds after its start.
void guest_clock_landmark(struct guest_clock *c, double seconds);

// A kernel line with this time stamp has come just now. Not to be called for lines that are older
// than they come, such as dmesg's.
void guest_clock_stamp(struct guest_clock *c, uint64_t stamp_ms);
// The lines that come next have nothing to do with those before.
void guest_clock_unstamp(struct guest_clock *c);

// Own milliseconds for one of the guest's, as far as is known now.
double guest_clock_pace(const struct guest_clock *c);

#endif
