// Reads stat, io and the threads' schedstat (proc(5)).
#include "guest/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SMALL = 16,           // bytes that a call moves without being about data: an event's are 8
    STATE_FIELD = 3,      // of /proc/PID/stat; 2 is the name in parentheses
    UTIME_FIELD = 14,     // and stime, cutime, cstime behind it
    THREADS_FIELD = 20,   // how many there are
    TIMES = 4,            // of these
    FAMILY_MAX = 32,      // the process and those that it started, such as QEMU behind a wrapper
    NS_PER_MS = 1000000,  // of schedstat
    TICKS_A_SECOND = 100, // where the host does not say
};

// A thread, with files of /proc that are kept open: to read one anew costs a fraction of opening
// it.
struct thread {
    long id;
    int schedstat, children; // or -1
};

struct process {
    pid_t pid;    // 0: none
    int stat, io; // or -1
    struct thread *threads;
    size_t count;
    bool seen; // in the present look
};

struct usage_reader {
    pid_t pid;
    struct process family[FAMILY_MAX];
};

static void close_file(int fd) {
    if (fd >= 0)
        (void)close(fd);
}

static int open_file(pid_t pid, const char *name) {
    char path[96];
    (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

// Reads such a file from its beginning, which gives what is so now; an empty string where that
// fails. False: it is that of a process or a thread that is gone, or was never there.
static bool read_file(int fd, char *text, size_t size) {
    const ssize_t n = fd < 0 ? -1 : pread(fd, text, size - 1, 0); // it comes whole in one read
    text[n < 0 ? 0 : n] = '\0';
    return n >= 0;
}

static void close_thread(struct thread *t) {
    close_file(t->schedstat);
    close_file(t->children);
}

static void close_process(struct process *p) {
    close_file(p->stat);
    close_file(p->io);
    for (size_t i = 0; i < p->count; i++)
        close_thread(&p->threads[i]);
    free(p->threads);
    *p = (struct process){.stat = -1, .io = -1};
}

// The process with this number; NULL where there are too many.
static struct process *find_process(struct usage_reader *r, pid_t pid) {
    struct process *room = NULL;
    for (size_t i = FAMILY_MAX; i-- > 0;) {
        if (r->family[i].pid == pid)
            return &r->family[i];
        if (r->family[i].pid == 0)
            room = &r->family[i];
    }
    if (room != NULL)
        *room = (struct process){
            .pid = pid, .stat = open_file(pid, "stat"), .io = open_file(pid, "io")};
    return room;
}

static void add_thread(struct process *p, long id) {
    char name[64];
    for (size_t i = 0; i < p->count; i++)
        if (p->threads[i].id == id)
            return;
    struct thread *more = reallocarray(p->threads, p->count + 1, sizeof *more);
    if (more == NULL)
        return;
    p->threads = more;
    struct thread *t = &p->threads[p->count++];
    t->id = id;
    (void)snprintf(name, sizeof name, "task/%ld/schedstat", id);
    t->schedstat = open_file(p->pid, name);
    (void)snprintf(name, sizeof name, "task/%ld/children", id);
    t->children = open_file(p->pid, name);
}

// Finds threads that are new.
static void find_threads(struct process *p) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%ld/task", (long)p->pid);
    DIR *threads = opendir(path);
    if (threads == NULL)
        return;
    for (struct dirent *e; (e = readdir(threads)) != NULL;) {
        const long id = strtol(e->d_name, NULL, 10);
        if (id > 0)
            add_thread(p, id);
    }
    (void)closedir(threads);
}

// The blank before a field of stat, or NULL.
static char *field(char *text, int wanted) {
    char *at = strrchr(text, ')');
    for (int n = 2; at != NULL && n < wanted; n++)
        at = strchr(at + 1, ' ');
    return at;
}

// *threads: how many there are now. False: the process is gone.
static bool look_at_stat(struct usage *u, const struct process *p, size_t *threads) {
    char text[1024];
    *threads = 0;
    if (!read_file(p->stat, text, sizeof text))
        return false;
    char *at = field(text, STATE_FIELD);
    u->stopped = u->stopped || (at != NULL && (at[1] == 'T' || at[1] == 't'));
    at = field(text, THREADS_FIELD);
    if (at != NULL)
        *threads = strtoul(at, NULL, 10);
    at = field(text, UTIME_FIELD);
    if (at == NULL)
        return true;
    uint64_t used = 0;
    for (int i = 0; i < TIMES; i++)
        used += strtoull(at + 1, &at, 10);
    const long ticks = sysconf(_SC_CLK_TCK);
    u->cpu_ms += used * 1000 / (ticks > 0 ? (uint64_t)ticks : TICKS_A_SECOND);
    return true;
}

// The number behind a name in /proc/PID/io.
static uint64_t number(const char *text, const char *name) {
    const char *at = strstr(text, name);
    return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10);
}

