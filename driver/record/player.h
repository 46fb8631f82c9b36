// Plays a recording's guest: a process in QEMU's place, which writes what the guest wrote, waits
// for the keys that it got, and says over a socket of its own how far it has come.
#ifndef QEMU_GROW_RECORD_PLAYER_H
#define QEMU_GROW_RECORD_PLAYER_H

#include <stdint.h>

#include "record/read.h"

enum player_kind {
    PLAYER_WAITS,   // nothing will come before the next key
    PLAYER_OVER,    // the same, and the recording ends here
    PLAYER_DIFFERS, // the byte that came is not the one that was typed then
};

// What is said over the socket (SOCK_SEQPACKET).
struct player_word {
    uint32_t kind;
    unsigned char got, wanted; // PLAYER_DIFFERS; wanted is 0 where nothing is to come any more
    uint64_t in, out;          // bytes taken from and given to the driver so far
    uint64_t us;               // the recording's time
};

// Is the guest on descriptors 0 and 1, by `socket` also tells. Returns the exit code of QEMU.
int player_run(const struct reading *r, int socket);

#endif
