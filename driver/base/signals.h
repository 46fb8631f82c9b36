// SIGINT, SIGTERM, SIGHUP and the end of --max-time (SIGALRM) as something to poll for.
#ifndef QEMU_GROW_BASE_SIGNALS_H
#define QEMU_GROW_BASE_SIGNALS_H

#include <stdbool.h>

#include "base/failure.h"

// Installs the handlers (and ignores SIGPIPE); 0, or -1 with errno. Handlers are process-wide state
// by their nature: this and run_watch's are the only mutable globals of the program.
int signals_open(void);

int signals_fd(void);    // readable once a signal has come, and stays so
int signals_first(void); // the first that came, or 0
int signals_count(void); // how many have come; the end of the time counts only as the first

// From now on so many seconds until the time is up, which is then a signal like the others.
void signals_limit(unsigned seconds);

// Whether a failure says that a signal ended the run.
bool signals_is(enum exit_id id);

// "a signal came", or that the time is up: a clause for people.
const char *signals_what(void);

enum exit_id signals_exit_id(void);

// Fills *f for the first signal that came; returns -1.
int signals_fail(struct failure *f);

#endif
