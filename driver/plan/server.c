// An abstract Unix socket, fork, PR_SET_PDEATHSIG.
#include "plan/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LISTEN_FD = 3, PID_DIGITS = 16, EXEC_FAILED = 127 };

// Runs in the child.
static _Noreturn void become(char *const argv[], int listening, int said, pid_t parent) {
    char pid[PID_DIGITS];
    sigset_t none;
    sigemptyset(&none);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) // it was killed before that
        _exit(EXEC_FAILED);
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setpgid(0, 0); // Ctrl-C at our terminal is ours
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    if (said >= 0)
        (void)dup2(said, STDERR_FILENO);
    if ((listening == LISTEN_FD ? fcntl(listening, F_SETFD, 0) : dup2(listening, LISTEN_FD)) < 0 ||
        setenv("LISTEN_PID", pid, 1) != 0 || setenv("LISTEN_FDS", "1", 1) != 0)
        _exit(EXEC_FAILED);
    (void)execv(argv[0], argv);
    _exit(EXEC_FAILED);
}

// A listening socket with a name that the kernel makes up, which is in no folder. -1 with errno.
static int listen_somewhere(struct sockaddr_un *name, socklen_t *size) {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    *size = sizeof *name;
    if (fd >= 0 && bind(fd, (const struct sockaddr *)name, sizeof name->sun_family) == 0 &&
        listen(fd, 1) == 0 && getsockname(fd, (struct sockaddr *)name, size) == 0)
        return fd;
    const int saved = errno;
    if (fd >= 0)
        (void)close(fd);
    errno = saved;
    return -1;
}

int server_start(struct server *s, char *const argv[]) {
    struct sockaddr_un name;
    socklen_t size;
    *s = (struct server){.pid = -1, .said = memfd_create("server", MFD_CLOEXEC)};
    const pid_t self = getpid();
    const int listening = listen_somewhere(&name, &size);
    if (listening < 0)
        return -1;
    // Connected before the server is there: the kernel keeps us waiting in the socket's queue.
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&name, size) == 0)
        s->pid = fork();
    if (s->pid == 0)
        become(argv, listening, s->said, self);
    const int saved = errno;
    (void)close(listening);
    if (s->pid < 0 && fd >= 0) {
        (void)close(fd);
        fd = -1;
    }
    errno = saved;
    return fd;
}

void server_words(const struct server *s, char *text, size_t size) {
    const ssize_t n = s->said < 0 ? 0 : pread(s->said, text, size - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
}

void server_end(struct server *s) {
    if (s->pid > 0) {
        (void)kill(s->pid, SIGTERM);
        while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (s->said >= 0)
        (void)close(s->said);
    *s = (struct server){.pid = -1, .said = -1};
}
