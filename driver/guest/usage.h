// What a process and those that it started (QEMU behind a wrapper) have used so far, seen from
// outside: /proc.
#ifndef QEMU_GROW_GUEST_USAGE_H
#define QEMU_GROW_GUEST_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// Sums since the process began; they may shrink when one of its children ends. What the host does
// not tell is zero.
struct usage {
    uint64_t cpu_ms;     // processor time of all its threads, those that have ended included
    uint64_t starved_ms; // time that its present threads were ready to run, and had to wait
    uint64_t io_bytes;   // read and written by its system calls, from the page cache as well
    uint64_t read_bytes, written_bytes; // the two parts of it
    uint64_t io_calls;                  // those system calls
    bool stopped;                       // a signal such as SIGSTOP holds it now
};

// Reads it again and again; keeps files of /proc open between two looks. NULL without memory.
struct usage_reader;
struct usage_reader *usage_reader_new(pid_t pid);
void usage_reader_free(struct usage_reader *r);

// What is so now. All zero when the process is gone.
struct usage usage_read(struct usage_reader *r);

// Bytes between two looks that were data, such as a CD's or a disk's: timers, events and single
// characters of a console move a few bytes a call, and do not count.
uint64_t usage_data(const struct usage *before, const struct usage *after);

#endif
