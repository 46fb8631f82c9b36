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

// sent: what was typed so far; seen: clean text since the line was empty, or since it was drawn
// anew. LFs in seen do not count (a line that wraps). lead: bytes that may stand before the echo
// (what is left of a prompt), or NULL.
//   ECHO_ONCE     seen is sent
//   ECHO_TWICE    seen is two copies of sent shuffled into each other, of which one may lag behind
//                 or be missing: ISOLINUX's own serial output and SeaBIOS' mirror of the screen
//   ECHO_REDRAWN  the line is written anew for each byte
//   ECHO_ERASED   seen is sent, where a blank (BS, blank, BS) takes back the byte before it
// stands: so many bytes of it were drawn in one piece (ECHO_TWICE, ECHO_REDRAWN); else 0.
// echoed (may be NULL): when nothing is wrong, how many bytes of sent have come back.
enum echo_verdict echo_judge(enum echo kind, const char *lead, size_t stands, const char *sent,
                             size_t sent_size, const char *seen, size_t seen_size, size_t *echoed);

// Reads a line out of a drawing of it: seen is all that came after the prompt. Writes to line,
// which has room for seen_size bytes, and gives the line's length; or -1 when it cannot be told.
ptrdiff_t echo_read(enum echo kind, const char *seen, size_t seen_size, char *line);

#endif
