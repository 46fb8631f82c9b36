// Runs a host program and collects what it writes, in one poll loop.
#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/signals.h"

// One of the program's two output streams.
struct stream {
    int read_fd, write_fd; // -1 once closed
    char *text;
    size_t size, max; // bytes
    bool cut;
};

// See run_watch.
static struct {
    run_watcher *tell;
    void *arg;
} watch;

void run_watch(run_watcher *watcher, void *arg) {
    watch.tell = watcher;
    watch.arg = arg;
}

static void tell(char *const argv[], const int *status) {
    if (watch.tell != NULL)
        watch.tell(watch.arg, argv, status);
}

static void close_fd(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int stream_open(struct stream *s, size_t max) {
    int fds[2];
    s->read_fd = s->write_fd = -1;
    s->size = 0;
    s->max = max;
    s->cut = false;
    s->text = malloc(max + 1);
    if (s->text == NULL)
        return -1;
    s->text[0] = '\0';
    if (pipe2(fds, O_CLOEXEC) != 0)
        return -1;
    s->read_fd = fds[0];
    s->write_fd = fds[1];
    return fcntl(s->read_fd, F_SETFL, O_NONBLOCK);
}

// Takes all that is there now; closes the stream at its end.
static void stream_drain(struct stream *s) {
    char bytes[4096];
    while (s->read_fd >= 0) {
        ssize_t n = read(s->read_fd, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            close_fd(&s->read_fd);
            return;
        }
        size_t room = s->max - s->size;
        size_t keep = (size_t)n < room ? (size_t)n : room;
        memcpy(s->text + s->size, bytes, keep);
        s->size += keep;
        s->text[s->size] = '\0';
        s->cut = s->cut || keep < (size_t)n;
    }
}

static void stream_close(struct stream *s) {
    close_fd(&s->read_fd);
    close_fd(&s->write_fd);
}

// Starts the program with its output on the two streams. Returns 0 or an errno.
static int start(pid_t *pid, char *const argv[], const struct stream *out,
                 const struct stream *err) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    int e = posix_spawn_file_actions_init(&files);
    if (e != 0)
        return e;
    e = posix_spawnattr_init(&attributes);
    if (e != 0) {
        posix_spawn_file_actions_destroy(&files);
        return e;
    }
    if ((e = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)) == 0 &&
        (e = posix_spawn_file_actions_adddup2(&files, out->write_fd, 1)) == 0 &&
        (e = posix_spawn_file_actions_adddup2(&files, err->write_fd, 2)) == 0 &&
        (e = posix_spawnattr_setsigmask(&attributes, &none)) == 0 &&
        (e = posix_spawnattr_setsigdefault(&attributes, &all)) == 0 &&
        (e = posix_spawnattr_setpgroup(&attributes, 0)) == 0 &&
        (e = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                       POSIX_SPAWN_SETPGROUP)) == 0)
        e = posix_spawnp(pid, argv[0], &files, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return e;
}

static int reap(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status;
}

// Collects both streams until the program has ended. A child of the program that keeps a stream
// open does not keep this waiting: the program's own end, told by the pidfd, is what counts. Where
// the kernel gives no pidfd (-1), the streams' ends are waited for instead. True when stop_fd
// fired.
static bool collect(pid_t pid, struct stream *out, struct stream *err, int pidfd, int stop_fd) {
    bool stopped = false;
    bool ended = false;
    while (!ended && (pidfd >= 0 || out->read_fd >= 0 || err->read_fd >= 0)) {
        struct pollfd fds[] = {
            {.fd = out->read_fd, .events = POLLIN},
            {.fd = err->read_fd, .events = POLLIN},
            {.fd = pidfd, .events = POLLIN},
            {.fd = stopped ? -1 : stop_fd, .events = POLLIN},
        };
        if (poll(fds, sizeof fds / sizeof fds[0], -1) < 0)
            continue; // EINTR, or no memory for a moment
        ended = fds[2].revents != 0;
        stream_drain(out);
        stream_drain(err);
        if (fds[3].revents != 0) {
            stopped = true;
            (void)kill(-pid, SIGTERM);
        }
    }
    return stopped;
}

int run_program(struct run_result *r, char *const argv[], int stop_fd, struct failure *f) {
    *r = (struct run_result){.status = -1};
    struct stream out = {.read_fd = -1, .write_fd = -1};
    struct stream err = {.read_fd = -1, .write_fd = -1};
    pid_t pid = -1;
    bool stopped = false;
    int e = 0;
    if (stream_open(&out, RUN_OUT_MAX) != 0 || stream_open(&err, RUN_ERR_MAX) != 0)
        e = errno;
    if (e == 0)
        e = start(&pid, argv, &out, &err);
    if (e == 0) {
        close_fd(&out.write_fd);
        close_fd(&err.write_fd);
        tell(argv, NULL);
        int pidfd = pidfd_open(pid, 0);
        stopped = collect(pid, &out, &err, pidfd, stop_fd);
        close_fd(&pidfd);
        r->status = reap(pid);
        tell(argv, &r->status);
    }
    stream_close(&out);
    stream_close(&err);
    r->out = out.text;
    r->out_size = out.size;
    r->err = err.text;
    r->err_size = err.size;
    r->cut = out.cut || err.cut;
    if (pid < 0 && (e == ENOENT || e == EACCES || e == ENOEXEC || e == ENOTDIR))
        return failure_set(f, EXIT_ID_PROGRAM_MISSING, "install it, or give its path by an option",
                           "%s cannot be run: %s", argv[0], strerror(e));
    if (e != 0)
        return failure_set(f, EXIT_ID_INTERNAL, NULL, "%s cannot be started: %s", argv[0],
                           strerror(e));
    if (stopped) {
        struct failure why;
        (void)signals_fail(&why);
        return failure_set(f, why.id, why.next, "%s while %s ran", why.what, argv[0]);
    }
    return 0;
}

void run_free(struct run_result *r) {
    free(r->out);
    free(r->err);
    *r = (struct run_result){.status = -1};
}

bool run_ok(const struct run_result *r) {
    return WIFEXITED(r->status) && WEXITSTATUS(r->status) == 0;
}

static bool executable(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *run_find(const char *name) {
    if (strchr(name, '/') != NULL)
        return executable(name) ? strdup(name) : NULL;
    const char *path = getenv("PATH");
    if (path == NULL)
        path = "/usr/local/bin:/usr/bin:/bin";
    while (name[0] != '\0') {
        size_t size = strcspn(path, ":");
        // An empty element means the working directory.
        char *candidate = NULL;
        if (asprintf(&candidate, "%.*s/%s", size == 0 ? 1 : (int)size, size == 0 ? "." : path,
                     name) < 0)
            return NULL;
        if (executable(candidate))
            return candidate;
        free(candidate);
        if (path[size] == '\0')
            break;
        path += size + 1;
    }
    return NULL;
}
