// termios, and the signals that must not leave a raw terminal behind. SIGINT, SIGTERM and SIGHUP
// are base/signals.h's: they end the run in order, which closes the terminal.
#include "report/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

struct terminal {
    struct termios before;
    bool raw;
    int signals; // SIGWINCH, SIGQUIT and SIGTSTP are blocked, and come here
    sigset_t blocked, mask_before;
};

bool terminal_is_there(void) {
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

struct terminal *terminal_open(void) {
    static const int caught[] = {SIGWINCH, SIGQUIT, SIGTSTP};
    struct terminal *t = terminal_is_there() ? calloc(1, sizeof *t) : NULL;
    if (t == NULL)
        return NULL;
    (void)sigemptyset(&t->blocked);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        (void)sigaddset(&t->blocked, caught[i]);
    t->signals = signalfd(-1, &t->blocked, SFD_CLOEXEC | SFD_NONBLOCK);
    if (t->signals < 0 || tcgetattr(STDIN_FILENO, &t->before) != 0) {
        if (t->signals >= 0)
            (void)close(t->signals);
        free(t);
        return NULL;
    }
    (void)sigprocmask(SIG_BLOCK, &t->blocked, &t->mask_before);
    return t;
}

void terminal_close(struct terminal *t) {
    if (t == NULL)
        return;
    terminal_lines(t);
    (void)close(t->signals);
    (void)sigprocmask(SIG_SETMASK, &t->mask_before, NULL);
    free(t);
}

static bool set(const struct termios *mode) {
    int rc;
    while ((rc = tcsetattr(STDIN_FILENO, TCSADRAIN, mode)) != 0 && errno == EINTR)
        ;
    return rc == 0;
}

bool terminal_raw(struct terminal *t) {
    struct termios mode = t->before;
    cfmakeraw(&mode);
    t->raw = set(&mode);
    return t->raw;
}

void terminal_lines(struct terminal *t) {
    if (t->raw)
        (void)set(&t->before);
    t->raw = false;
}

int terminal_fd(const struct terminal *t) {
    (void)t;
    return STDIN_FILENO;
}

int terminal_news_fd(const struct terminal *t) {
    return t->signals;
}

// The signal does now what it does to a program that does not care, with the terminal as it was.
static void let_happen(struct terminal *t, int number) {
    const bool raw = t->raw;
    sigset_t one;
    terminal_lines(t);
    (void)sigemptyset(&one);
    (void)sigaddset(&one, number);
    (void)raise(number);
    (void)sigprocmask(SIG_UNBLOCK, &one, NULL);
    (void)sigprocmask(SIG_BLOCK, &one, NULL); // it was a stop, and is over
    if (raw)
        (void)terminal_raw(t);
}

bool terminal_news(struct terminal *t) {
    struct signalfd_siginfo info;
    bool resized = false;
    while (read(t->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGWINCH)
            let_happen(t, (int)info.ssi_signo);
        resized = true; // or somebody else had the terminal meanwhile
    }
    return resized;
}

bool terminal_size(const struct terminal *t, unsigned *rows, unsigned *columns) {
    struct winsize size = {0};
    (void)t;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        return false;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return true;
}

ssize_t terminal_read(struct terminal *t, char *bytes, size_t size) {
    (void)t;
    const ssize_t n = read(STDIN_FILENO, bytes, size);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    return n > 0 ? n : -1;
}

void terminal_write(struct terminal *t, const void *bytes, size_t size) {
    const char *from = bytes;
    (void)t;
    while (size > 0) {
        const ssize_t n = write(STDOUT_FILENO, from, size);
        if (n > 0) {
            from += n;
            size -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
            (void)poll(&out, 1, -1);
        } else if (n < 0 && errno != EINTR)
            return; // it is gone; reading will tell
    }
}
