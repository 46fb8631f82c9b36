// A self-pipe: the handler writes a byte, nobody reads it.
#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static int self_pipe[2] = {-1, -1};
static volatile sig_atomic_t first;
static volatile sig_atomic_t count;

static void on_signal(int signal) {
    const int saved = errno;
    if (first == 0)
        first = signal;
    count = count + 1;
    const ssize_t written = write(self_pipe[1], "", 1); // full: enough bytes are in it
    (void)written;
    errno = saved;
}

int signals_open(void) {
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
    if (pipe2(self_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    struct sigaction act = {.sa_handler = on_signal};
    (void)sigemptyset(&act.sa_mask);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
        struct sigaction old;
        // A signal that was ignored when we were started (nohup) stays ignored.
        if (sigaction(caught[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
            continue;
        if (sigaction(caught[i], &act, NULL) != 0)
            return -1;
    }
    act.sa_handler = SIG_IGN;
    return sigaction(SIGPIPE, &act, NULL);
}

int signals_fd(void) {
    return self_pipe[0];
}

int signals_first(void) {
    return first;
}

int signals_count(void) {
    return count;
}
