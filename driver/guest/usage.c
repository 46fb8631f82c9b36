// Reads stat, io and the threads' schedstat (proc(5)).
#include "guest/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SMALL = 16,           // bytes that a call moves without being about data: an event's are 8
    STATE_FIELD = 3,      // of /proc/PID/stat; 2 is the name in parentheses
    UTIME_FIELD = 14,     // and stime, cutime, cstime behind it
    TIMES = 4,            // of these
    FAMILY_MAX = 32,      // the process and those that it started, such as QEMU behind a wrapper
    NS_PER_MS = 1000000,  // of schedstat
    TICKS_A_SECOND = 100, // where the host does not say
};

// Reads a file of /proc into text; an empty string where that fails.
static void read_proc(pid_t pid, const char *name, char *text, size_t size) {
    char path[96];
    (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC); // such a file comes whole in one read
    const ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);
    text[n < 0 ? 0 : n] = '\0';
    if (fd >= 0)
        (void)close(fd);
}

// The blank before a field of stat, or NULL.
static char *field(char *text, int wanted) {
    char *at = strrchr(text, ')');
    for (int n = 2; at != NULL && n < wanted; n++)
        at = strchr(at + 1, ' ');
    return at;
}

static void look_at_stat(struct usage *u, pid_t pid) {
    char text[1024];
    read_proc(pid, "stat", text, sizeof text);
    char *at = field(text, STATE_FIELD);
    u->stopped = u->stopped || (at != NULL && (at[1] == 'T' || at[1] == 't'));
    at = field(text, UTIME_FIELD);
    if (at == NULL)
        return;
    uint64_t used = 0;
    for (int i = 0; i < TIMES; i++)
        used += strtoull(at + 1, &at, 10);
    const long ticks = sysconf(_SC_CLK_TCK);
    u->cpu_ms += used * 1000 / (ticks > 0 ? (uint64_t)ticks : TICKS_A_SECOND);
}

// The number behind a name in /proc/PID/io.
static uint64_t number(const char *text, const char *name) {
    const char *at = strstr(text, name);
    return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10);
}

static void look_at_io(struct usage *u, pid_t pid) {
    char text[512];
    read_proc(pid, "io", text, sizeof text);
    u->read_bytes += number(text, "rchar: ");
    u->written_bytes += number(text, "wchar: ");
    u->io_bytes = u->read_bytes + u->written_bytes;
    u->io_calls += number(text, "syscr: ") + number(text, "syscw: ");
}

// A process, and those that were started by it.
struct family {
    pid_t pids[FAMILY_MAX];
    size_t count;
};

// The processes that a thread has started.
static void look_at_children(struct family *all, pid_t pid, long thread) {
    char name[64];
    char text[512];
    (void)snprintf(name, sizeof name, "task/%ld/children", thread);
    read_proc(pid, name, text, sizeof text);
    char *at = text;
    for (long child; all->count < FAMILY_MAX && (child = strtol(at, &at, 10)) > 0;)
        all->pids[all->count++] = (pid_t)child;
}

// The second number of a thread's schedstat: nanoseconds of waiting for a processor.
static void look_at_threads(struct usage *u, struct family *all, pid_t pid) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *threads = opendir(path);
    if (threads == NULL)
        return;
    for (struct dirent *e; (e = readdir(threads)) != NULL;) {
        char name[64];
        char text[128];
        const long thread = strtol(e->d_name, NULL, 10);
        if (thread <= 0)
            continue;
        (void)snprintf(name, sizeof name, "task/%ld/schedstat", thread);
        read_proc(pid, name, text, sizeof text);
        const char *waited = strchr(text, ' ');
        if (waited != NULL)
            u->starved_ms += strtoull(waited, NULL, 10) / NS_PER_MS;
        look_at_children(all, pid, thread);
    }
    (void)closedir(threads);
}

struct usage usage_of(pid_t pid) {
    struct usage u = {0};
    struct family all = {.pids = {pid}, .count = 1};
    for (size_t i = 0; i < all.count; i++) {
        look_at_stat(&u, all.pids[i]);
        look_at_io(&u, all.pids[i]);
        look_at_threads(&u, &all, all.pids[i]);
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
