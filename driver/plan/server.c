// An abstract Unix socket, clone, PR_SET_PDEATHSIG.
#include "plan/server.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LISTEN_FD = 3, PID_SIZE = 32, EXEC_FAILED = 127, STACK_SIZE = 64 * 1024 };

// What the child has from us. It runs in our memory until it executes the program: copying the
// tables of ours would take longer than all that it does.
struct start {
    char *const *argv;
    char **env;
    char listen_pid[PID_SIZE]; // in env; the child's to fill in
    int listening, said;
    pid_t parent;
};

// Runs in the child, all signals blocked. Nothing of our memory is changed but what is meant for
// it.
static int become(void *data) {
    struct start *s = data;
    sigset_t none;
    sigemptyset(&none);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != s->parent) // it was killed before that
        _exit(EXEC_FAILED);
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setpgid(0, 0); // Ctrl-C at our terminal is ours
    (void)snprintf(s->listen_pid, sizeof s->listen_pid, "LISTEN_PID=%d", (int)getpid());
    if (s->said >= 0)
        (void)dup2(s->said, STDERR_FILENO);
    if ((s->listening == LISTEN_FD ? fcntl(s->listening, F_SETFD, 0)
                                   : dup2(s->listening, LISTEN_FD)) < 0)
        _exit(EXEC_FAILED);
    (void)execve(s->argv[0], s->argv, s->env);
    _exit(EXEC_FAILED);
}

// Our environment with that of a socket's activation. NULL without memory; free() it.
static char **environment(char *listen_pid) {
    static char listen_fds[] = "LISTEN_FDS=1";
    size_t count = 0;
    while (environ[count] != NULL)
        count++;
    char **env = calloc(count + 3, sizeof *env);
    if (env == NULL)
        return NULL;
    char **next = env;
    *next++ = listen_pid;
    *next++ = listen_fds;
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "LISTEN_", strlen("LISTEN_")) != 0)
            *next++ = environ[i];
    return env;
}

// The child's number, or -1 with errno.
static pid_t start(char *const argv[], int listening, int said) {
    struct start s = {.argv = argv, .listening = listening, .said = said, .parent = getpid()};
    s.env = environment(s.listen_pid);
    char *stack = malloc(STACK_SIZE);
    pid_t pid = -1;
    if (stack != NULL && s.env != NULL) {
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        (void)sigprocmask(SIG_SETMASK, &all, &before);
        pid = clone(become, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, &s);
        (void)sigprocmask(SIG_SETMASK, &before, NULL); // which cannot fail
    } else {
        errno = ENOMEM;
    }
    const int saved = errno;
    free(stack);
    free(s.env);
    errno = saved;
    return pid;
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
    const int listening = listen_somewhere(&name, &size);
    if (listening < 0)
        return -1;
    // Connected before the server is there: the kernel keeps us waiting in the socket's queue.
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&name, size) == 0)
        s->pid = start(argv, listening, s->said);
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
