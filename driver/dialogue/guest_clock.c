// The arithmetic of guest_clock.h.
#include "dialogue/guest_clock.h"

enum {
    LATE_MS = 1000,        // a longer time between two looks was not the guest's: we did not run
    STAMPS_APART_MS = 5000 // stamps that are nearer to each other say little: lines come in bursts
};

void guest_clock_start(struct guest_clock *c, uint64_t wall_ms, const struct usage *u,
                       double scale) {
    *c = (struct guest_clock){.wall_ms = wall_ms,
                              .usage = *u,
                              .floor = scale < 1 ? scale : 1,
                              .scale = scale > 1 ? scale : 1};
}

static uint64_t since(uint64_t before, uint64_t after) {
    return after > before ? after - before : 0; // a sum over threads shrinks when one ends
}

double guest_clock_unread(const struct guest_clock *c, uint64_t wall_ms) {
    const uint64_t wall = since(c->wall_ms, wall_ms);
    return wall < LATE_MS ? (double)wall : LATE_MS;
}

double guest_clock_look(struct guest_clock *c, uint64_t wall_ms, const struct usage *u) {
    const uint64_t wall = (uint64_t)guest_clock_unread(c, wall_ms);
    const uint64_t starved = since(c->usage.starved_ms, u->starved_ms);
    const uint64_t cpu = since(c->usage.cpu_ms, u->cpu_ms);
    uint64_t own = since(starved, wall);
    if (own < cpu) // several threads may be starved at a time
        own = cpu < wall ? cpu : wall;
    c->wall_ms = wall_ms;
    c->usage = *u;
    c->own_ms += (double)own;
    const double guest = (double)own / guest_clock_pace(c);
    c->guest_ms += guest;
    return guest;
}

void guest_clock_landmark(struct guest_clock *c, double seconds) {
    if (seconds > 0)
        c->landmark = c->own_ms / (seconds * 1000);
}

void guest_clock_stamp(struct guest_clock *c, uint64_t stamp_ms) {
    if (!c->stamped || stamp_ms < c->stamp_ms) {
        c->stamped = true;
    } else {
        if (stamp_ms - c->stamp_ms < STAMPS_APART_MS)
            return;
        c->stamps = (c->own_ms - c->stamp_own_ms) / (double)(stamp_ms - c->stamp_ms);
    }
    c->stamp_ms = stamp_ms;
    c->stamp_own_ms = c->own_ms;
}

void guest_clock_unstamp(struct guest_clock *c) {
    c->stamped = false;
}

double guest_clock_pace(const struct guest_clock *c) {
    double pace = c->landmark > c->stamps ? c->landmark : c->stamps;
    if (pace <= 0)
        pace = PACE_START * c->floor;
    if (pace < c->floor)
        pace = c->floor;
    if (pace > PACE_MAX)
        pace = PACE_MAX;
    return pace * c->scale;
}
