// A program on a pseudo-terminal of its own, by libexpect's exp_spawnv. The only file that knows
// libexpect. For a program of one thread.
#ifndef QEMU_GROW_GUEST_PTY_H
#define QEMU_GROW_GUEST_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/failure.h"

struct pty;

// Starts argv[0] (looked up in PATH) with its terminal on a new pty of 80 columns and 24 rows, raw
// and without echo from the first byte on; it leads a session and a process group of its own. The
// child gets no other descriptor than 0, 1 and 2, default signal actions and an empty signal mask.
// Returns NULL when the program cannot be started (EXIT_ID_PROGRAM_MISSING for ENOENT, EACCES and
// ENOEXEC, else EXIT_ID_QEMU_START), leaking nothing. A SIGCHLD that is ignored is set to its
// default, since no status could be had otherwise.
struct pty *pty_spawn(char *const argv[], struct failure *f);

// The same; the child inherits these descriptors besides, such as the lock of a disk (work/lock.h);
// negative ones are skipped.
struct pty *pty_spawn_keeping(char *const argv[], const int *keep, size_t count, struct failure *f);

int pty_fd(const struct pty *p); // the master: non-blocking, close-on-exec; for poll only
pid_t pty_pid(const struct pty *p);

// The terminal has another size from now on; the child is told by SIGWINCH.
void pty_resize(struct pty *p, unsigned rows, unsigned columns);
enum { PTY_COLUMNS = 80, PTY_ROWS = 24 }; // at first

// Bytes read (> 0), 0 when there are none now, -1 when the child has closed the terminal for good
// (everything it wrote has been read by then).
ssize_t pty_read(struct pty *p, void *bytes, size_t size);

// Queues and writes: takes all of the bytes; what the pty does not take now is written by the next
// pty_flush. Returns 0; -1 when the terminal is gone, or without memory. pty_pending tells whether
// POLLOUT is of interest.
int pty_write(struct pty *p, const void *bytes, size_t size);
int pty_flush(struct pty *p);
bool pty_pending(const struct pty *p);

// Reaps without waiting. True once the child has ended; *status (status may be NULL) as waitpid
// gives it, or that of exit code 255 when somebody else has reaped the child.
bool pty_ended(struct pty *p, int *status);

// Sends a signal to the child (its process group too, if it leads one), unless it has been reaped.
void pty_signal(struct pty *p, int signal);

// Closes the master. A child that still runs is killed (SIGKILL) and reaped.
void pty_free(struct pty *p);

#endif
