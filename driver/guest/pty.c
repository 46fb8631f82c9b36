// A program on a pseudo-terminal: libexpect spawns it, everything around it is seen to here.
//
// What exp_spawnv leaves to its caller, and where it is dealt with:
// - it loses the child when a signal arrives meanwhile, and the child inherits what is blocked or
//   ignored: spawn() blocks all signals, child_prelude() resets them in the child;
// - the child keeps a copy of stderr and whatever else is open: child_prelude() marks all of it;
// - after a failed exec the child calls exit(): child_prelude() sees that no handler runs;
// - it leaves descriptors behind (/dev/tty, six pipe ends when fork fails, the master when exec
//   fails): spares_close() and pty_spawn() close them;
// - it gets descriptors 0 to 2 wrong when one of them is closed in the parent: low_fds_fill();
// - its own pty is cooked, 0x0 and opened in the child: pty_open() makes one that is right.
#include "guest/pty.h"

#include <errno.h>
#include <expect.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum {
    SPARES = 7, // descriptors that exp_spawnv opens at most: /dev/tty and three pipes
    QUEUE_MIN = 4096,
    EXEC_FAILED = 127,
    STATUS_UNKNOWN = 0xff00 // as waitpid tells exit code 255
};

struct pty {
    int fd; // the master
    pid_t pid;
    bool ended; // reaped; status is what waitpid gave
    int status;
    char *queue; // bytes that the terminal has not taken yet: head..tail of size
    size_t head, tail, size;
};

static void close_open(int fd) {
    if (fd >= 0)
        (void)close(fd);
}

// Runs in the child as the first exit handler, and so keeps those of the parent from running.
static void child_exit(void) {
    _exit(EXEC_FAILED);
}

// What the child inherits besides 0, 1 and 2: libexpect hands the prelude nothing.
static const int *kept_fds;
static size_t kept_count;

