// How fast a console is read, beside other readers: bench_console MB ROUNDS FOLDER EXPECTL.
// FOLDER holds the scripts for Tcl expect and pexpect, EXPECTL is libexpect's own reader.
//
// Each reader is a program of its own that starts the writer on a pty, reads what it writes until
// the last of six patterns has matched, and prints its wall time, processor time and peak memory.
// The readers take turns, ROUNDS times; medians are shown. Slow ones get a part of the text only.
// Then the driver's own matching, from memory, for 1 to 200 MB.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/monotonic.h"
#include "console/link.h"
#include "console/stream.h"
#include "console/view.h"
#include "console_text.h"
#include "guest/pty.h"
#include "record/record.h"

enum {
    PIECE = 4096,
    READ_SIZE = 16384,
    ROUNDS_MAX = 15,
    PATTERNS = 6,
    HISTORY = 512,
    LIMIT = 65536
};

// All that the dialogues of e2fsck and resize2fs look for.
static const char *const regexes[PATTERNS] = {
    "^(?<repair>[^\\n]+)\\n[A-Z][A-Za-z +/-]{0,40}\\? yes\\n",
    "^(?<repair>[^\\n]*\\?) yes\\n",
    "No such (?:file or directory|device)[^\\n]*\\n|Possibly non-existent device",
    "No such (?:file or directory|device)[^\\n]*\\n",
    "^(?<resize2fs_says>(?:resize2fs: |Please run |open: |The containing )[^\\n]*)\\n",
    " is (?:now|already) (?<blocks>\\d+) \\(\\d+k\\) blocks long",
};

// ---- The writer.

