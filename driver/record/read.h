// A recording, read back. One that was cut off is read as far as it goes.
#ifndef QEMU_GROW_RECORD_READ_H
#define QEMU_GROW_RECORD_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

// Bytes that came, or were sent, at once.
struct piece {
    bool input;
    uint64_t us;     // since the start
    size_t at, size; // in output or input
};

struct reading {
    json_t *events; // an array
    char *output, *input;
    size_t output_size, input_size;
    struct piece *pieces; // in their order
    size_t piece_count;
};

enum { READING_MAX = 512 * 1024 * 1024 }; // bytes of a file; a longer one is refused

// Reads a folder. 0 (reading_free is the caller's), or -1 with EXIT_ID_RECORDING_BAD.
int reading_open(struct reading *r, const char *folder, struct failure *f);
// The same of a run's last guest alone: those before it gave way to it.
int reading_open_guest(struct reading *r, const char *folder, struct failure *f);
void reading_free(struct reading *r);

// The parts of it, for tests: what the files hold. Always succeeds but without memory.
int reading_take(struct reading *r, const char *events, size_t events_size, const char *timing,
                 size_t timing_size);
void reading_keep_guest(struct reading *r);

// The next event of a type from index *i on, which is moved behind it; NULL when there is none.
// type NULL: any.
json_t *reading_next(const struct reading *r, const char *type, size_t *i);
// A member that is a text, or "".
const char *reading_text(const json_t *event, const char *name);
uint64_t reading_number(const json_t *event, const char *name);

#endif