// Runs in the child just before exec.
static void child_prelude(void) {
    if (atexit(child_exit) != 0)
        _exit(EXEC_FAILED);
    // Close-on-exec, not closed: libexpect tells the errno of a failed exec through one of them.
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
        long max = sysconf(_SC_OPEN_MAX);
        for (int fd = 3; fd < (max > 3 ? max : 1024); fd++)
            (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    for (size_t i = 0; i < kept_count; i++)
        if (kept_fds[i] >= 0)
            (void)fcntl(kept_fds[i], F_SETFD, 0);
    for (int sig = 1; sig < NSIG; sig++)
        (void)signal(sig, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

// Fills those of descriptors 0 to 2 that are closed. Returns how many were; -1 and errno.
static int low_fds_fill(int filled[3]) {
    int n = 0;
    for (;;) {
        int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd < 0) {
            while (n > 0)
                (void)close(filled[--n]);
            return -1;
        }
        if (fd > 2 || n == 3) {
            (void)close(fd);
            return n;
        }
        filled[n++] = fd;
    }
}

// Opens master and slave: raw, no echo, 80x24, non-blocking on the master's side.
static int pty_open(int *master, int *slave) {
    *master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    *slave = -1;
    if (*master < 0)
        return -1;
    struct termios t;
    struct winsize size = {.ws_row = PTY_ROWS, .ws_col = PTY_COLUMNS};
    if (grantpt(*master) == 0 && unlockpt(*master) == 0) {
        *slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (*slave >= 0 && tcgetattr(*slave, &t) == 0) {
            cfmakeraw(&t);
            if (tcsetattr(*slave, TCSANOW, &t) == 0 && ioctl(*slave, TIOCSWINSZ, &size) == 0)
                return 0;
        }
    }
    int saved = errno;
    close_open(*slave);
    (void)close(*master);
    errno = saved;
    return -1;
}

// The lowest descriptor numbers that are free: what libexpect opens will get them. Fails with
// EMFILE when there are not enough, so that libexpect never runs out of them half-way.
static int spares_find(int spares[SPARES]) {
    int n = 0;
    while (n < SPARES) {
        int fd = fcntl(0, F_DUPFD_CLOEXEC, 3);
        if (fd < 0)
            break;
        spares[n++] = fd;
    }
    int saved = errno;
    for (int i = 0; i < n; i++)
        (void)close(spares[i]);
    errno = saved;
    return n == SPARES ? 0 : -1;
}

static void spares_close(const int spares[SPARES]) {
    for (int i = 0; i < SPARES; i++)
        if (fcntl(spares[i], F_GETFD) >= 0)
            (void)close(spares[i]);
}

// exp_spawnv on a pty of ours, with nothing left behind but the child. Closes slave in any case.
// Returns the child's pid, or -1 and errno.
static pid_t spawn(char *const argv[], int master, int slave, const int *keep, size_t count) {
    int spares[SPARES];
    if (spares_find(spares) != 0) {
        int saved = errno;
        (void)close(slave);
        errno = saved;
        return -1;
    }
    sigset_t all, before;
    sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, &before);

    exp_autoallocpty = 0;
    exp_ttyinit = 0;
    exp_pty[0] = master;
    exp_pty[1] = slave;
    exp_pid = 0;
    exp_child_exec_prelude = child_prelude;
    kept_fds = keep;
    kept_count = count;
    int got = exp_spawnv(argv[0], (char **)argv);
    int saved = errno;
    exp_child_exec_prelude = NULL;
    kept_count = 0;
    if (exp_pid <= 0) // it did not come to a fork, nor to closing the slave
        (void)close(slave);
    else if (got < 0 && waitpid(exp_pid, NULL, WNOHANG) == 0) {
        // Only a failed exec is reaped by libexpect.
        (void)kill(exp_pid, SIGKILL);
        (void)waitpid(exp_pid, NULL, 0);
    }
    spares_close(spares);

    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return got < 0 ? -1 : exp_pid;
}

// A child's status is lost when SIGCHLD is ignored, as some parents leave it.
static void sigchld_unignore(void) {
    struct sigaction now;
    if (sigaction(SIGCHLD, NULL, &now) != 0)
        return;
    bool bare = (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_IGN;
    if (!bare && (now.sa_flags & SA_NOCLDWAIT) == 0)
        return;
    if (bare)
        now.sa_handler = SIG_DFL;
    now.sa_flags &= ~SA_NOCLDWAIT;
    (void)sigaction(SIGCHLD, &now, NULL);
}

struct pty *pty_spawn(char *const argv[], struct failure *f) {
    return pty_spawn_keeping(argv, NULL, 0, f);
}

struct pty *pty_spawn_keeping(char *const argv[], const int *keep, size_t count,
                              struct failure *f) {
    if (argv == NULL || argv[0] == NULL) {
        (void)failure_set(f, EXIT_ID_INTERNAL, NULL, "no program was named");
        return NULL;
    }
    struct pty *p = calloc(1, sizeof *p);
    if (p == NULL) {
        (void)failure_set(f, EXIT_ID_INTERNAL, NULL, "no memory to start %s", argv[0]);
        return NULL;
    }
    sigchld_unignore();
    int filled[3];
    int fills = low_fds_fill(filled);
    int slave = -1;
    p->fd = p->pid = -1;
    if (fills >= 0 && pty_open(&p->fd, &slave) == 0)
        p->pid = spawn(argv, p->fd, slave, keep, count);
    int why = errno;
    while (fills > 0)
        (void)close(filled[--fills]);
    if (p->pid > 0)
        return p;

    close_open(p->fd);
    free(p);
    if (why == ENOENT || why == EACCES || why == ENOEXEC)
        (void)failure_set(f, EXIT_ID_PROGRAM_MISSING, "install it, or say where it is",
                          "%s cannot be run: %s", argv[0], strerror(why));
    else
        (void)failure_set(f, EXIT_ID_QEMU_START, NULL, "%s could not be started: %s", argv[0],
                          strerror(why));
    return NULL;
}

int pty_fd(const struct pty *p) {
    return p->fd;
}

pid_t pty_pid(const struct pty *p) {
    return p->pid;
}

void pty_resize(struct pty *p, unsigned rows, unsigned columns) {
    const struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    (void)ioctl(p->fd, TIOCSWINSZ, &size); // a terminal that is gone has no size
}

ssize_t pty_read(struct pty *p, void *bytes, size_t size) {
    for (;;) {
        ssize_t n = read(p->fd, bytes, size);
        if (n > 0)
            return n;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return 0;
        return -1; // EIO: nobody has the slave open any more, and nothing is left to be read
    }
}

// A write to a pty that nobody has open succeeds, and is lost; only poll tells.
static bool is_gone(const struct pty *p) {
    struct pollfd pfd = {.fd = p->fd, .events = POLLOUT};
    int n;
    while ((n = poll(&pfd, 1, 0)) < 0 && errno == EINTR)
        ;
    return n > 0 && (pfd.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

int pty_flush(struct pty *p) {
    if (is_gone(p))
        return -1;
    while (p->head < p->tail) {
        ssize_t n = write(p->fd, p->queue + p->head, p->tail - p->head);
        if (n > 0)
            p->head += (size_t)n;
        else if (n == 0 || errno == EAGAIN || errno == EWOULDBLOCK)
            return 0;
        else if (errno != EINTR)
            return -1;
    }
    p->head = p->tail = 0;
    return 0;
}

int pty_write(struct pty *p, const void *bytes, size_t size) {
    if (size > p->size - p->tail && p->head > 0) {
        memmove(p->queue, p->queue + p->head, p->tail - p->head);
        p->tail -= p->head;
        p->head = 0;
    }
    if (size > p->size - p->tail) {
        size_t wanted = p->size == 0 ? QUEUE_MIN : p->size;
        while (wanted - p->tail < size) {
            if (wanted > SIZE_MAX / 2)
                return -1;
            wanted *= 2;
        }
        char *larger = realloc(p->queue, wanted);
        if (larger == NULL)
            return -1;
        p->queue = larger;
        p->size = wanted;
    }
    if (size > 0)
        memcpy(p->queue + p->tail, bytes, size);
    p->tail += size;
    return pty_flush(p);
}

bool pty_pending(const struct pty *p) {
    return p->head < p->tail;
}

// Takes waitpid's answer into p. True once the child has ended.
static bool reap(struct pty *p, int flags) {
    pid_t got = 0;
    while (!p->ended && (got = waitpid(p->pid, &p->status, flags)) < 0 && errno == EINTR)
        ;
    if (got < 0) // somebody else has reaped it: not to be taken for success
        p->status = STATUS_UNKNOWN;
    if (got != 0)
        p->ended = true;
    return p->ended;
}

bool pty_ended(struct pty *p, int *status) {
    if (!reap(p, WNOHANG))
        return false;
    if (status != NULL)
        *status = p->status;
    return true;
}

void pty_signal(struct pty *p, int signal) {
    if (p->ended)
        return;
    pid_t to = getpgid(p->pid) == p->pid ? -p->pid : p->pid;
    (void)kill(to, signal);
}

void pty_free(struct pty *p) {
    if (p == NULL)
        return;
    if (!reap(p, WNOHANG)) {
        pty_signal(p, SIGKILL);
        (void)reap(p, 0);
    }
    (void)close(p->fd);
    free(p->queue);
    free(p);
}
