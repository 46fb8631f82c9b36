// Judges the echo of what was typed.
#ifndef QEMU_GROW_DIALOGUE_ECHO_H
#define QEMU_GROW_DIALOGUE_ECHO_H

#include <stddef.h>

#include "dialogue/script.h"

enum echo_verdict {
    ECHO_PENDING, // right so far, not all there
    ECHO_PERFECT, // each byte came back, and nothing else
    ECHO_WRONG,   // a byte is missing, doubled or another
};

// sent: what was typed so far; seen: clean text since then. LFs in seen do not count (a line that
// wraps). lead: bytes that may stand before the echo (what is left of a prompt), or NULL.
//   ECHO_ONCE     seen is sent
//   ECHO_TWICE    seen is two copies of sent shuffled into each other, of which one may lag behind
//   or be
//                 missing: ISOLINUX's own serial output and SeaBIOS' mirror of the screen
//   ECHO_REDRAWN  the line is written anew for each byte: seen ends in sent; never wrong
enum echo_verdict echo_judge(enum echo kind, const char *lead, const char *sent, size_t sent_size,
                             const char *seen, size_t seen_size);

#endif
