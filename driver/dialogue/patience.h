// How long to wait for a guest that says nothing: measured in its own work, not in a constant of
// ours.
//
// A guest that computes gets its time in seconds of processor used by QEMU, so a busy host does not
// make it late; bytes read or written by QEMU (a CD being read in a silent boot) start the count
// anew. A guest that does neither waits for us, and then wall time counts.
#ifndef QEMU_GROW_DIALOGUE_PATIENCE_H
#define QEMU_GROW_DIALOGUE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct patience {
    uint64_t cpu_limit_ms;  // processor time without a sign of life
    uint64_t idle_limit_ms; // wall time without a sign of life and (nearly) without processor time
    uint64_t since_ms;      // last sign of life: wall clock
    uint64_t cpu_ms;        // and processor time then
    uint64_t io_bytes;      // and bytes read and written then
};

// Begins anew, at the wall clock, processor time and bytes given.
void patience_start(struct patience *p, uint64_t now_ms, uint64_t cpu_ms, uint64_t io_bytes);

// True when the guest has had enough time. Counts a change of io_bytes as a sign of life; the
// console's bytes are told by patience_start. The console counts in QEMU's writes, too, so io is
// compared with some slack.
bool patience_over(struct patience *p, uint64_t now_ms, uint64_t cpu_ms, uint64_t io_bytes);

// True when the guest has done nothing at all for ms milliseconds: no sign of life and no processor
// time to speak of. A guest that QEMU has stopped is like that; one that sleeps still has its
// timers.
bool patience_still(const struct patience *p, uint64_t now_ms, uint64_t cpu_ms, uint64_t ms);

#endif
