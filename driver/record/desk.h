// The files of a recording together: messages in, all formats out.
//
// The raw logs are written at once. All else is made of them and of the messages, and may be put
// off while the driver pours: then it is written up piece by piece, in the same order.
#ifndef QEMU_GROW_RECORD_DESK_H
#define QEMU_GROW_RECORD_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/redact.h"
#include "record/ring.h"

struct desk;

struct desk_given {
    struct redact *redact; // borrowed; for events and names: bytes come masked
    int folder;            // open
    const char *title;     // of the cast
    int64_t wall;          // seconds since the epoch
    const char *started;   // the same, for people
};

// Makes the files. NULL without memory.
struct desk *desk_open(const struct desk_given *g);
// Writes up all, and ends. The errno of the first failure, or 0.
int desk_close(struct desk *d);
int desk_error(const struct desk *d);

// A message, whose kind is a keeper_kind. The raw logs get its bytes now; the other files too,
// unless they are put off or others are still waiting.
void desk_take(struct desk *d, const struct ring_message *m);
void desk_put_off(struct desk *d, bool off);

// Whether something waits, and when the first of it came, in microseconds since the recording's
// start.
bool desk_is_behind(const struct desk *d);
uint64_t desk_behind_since(const struct desk *d);
// Writes up what waits, about so many bytes of it.
void desk_write_up(struct desk *d, size_t bytes);

// Hands to the kernel what is in buffers; where a state has begun, and once a second at most, also
// to the disk.
void desk_flush(struct desk *d);

#endif
