// A ring of messages in memory that two processes share: the driver puts in, its keeper takes out.
//
// Putting in costs no call of the kernel while the keeper is awake, and what was put in outlives
// the process that did it. Messages lie in one piece: the memory is mapped twice, end to beginning.
#ifndef QEMU_GROW_RECORD_RING_H
#define QEMU_GROW_RECORD_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

struct ring_message {
    uint32_t kind; // the caller's
    uint32_t size; // bytes
    uint64_t us;   // a time in microseconds, the caller's
    const char *bytes;
};

enum { RING_MESSAGE_MAX = 32 * 1024 }; // bytes

// NULL and errno. To be made before the fork; each side then says which one it is.
struct ring *ring_new(void);
void ring_writer(struct ring *r);
void ring_reader(struct ring *r);
void ring_leave(struct ring *r); // the other side learns that this one is gone
void ring_free(struct ring *r);
int ring_fd(const struct ring *r); // what this side must keep open

// Room for a message of at most size bytes; waits for the reader. NULL when the reader is gone.
char *ring_room(struct ring *r, size_t size);
// The room that was asked for last holds a message now.
void ring_put(struct ring *r, uint32_t kind, uint64_t us, size_t size);

// The next message, or false when there is none now. It lies in the ring until ring_taken.
bool ring_take(struct ring *r, struct ring_message *m);
void ring_taken(struct ring *r, const struct ring_message *m);
// Waits until there may be a message. False when the writer is gone (what it left can be taken).
// *pressed: the writer has woken us, since much has come.
bool ring_wait(struct ring *r, bool *pressed);

// The errno of the reader's first failure, for the writer to see; 0: none.
void ring_set_error(struct ring *r, int error);
int ring_error(const struct ring *r);

#endif
