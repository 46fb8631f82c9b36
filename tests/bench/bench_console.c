// How fast the console is read: bench_console [MB] reads so much console text (50 MB)
// - from a pty, doing nothing with it: the floor;
// - from a pty, through view and stream with six patterns that match only at the end;
// - the same from memory, in pieces of 4 KiB;
// three times each, and prints the medians. `bench_console write MB` is the program on the pty.
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "console/stream.h"
#include "console/view.h"
#include "guest/pty.h"

enum { MB = 1000000, PIECE = 4096, READ_SIZE = 16384, RUNS = 3, PATTERNS = 6 };

// Boot messages, a service's lines with colours, tables, and every eighth line the kernel's.
static const char *const lines[] = {
    "/dev/sda1 *  0,8,9       33,0,16            512      33279      32768 16.0M 83 Linux\r\n",
    " * Starting busybox mdev ...\r\n\033[A\033[68G \033[1;34m[ \033[1;32mok \033[1;34m]\033[m\r\n",
    "Pass 2: Checking directory structure\r\n",
    "(3/6) Installing e2fsprogs-libs (1.47.0-r5)\r\n",
    "-rw-r--r--    1 root     root         12345 Nov 22 18:18 \033[0;0m/lib/modules/x.ko\033[m\r\n",
    "The partition table has been altered.\r\n",
    "Partition 2 has different physical/logical end:\r\n     phys=(244,13,13) "
    "logical=(15,92,13)\r\n",
    "[   12.345678] usb 1-1: new high-speed USB device number 2 using xhci_hcd\r\n",
};

static const char *const regexes[PATTERNS] = {
    "localhost login: ",
    "Command \\(m for help\\): ",
    "^(?<name>\\S+): (?<files>\\d+)/\\d+ files \\(",
    "^OK: \\d+ MiB in \\d+ packages",
    "~ # <done (?<rc>\\d+)>",
    "Kernel panic - not syncing: (?<why>[^\\n]*)\\n",
};

static const char *const ending =
    "rootfs: 11/6656 files (0.0% non-contiguous)\r\nlocalhost login: ";

// A buffer of at least `size` bytes of lines, then the ending. Sets *size to what it is.
static char *make_text(size_t *size) {
    char *text = malloc(*size + 512);
    if (text == NULL)
        abort();
    size_t used = 0;
    for (size_t i = 0; used < *size; i++) {
        const char *line = lines[i % (sizeof lines / sizeof *lines)];
        memcpy(text + used, line, strlen(line));
        used += strlen(line);
    }
    memcpy(text + used, ending, strlen(ending) + 1);
    *size = used + strlen(ending);
    return text;
}

static int write_text(size_t size) {
    char *text = make_text(&size);
    for (size_t done = 0; done < size;) {
        ssize_t n = write(1, text + done, size - done < PIECE ? size - done : PIECE);
        if (n < 0)
            return 1;
        done += (size_t)n;
    }
    free(text);
    return 0;
}

struct console {
    struct view *view;
    struct stream *text, *kernel;
    struct pattern *patterns[PATTERNS];
    unsigned matches;
};

static void on_text(void *arg, const char *text, size_t size) {
    struct console *c = arg;
    if (stream_append(c->text, text, size) != 0)
        abort();
}

static void on_kernel(void *arg, const char *text, size_t size) {
    struct console *c = arg;
    if (stream_append(c->kernel, text, size) != 0)
        abort();
}

static void console_open(struct console *c) {
    char why[256];
    *c = (struct console){.text = stream_new(512, 65536), .kernel = stream_new(512, 65536)};
    c->view = view_new(on_text, on_kernel, c);
    for (size_t i = 0; i < PATTERNS; i++)
        c->patterns[i] = pattern_compile(regexes[i], why, sizeof why);
    if (c->view == NULL || c->text == NULL || c->kernel == NULL ||
        stream_watch(c->text, c->patterns, PATTERNS) != 0 ||
        stream_watch(c->kernel, &c->patterns[PATTERNS - 1], 1) != 0)
        abort();
}