static int write_all(const char *bytes, size_t size) {
    while (size > 0) {
        const ssize_t n = write(1, bytes, size < PIECE ? size : PIECE);
        if (n < 0)
            return -1;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

static int write_text(size_t size) {
    struct termios mode;
    if (tcgetattr(1, &mode) == 0) { // as QEMU does: CR LF stays CR LF
        cfmakeraw(&mode);
        (void)tcsetattr(1, TCSANOW, &mode);
    }
    size_t block_size = 0;
    char *block = text_block(&block_size);
    for (size_t done = 0; done < size;) {
        const size_t n = size - done < block_size ? size - done : block_size;
        if (write_all(block, n) != 0)
            return 1;
        done += n;
    }
    free(block);
    return write_all("\r\n", 2) == 0 && write_all(text_ending, strlen(text_ending)) == 0 ? 0 : 1;
}

// ---- The driver's readers.

static struct pattern *patterns[PATTERNS];

static void patterns_make(void) {
    char why[256];
    for (size_t i = 0; i < PATTERNS; i++)
        if ((patterns[i] = pattern_compile(regexes[i], why, sizeof why)) == NULL)
            abort();
}

static void watch(struct stream *text, struct stream *kernel) {
    if (stream_watch(text, patterns, PATTERNS) != 0 || stream_watch(kernel, &patterns[3], 1) != 0)
        abort();
}

// Returns how many matches there were.
static unsigned look(struct stream *text, struct stream *kernel) {
    unsigned matches = 0;
    while (stream_find(text, false) >= 0)
        matches++;
    while (stream_find(kernel, false) >= 0)
        matches++;
    return matches;
}

static struct pty *start(const char *self, const char *megabytes) {
    char *argv[] = {(char *)self, (char *)"write", (char *)megabytes, NULL};
    struct failure f;
    struct pty *p = pty_spawn(argv, &f);
    if (p == NULL) {
        (void)fprintf(stderr, "%s\n", f.what);
        exit(1);
    }
    return p;
}

// Reads, and does nothing with it: the floor.
static int read_only(const char *self, const char *megabytes) {
    static char bytes[READ_SIZE];
    const struct cost begin = cost_begin();
    struct pty *p = start(self, megabytes);
    for (ssize_t n; (n = pty_read(p, bytes, sizeof bytes)) >= 0;) {
        struct pollfd pfd = {.fd = pty_fd(p), .events = POLLIN};
        while (n == 0 && poll(&pfd, 1, -1) < 0 && errno == EINTR)
            ;
    }
    cost_print(cost_since(begin));
    pty_free(p);
    return 0;
}

// Removes a recording, with its folder.
static void remove_recording(const char *folder) {
    static const char *const names[] = {"output.log", "input.log", "timing.log", "session.cast",
                                        "events.jsonl"};
    char path[4096];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

// As a run does: link, view with un-mixing, two streams, patterns; and a recording, if wanted. Its
// keeper, a process of its own, is none of the driver's time, and is waited for afterwards.
static int read_link(const char *self, const char *megabytes, bool recorded) {
    struct failure f;
    char folder[] = "/tmp/qemu-grow-bench.XXXXXX";
    char *note = NULL;
    struct options o = {.transcript = folder};
    struct record *record = recorded ? record_new(monotonic_seconds()) : NULL;
    if (recorded && (mkdtemp(folder) == NULL || record_open(record, &o, &note, &f) != 0))
        return 1;
    patterns_make();
    const struct cost begin = cost_begin();
    struct link *l = link_new(start(self, megabytes), record, -1);
    if (l == NULL)
        return 1;
    watch(link_text(l), link_kernel(l));
    unsigned matches = 0;
    while (link_pump(l, 1000, false, &f) != LINK_GONE)
        matches += look(link_text(l), link_kernel(l));
    struct cost cost = cost_since(begin);
    struct rusage children;
    link_free(l);
    const int rc = record_close(record, &f);
    (void)getrusage(RUSAGE_CHILDREN, &children);
    cost.others = (double)(children.ru_utime.tv_sec + children.ru_stime.tv_sec) +
                  (double)(children.ru_utime.tv_usec + children.ru_stime.tv_usec) / 1e6;
    cost_print(cost);
    if (recorded)
        remove_recording(folder);
    return rc == 0 && matches == 2 ? 0 : 1;
}

struct memory {
    struct view *view;
    struct stream *text, *kernel;
    unsigned matches;
};

static void on_text(void *arg, const char *text, size_t size) {
    if (stream_append(((struct memory *)arg)->text, text, size) != 0)
        abort();
}

static void on_kernel(void *arg, const char *text, size_t size) {
    if (stream_append(((struct memory *)arg)->kernel, text, size) != 0)
        abort();
}

static void memory_feed(struct memory *m, const char *bytes, size_t size) {
    for (size_t done = 0; done < size; done += PIECE) {
        view_feed(m->view, bytes + done, size - done < PIECE ? size - done : PIECE);
        m->matches += look(m->text, m->kernel);
    }
}

// From memory, in pieces.
static int read_memory(size_t size) {
    patterns_make();
    struct memory m = {.text = stream_new(HISTORY, LIMIT), .kernel = stream_new(HISTORY, LIMIT)};
    m.view = view_new(on_text, on_kernel, &m);
    if (m.view == NULL || m.text == NULL || m.kernel == NULL)
        return 1;
    watch(m.text, m.kernel);
    size_t block_size = 0;
    char *block = text_block(&block_size);
    const struct cost begin = cost_begin();
    for (size_t done = 0; done < size; done += block_size)
        memory_feed(&m, block, size - done < block_size ? size - done : block_size);
    memory_feed(&m, "\r\n", 2);
    memory_feed(&m, text_ending, strlen(text_ending));
    cost_print(cost_since(begin));
    free(block);
    view_free(m.view);
    stream_free(m.text);
    stream_free(m.kernel);
    return m.matches == 2 ? 0 : 1;
}

// ---- The comparison.

// Where a reader's command has a place for one of these, and for the megabytes in the end.
enum { SELF, EXPECT_SCRIPT, PEXPECT_SCRIPT, EXPECTL, GIVENS };
static const char *const given_names[GIVENS] = {"SELF", "EXP", "PY", "EXPECTL"};

enum { WORDS_MAX = 5 };

struct reader {
    const char *name;
    const char *command[WORDS_MAX]; // words, or names of what is given
    unsigned long most;             // MB that it gets at most
    unsigned long size;             // MB that it got
    struct cost costs[ROUNDS_MAX];
};

static const struct reader readers_all[] = {
    {.name = "pty, read only", .command = {"SELF", "read"}, .most = 1000},
    {.name = "the driver", .command = {"SELF", "link"}, .most = 1000},
    {.name = "the driver, recording", .command = {"SELF", "record"}, .most = 1000},
    {.name = "exp_expectl, match_max 2000", .command = {"EXPECTL", "SELF"}, .most = 50},
    {.name = "Tcl expect, match_max 2000", .command = {"expect", "EXP", "SELF"}, .most = 10},
    {.name = "pexpect, searchwindowsize=None", .command = {"python3", "PY", "SELF"}, .most = 1},
    {.name = "pexpect, searchwindowsize=2000",
     .command = {"python3", "PY", "--window", "SELF"},
     .most = 10},
    {.name = "the driver, from memory", .command = {"SELF", "memory"}, .most = 1000},
};
enum { READERS = sizeof readers_all / sizeof *readers_all, FLOOR = 0, DRIVER = 1, RECORDING = 2 };

static void die(const char *what) {
    (void)fprintf(stderr, "bench_console: %s failed\n", what);
    exit(1);
}

// Runs a reader for so many megabytes and takes the line that it prints.
static struct cost measure(const struct reader *r, const char *const given[GIVENS],
                           unsigned long megabytes) {
    char number[32], line[256];
    char *argv[WORDS_MAX + 2] = {NULL};
    size_t count = 0;
    (void)snprintf(number, sizeof number, "%lu", megabytes);
    for (; count < WORDS_MAX && r->command[count] != NULL; count++) {
        argv[count] = (char *)r->command[count];
        for (size_t i = 0; i < GIVENS; i++)
            if (strcmp(argv[count], given_names[i]) == 0)
                argv[count] = (char *)given[i];
    }
    argv[count] = number;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        die("pipe2");
    const pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], 1);
        (void)execvp(argv[0], argv);
        _exit(127);
    }
    (void)close(ends[1]);
    size_t size = 0;
    for (ssize_t n; (n = read(ends[0], line + size, sizeof line - 1 - size)) > 0;)
        size += (size_t)n;
    line[size] = '\0';
    (void)close(ends[0]);
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        die(r->name);
    char *at = line;
    struct cost c = {.wall = strtod(at, &at)};
    c.cpu = strtod(at, &at);
    c.peak = strtol(at, &at, 10);
    c.others = strtod(at, &at);
    return c;
}

