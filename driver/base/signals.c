// A self-pipe: the handler writes a byte, nobody reads it.
#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

static int self_pipe[2] = {-1, -1};
static volatile sig_atomic_t first;
static volatile sig_atomic_t count;

static void on_signal(int signal) {
    const int saved = errno;
    if (signal == SIGALRM && count > 0)
        return; // the person was quicker
    if (first == 0)
        first = signal;
    count = count + 1;
    const ssize_t written = write(self_pipe[1], "", 1); // full: enough bytes are in it
    (void)written;
    errno = saved;
}

int signals_open(void) {
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};
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

void signals_limit(unsigned seconds) {
    const struct itimerval t = {.it_value = {.tv_sec = (time_t)seconds}};
    (void)setitimer(ITIMER_REAL, &t, NULL); // fails only for a time that cannot be
}

// What each signal means. The last row is for all others.
static const struct {
    int signal;
    enum exit_id id;
    const char *what;
    const char *says;
    const char *next;
} rows[] = {
    {SIGALRM, EXIT_ID_MAX_TIME, "the time of --max-time is up", "the time of --max-time is up",
     "run the same command again, with more --max-time, to go on"},
    {SIGTERM, EXIT_ID_TERMINATED, "a signal came", "SIGTERM ended the run",
     "run the same command again to go on"},
    {0, EXIT_ID_INTERRUPTED, "a signal came", "an interrupt ended the run",
     "run the same command again to go on"},
};

static size_t row(void) {
    size_t i = 0;
    while (rows[i].signal != 0 && rows[i].signal != first)
        i++;
    return i;
}

bool signals_is(enum exit_id id) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].id == id)
            return true;
    return false;
}

const char *signals_what(void) {
    return rows[row()].what;
}

enum exit_id signals_exit_id(void) {
    return rows[row()].id;
}

int signals_fail(struct failure *f) {
    const size_t i = row();
    return failure_set(f, rows[i].id, rows[i].next, "%s", rows[i].says);
}
