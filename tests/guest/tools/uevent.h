/*
 * Kernel uevents as the kobject netlink socket gives them.
 */
#ifndef GUEST_UEVENT_H
#define GUEST_UEVENT_H

#include <sys/types.h>

enum { UEVENT_SIZE_MAX = 8192, UEVENT_VARIABLES_MAX = 64 };

/* One event. `variables` is an environment (KEY=VALUE, ended by NULL) that points into `text`. */
struct uevent {
    char text[UEVENT_SIZE_MAX + 1];
    char *variables[UEVENT_VARIABLES_MAX + 1];
    int count;
};

/* Opens the socket on which the kernel tells its events. Gives -1 (errno set) on failure. */
int uevent_open(void);

/* Takes the next event; waits for it if there is none. Gives 1 for an event, 0 for a message that
 * was not the kernel's (try again), -1 (errno set) when the socket failed. */
int uevent_read(int socket, struct uevent *event);

/* The value of a variable, or NULL. Belongs to the event. */
const char *uevent_get(const struct uevent *event, const char *key);

/* Starts `program` as the kernel starts its uevent helper: one argument, the subsystem; the event's
 * variables, HOME and PATH as its whole environment; nothing on standard input and output. Waits
 * `delay_ms` in the child first. Gives the child's process id, or -1. */
pid_t uevent_start_helper(const struct uevent *event, const char *program, unsigned delay_ms);

#endif