static int by_wall(const void *a, const void *b) {
    const double x = ((const struct cost *)a)->wall, y = ((const struct cost *)b)->wall;
    return (x > y) - (x < y);
}

static double rate(const struct reader *r, unsigned rounds) {
    return (double)r->size / r->costs[rounds / 2].wall;
}

// The driver with a recording beside the driver without: medians by processor time.
static int by_cpu(const void *a, const void *b) {
    const double x = ((const struct cost *)a)->cpu, y = ((const struct cost *)b)->cpu;
    return (x > y) - (x < y);
}

static void recording(struct reader *readers, unsigned rounds) {
    struct cost *without = readers[DRIVER].costs;
    struct cost *with = readers[RECORDING].costs;
    qsort(without, rounds, sizeof *without, by_cpu);
    qsort(with, rounds, sizeof *with, by_cpu);
    const double a = without[rounds / 2].cpu, b = with[rounds / 2].cpu;
    (void)printf(
        "\nThe recording's part of the driver's own processor time: %.1f %% of %.2f s "
        "(medians; least %.2f s without, %.2f s with). The keeper, a process of its own, took "
        "%.2f s.\n",
        100 * (b - a) / a, a, without[0].cpu, with[0].cpu,
        with[rounds / 2].others - without[rounds / 2].others);
}