static void console_feed(struct console *c, const char *bytes, size_t size) {
    view_feed(c->view, bytes, size);
    while (stream_find(c->text, false) >= 0)
        c->matches++;
    while (stream_find(c->kernel, false) >= 0)
        c->matches++;
}

static void console_close(struct console *c) {
    if (c->matches != 2) // both of the ending
        abort();
    view_free(c->view);
    stream_free(c->text);
    stream_free(c->kernel);
    for (size_t i = 0; i < PATTERNS; i++)
        pattern_free(c->patterns[i]);
}

struct cost {
    double wall, cpu; // seconds, cpu of this process alone
};

static double seconds(clockid_t clock) {
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct cost now(void) {
    return (struct cost){seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID)};
}

static struct cost since(struct cost begin) {
    struct cost end = now();
    return (struct cost){end.wall - begin.wall, end.cpu - begin.cpu};
}

// Reads the program's output, into a console or nowhere.
static struct cost read_pty(const char *self, const char *megabytes, bool match) {
    char *argv[] = {(char *)self, (char *)"write", (char *)megabytes, NULL};
    struct failure f;
    struct console c;
    char bytes[READ_SIZE];
    if (match)
        console_open(&c);
    struct cost begin = now();
    struct pty *p = pty_spawn(argv, &f);
    if (p == NULL) {
        (void)fprintf(stderr, "%s\n", f.what);
        exit(1);
    }
    for (;;) {
        ssize_t n = pty_read(p, bytes, sizeof bytes);
        if (n < 0)
            break;
        if (n > 0 && match)
            console_feed(&c, bytes, (size_t)n);
        struct pollfd pfd = {.fd = pty_fd(p), .events = POLLIN};
        while (n == 0 && poll(&pfd, 1, -1) < 0 && errno == EINTR)
            ;
    }
    struct cost cost = since(begin);
    pty_free(p);
    if (match)
        console_close(&c);
    return cost;
}

static struct cost read_memory(const char *text, size_t size) {
    struct console c;
    console_open(&c);
    struct cost begin = now();
    for (size_t done = 0; done < size; done += PIECE)
        console_feed(&c, text + done, size - done < PIECE ? size - done : PIECE);
    struct cost cost = since(begin);
    console_close(&c);
    return cost;
}

static int by_wall(const void *a, const void *b) {
    double x = ((const struct cost *)a)->wall, y = ((const struct cost *)b)->wall;
    return (x > y) - (x < y);
}

static void print(const char *what, struct cost *costs, size_t size, double floor) {
    qsort(costs, RUNS, sizeof *costs, by_wall);
    struct cost median = costs[RUNS / 2];
    (void)printf("| %-28s | %6.1f | %5.2f | %5.2f | %5.2f |\n", what,
                 (double)size / MB / median.wall, floor / median.wall, median.wall, median.cpu);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "write") == 0)
        return write_text((size_t)strtoul(argv[2], NULL, 10) * MB);
    const char *megabytes = argc > 1 ? argv[1] : "50";
    size_t size = (size_t)strtoul(megabytes, NULL, 10) * MB;
    struct cost floor[RUNS], matched[RUNS], memory[RUNS];
    for (int i = 0; i < RUNS; i++) { // in turns, so that a busy moment hits all alike
        floor[i] = read_pty(argv[0], megabytes, false);
        matched[i] = read_pty(argv[0], megabytes, true);
    }
    // What reading and matching needed at most; the text in memory comes after it.
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    char *text = make_text(&size);
    for (int i = 0; i < RUNS; i++)
        memory[i] = read_memory(text, size);
    free(text);

    (void)printf("| %-28s |   MB/s | floor |  wall |   cpu |\n", "reader");
    (void)printf("|------------------------------|--------|-------|-------|-------|\n");
    qsort(floor, RUNS, sizeof *floor, by_wall);
    double floor_wall = floor[RUNS / 2].wall;
    print("pty, read only", floor, size, floor_wall);
    print("pty, view and six patterns", matched, size, floor_wall);
    print("memory, view and six patterns", memory, size, floor_wall);
    (void)printf("peak memory of the readers on the pty: %ld KiB\n", usage.ru_maxrss);
    return 0;
}
