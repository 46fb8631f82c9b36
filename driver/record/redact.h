// Takes secrets out of a stream of bytes that comes in pieces, and out of texts. Each byte of a
// secret becomes `*`: offsets and sizes stay, and how long it was is told.
//
// Secrets are what patterns match, and what is typed while the console asks for a password. A match
// may be split over any number of pieces: bytes with which one may begin are held back, at most
// REDACT_HELD_MAX of them. A secret longer than that is not found.
#ifndef QEMU_GROW_RECORD_REDACT_H
#define QEMU_GROW_RECORD_REDACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

enum { REDACT_HELD_MAX = 4096, REDACT_MASK = '*' };

struct redact;

// Compiles the patterns (PCRE2, as console/stream.h takes them). NULL with EXIT_ID_USAGE.
struct redact *redact_new(const char *const *patterns, size_t count, struct failure *f);
void redact_free(struct redact *x);

// Whether there is anything to look for.
bool redact_active(const struct redact *x);

enum redact_side { REDACT_OUTPUT, REDACT_INPUT, REDACT_SIDES };

// A part of a stream that is to be masked; offsets from its first byte.
struct redact_range {
    uint64_t begin, end;
};

// Takes in the next bytes of a side (masking what is typed for a password in place) and says by
// `found`, for each range in turn, what is to be masked, also of bytes that came before. Returns up
// to where all is known. final: nothing more comes.
uint64_t redact_feed(struct redact *x, enum redact_side side, char *bytes, size_t size, bool final,
                     void (*found)(void *arg, enum redact_side side, struct redact_range range),
                     void *arg);

// Secrets in a text that may be typed at the guest are looked for as its console echoes them from
// now on: each byte twice (ISOLINUX), with escape sequences, ends of lines, or lines of the
// kernel's within. What the patterns find in what is typed, and passwords, are learned in the same
// way, back to REDACT_HELD_MAX bytes before.
void redact_learn(struct redact *x, const char *text, size_t size);

// Masks what is in a text by itself. True when something was.
bool redact_text(struct redact *x, char *text, size_t size);

#endif