static void compare(const char *const given[GIVENS], unsigned long megabytes, unsigned rounds) {
    static struct reader readers[READERS];
    memcpy(readers, readers_all, sizeof readers);
    for (unsigned round = 0; round < rounds; round++) // in turns: a busy moment hits all alike
        for (size_t i = 0; i < READERS; i++) {
            struct reader *r = &readers[i];
            r->size = megabytes < r->most ? megabytes : r->most;
            r->costs[round] = measure(r, given, r->size);
        }
    for (size_t i = 0; i < READERS; i++)
        qsort(readers[i].costs, rounds, sizeof *readers[i].costs, by_wall);
    (void)printf(
        "| reader | MB read | MB/s | to the floor | driver to it | CPU, s | CPU, ns per byte "
        "| peak, KiB |\n|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < READERS; i++) {
        const struct reader *r = &readers[i];
        const struct cost *c = &r->costs[rounds / 2];
        (void)printf("| %s | %lu | %.3g | %.2f | %.2f | %.2f | %.2f | %ld |\n", r->name, r->size,
                     rate(r, rounds), rate(r, rounds) / rate(&readers[FLOOR], rounds),
                     rate(&readers[DRIVER], rounds) / rate(r, rounds), c->cpu,
                     c->cpu * 1e9 / ((double)r->size * MB), c->peak);
    }
    recording(readers, rounds);
}

// What a byte costs, by the size of the text.
static void growth(const char *const given[GIVENS], unsigned rounds) {
    static const unsigned sizes[] = {1, 10, 50, 200};
    (void)printf("\n| MB | matching from memory, ns of CPU per byte (best of %u) | peak, KiB |\n"
                 "|---|---|---|\n",
                 rounds);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct cost best = {0};
        for (unsigned round = 0; round < rounds; round++) {
            const struct cost c = measure(&readers_all[READERS - 1], given, sizes[i]);
            if (round == 0 || c.cpu < best.cpu)
                best = c;
        }
        (void)printf("| %u | %.2f | %ld |\n", sizes[i], best.cpu * 1e9 / ((double)sizes[i] * MB),
                     best.peak);
    }
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "write") == 0)
        return write_text(strtoul(argv[2], NULL, 10) * MB);
    if (argc == 3 && strcmp(argv[1], "read") == 0)
        return read_only(argv[0], argv[2]);
    if (argc == 3 && strcmp(argv[1], "link") == 0)
        return read_link(argv[0], argv[2], false);
    if (argc == 3 && strcmp(argv[1], "record") == 0)
        return read_link(argv[0], argv[2], true);
    if (argc == 3 && strcmp(argv[1], "memory") == 0)
        return read_memory(strtoul(argv[2], NULL, 10) * MB);
    if (argc != 5) {
        (void)fprintf(stderr, "bench_console MB ROUNDS FOLDER EXPECTL\n");
        return 2;
    }
    char script[2][4096];
    (void)snprintf(script[0], sizeof script[0], "%s/bench_console.exp", argv[3]);
    (void)snprintf(script[1], sizeof script[1], "%s/bench_console.py", argv[3]);
    const char *const given[GIVENS] = {[SELF] = argv[0],
                                       [EXPECT_SCRIPT] = script[0],
                                       [PEXPECT_SCRIPT] = script[1],
                                       [EXPECTL] = argv[4]};
    const unsigned long rounds = strtoul(argv[2], NULL, 10);
    const unsigned kept = rounds < 1 ? 1 : rounds > ROUNDS_MAX ? ROUNDS_MAX : (unsigned)rounds;
    compare(given, strtoul(argv[1], NULL, 10), kept);
    growth(given, kept);
    return 0;
}
