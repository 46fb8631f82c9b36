// Notes are put together here so that the caller's function stays simple.
#include "iso/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/signals.h"

void watch_note(const struct iso_watch *w, const char *text, ...) {
    char line[1024];
    va_list args;
    va_start(args, text);
    (void)vsnprintf(line, sizeof line, text, args);
    va_end(args);
    w->note(w->data, line);
}

int watch_wait(const struct iso_watch *w, int milliseconds) {
    struct pollfd p = {.fd = w->stop_fd, .events = POLLIN};
    const int n = poll(&p, 1, milliseconds);
    return n > 0 || (n < 0 && errno == EINTR) ? -1 : 0;
}

enum exit_id watch_stop_id(void) {
    return signals_exit_id();
}

bool watch_was_stopped(const struct failure *f) {
    return signals_is(f->id);
}
