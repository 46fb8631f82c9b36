// What a caller can hear and say while an ISO is being got.
#ifndef QEMU_GROW_ISO_WATCH_H
#define QEMU_GROW_ISO_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

struct iso_watch {
    void *data;  // for the calls
    int stop_fd; // readable once everything shall stop; or -1
    // One line for the user.
    void (*note)(void *data, const char *line);
    // So many of `total` bytes (0: not known) of the file called `name` are there. Called often;
    // over: for the last time.
    void (*progress)(void *data, const char *name, uint64_t done, uint64_t total, int over);
};

// Gives the line, put together printf-style, to w->note.
void watch_note(const struct iso_watch *w, const char *text, ...)
    __attribute__((format(printf, 2, 3)));

// Waits so many milliseconds. 0, or -1 when it is time to stop.
int watch_wait(const struct iso_watch *w, int milliseconds);

// The id of a failure that a signal is the reason of: as run_program has it.
enum exit_id watch_stop_id(void);

// Whether the failure is one of those.
bool watch_was_stopped(const struct failure *f);

#endif