static void look_at_io(struct usage *u, const struct process *p) {
    char text[512];
    (void)read_file(p->io, text, sizeof text);
    u->read_bytes += number(text, "rchar: ");
    u->written_bytes += number(text, "wchar: ");
    u->io_bytes = u->read_bytes + u->written_bytes;
    u->io_calls += number(text, "syscr: ") + number(text, "syscw: ");
}

// The processes that are still to be looked at.
struct walk {
    struct process *at[FAMILY_MAX];
    size_t count;
};

static void walk_to(struct walk *w, struct usage_reader *r, pid_t pid) {
    struct process *p = find_process(r, pid);
    if (p == NULL || p->seen || w->count == FAMILY_MAX)
        return;
    p->seen = true;
    w->at[w->count++] = p;
}

// A thread's waiting for a processor, the second number (nanoseconds) of its schedstat, and the
// processes that it has started. False: it is gone.
static bool look_at_thread(struct usage *u, struct usage_reader *r, struct walk *w,
                           const struct thread *t) {
    char text[512];
    const bool there = read_file(t->schedstat, text, sizeof text);
    const char *waited = strchr(text, ' ');
    if (waited != NULL)
        u->starved_ms += strtoull(waited, NULL, 10) / NS_PER_MS;
    (void)read_file(t->children, text, sizeof text);
    char *at = text;
    for (long child; (child = strtol(at, &at, 10)) > 0;)
        walk_to(w, r, (pid_t)child);
    return there;
}

// As many threads as are known, all of them still there: so none of them is new.
static void look_at_threads(struct usage *u, struct usage_reader *r, struct walk *w,
                            struct process *p, size_t threads) {
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (look_at_thread(u, r, w, &p->threads[i]))
            p->threads[kept++] = p->threads[i];
        else
            close_thread(&p->threads[i]);
    }
    p->count = kept;
    if (kept == threads)
        return;
    find_threads(p);
    for (size_t i = kept; i < p->count; i++)
        (void)look_at_thread(u, r, w, &p->threads[i]);
}

struct usage_reader *usage_reader_new(pid_t pid) {
    struct usage_reader *r = calloc(1, sizeof *r);
    if (r != NULL)
        r->pid = pid;
    return r;
}

void usage_reader_free(struct usage_reader *r) {
    for (size_t i = 0; r != NULL && i < FAMILY_MAX; i++)
        if (r->family[i].pid != 0)
            close_process(&r->family[i]);
    free(r);
}

struct usage usage_read(struct usage_reader *r) {
    struct usage u = {0};
    struct walk w = {.count = 0};
    walk_to(&w, r, r->pid);
    for (size_t i = 0; i < w.count; i++) {
        size_t threads = 0;
        w.at[i]->seen = look_at_stat(&u, w.at[i], &threads);
        if (!w.at[i]->seen)
            continue;
        look_at_io(&u, w.at[i]);
        look_at_threads(&u, r, &w, w.at[i], threads);
    }
    for (size_t i = 0; i < FAMILY_MAX; i++) {
        if (r->family[i].pid != 0 && !r->family[i].seen)
            close_process(&r->family[i]);
        r->family[i].seen = false;
    }
    return u;
}

uint64_t usage_data(const struct usage *before, const struct usage *after) {
    if (after->io_bytes <= before->io_bytes || after->io_calls < before->io_calls)
        return 0; // the process has ended, or nothing was moved
    const uint64_t bytes = after->io_bytes - before->io_bytes;
    const uint64_t small = (after->io_calls - before->io_calls) * SMALL;
    return bytes > small ? bytes - small : 0;
}
