// A server program on a socket of our own, by systemd's socket activation. It ends when we do,
// however we end: libnbd's own way leaves it behind when we are killed before it has a client.
#ifndef QEMU_GROW_PLAN_SERVER_H
#define QEMU_GROW_PLAN_SERVER_H

#include <stddef.h>
#include <sys/types.h>

struct server {
    pid_t pid;
    int said; // a file in memory: what it wrote to standard error; -1: nowhere to keep that
};

// Starts argv[0], a path, in a process group of its own, with a socket that listens as descriptor
// 3. Returns a socket that is connected to it, close-on-exec; or -1 with errno. server_end is the
// caller's in each case.
int server_start(struct server *s, char *const argv[]);

// What it has written to standard error so far: up to size - 1 bytes, NUL-terminated.
void server_words(const struct server *s, char *text, size_t size);

// Ends it, if it has not ended by itself, and reaps it.
void server_end(struct server *s);

#endif
