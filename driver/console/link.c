// Pumps bytes between the pty, the recording, the clean view and the two streams.
#include "console/link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/monotonic.h"
#include "console/news.h"
#include "console/stamp.h"
#include "console/view.h"

enum {
    HISTORY = 512,           // bytes kept for lookbehind
    PARTIAL_MAX = 64 * 1024, // longest partial match that is waited for
    READ_SIZE = 16 * 1024,
    LAST_LINE_MAX = 256,
    HELD_MS = 1000,       // silence after which the beginning of a kernel line is taken for text
    TRICKLE = 64,         // bytes of a read: fewer come from a guest that writes byte by byte,
    PILE_NS = 300 * 1000, // and are let pile up for so long, since each turn has its price;
    PILE_TEXT_NS = 4 * PILE_NS, // and longer while a text goes on, one such wait after the other,
    PILE_ECHO_NS = 6 * PILE_NS, // or as long as an echo takes
};

// The beginning of a line.
struct note {
    char text[LAST_LINE_MAX];
    size_t size;
    size_t solid; // without the blanks at its end
};

struct link {
    struct pty *pty;
    struct usage_reader *usage;
    struct record *record; // or NULL
    struct view *view;
    struct stream *text;
    struct stream *kernel;
    int stop_fd;
    int pid_fd;  // readable when the program has ended
    bool mute;   // the program reads no more; what it has written is still to be read
    bool closed; // the terminal is gone
    bool ended;
    bool no_memory;
    bool quick;       // the last read got many bytes
    uint64_t pile_ns; // how long bytes pile up now
    uint64_t read_ns; // when the last ones were read
    size_t expected;  // bytes that are still to come, see link_expect
    uint64_t byte_ns; // a byte of them takes about so long; 0: not known
    struct news text_news, kernel_news;
    struct stamp stamp;
    link_tap *tap; // or NULL
    void *tap_arg;
    link_mirror *mirror; // or NULL
    void *mirror_arg;
    char tail[LINK_TAIL]; // the last raw bytes; tail_size bytes before tail_end, round the corner
    size_t tail_end, tail_size;
    int status;
    struct note line;    // the line that is being written
    struct note last;    // the last one before it that had something in it
    int quiet_ms;        // so long has nothing come
    int wake_fd;         // see link_set_wake; or -1
    bool woken;          // see link_woken
    uint64_t cut;        // see link_set_cut; 0: not
    uint64_t in, out;    // bytes sent and read
    uint64_t limit;      // see link_set_limit
    link_before *before; // see link_set_gather; or NULL
    void *before_arg;
    bool gathers;
};

static void note_clear(struct note *n) {
    n->size = n->solid = 0;
}

// Adds to a line.
static void note_add(struct note *n, const char *text, size_t size) {
    const size_t room = LAST_LINE_MAX - n->size;
    memcpy(n->text + n->size, text, size < room ? size : room);
    n->size += size < room ? size : room;
    n->solid = n->size;
    while (n->solid > 0 && n->text[n->solid - 1] == ' ')
        n->solid--;
}

// Notes the last lines: from the end on, since those before them do not matter.
static void note_lines(struct link *l, const char *text, size_t size) {
    const char *end = memrchr(text, '\n', size);
    if (end == NULL) {
        note_add(&l->line, text, size);
        return;
    }
    const char *rest = end + 1;
    struct note found = {.solid = 0};
    for (const char *before; found.solid == 0 && end != NULL; end = before) {
        before = memrchr(text, '\n', (size_t)(end - text));
        const char *begin = before == NULL ? text : before + 1;
        if (before == NULL) // the line that was being written ends here
            found = l->line;
        else
            note_clear(&found);
        note_add(&found, begin, (size_t)(end - begin));
    }
    if (found.solid > 0)
        l->last = found;
    note_clear(&l->line);
    note_add(&l->line, rest, size - (size_t)(rest - text));
}

static void on_text(void *arg, const char *text, size_t size) {
    struct link *l = arg;
    note_lines(l, text, size);
    news_feed(&l->text_news, text, size);
    if (l->tap != NULL)
        l->tap(l->tap_arg, false, text, size);
    if (stream_append(l->text, text, size) != 0)
        l->no_memory = true;
}

static void on_kernel(void *arg, const char *text, size_t size) {
    struct link *l = arg;
    news_feed(&l->kernel_news, text, size);
    stamp_feed(&l->stamp, text, size);
    if (l->tap != NULL)
        l->tap(l->tap_arg, true, text, size);
    if (stream_append(l->kernel, text, size) != 0)
        l->no_memory = true;
}

struct link *link_new(struct pty *pty, struct record *record, int stop_fd) {
    struct link *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    l->pty = pty;
    l->record = record;
    l->stop_fd = stop_fd;
    l->wake_fd = -1;
    l->limit = UINT64_MAX;
    l->pid_fd = (int)syscall(SYS_pidfd_open, pty_pid(pty), 0); // close-on-exec by itself
    l->usage = usage_reader_new(pty_pid(pty));
    l->view = view_new(on_text, on_kernel, l);
    l->text = stream_new(HISTORY, PARTIAL_MAX);
    l->kernel = stream_new(HISTORY, PARTIAL_MAX);
    if (l->usage == NULL || l->view == NULL || l->text == NULL || l->kernel == NULL) {
        l->pty = NULL; // stays the caller's
        link_free(l);
        return NULL;
    }
    return l;
}

void link_traces(struct link *l, bool lift) {
    view_traces(l->view, lift);
    if (lift)
        record_traces(l->record);
}

void link_free(struct link *l) {
    if (l == NULL)
        return;
    if (l->pid_fd >= 0)
        (void)close(l->pid_fd);
    usage_reader_free(l->usage);
    view_free(l->view);
    stream_free(l->text);
    stream_free(l->kernel);
    pty_free(l->pty);
    free(l);
}

static void keep_tail(struct link *l, const char *bytes, size_t size) {
    if (size > LINK_TAIL) {
        bytes += size - LINK_TAIL;
        size = LINK_TAIL;
    }
    const size_t first = size < LINK_TAIL - l->tail_end ? size : LINK_TAIL - l->tail_end;
    memcpy(l->tail + l->tail_end, bytes, first);
    memcpy(l->tail, bytes + first, size - first);
    l->tail_end = (l->tail_end + size) % LINK_TAIL;
    l->tail_size = l->tail_size + size < LINK_TAIL ? l->tail_size + size : LINK_TAIL;
}

size_t link_tail(const struct link *l, char bytes[LINK_TAIL]) {
    const size_t begin = (l->tail_end + LINK_TAIL - l->tail_size) % LINK_TAIL;
    const size_t first = l->tail_size < LINK_TAIL - begin ? l->tail_size : LINK_TAIL - begin;
    memcpy(bytes, l->tail + begin, first);
    memcpy(bytes + first, l->tail, l->tail_size - first);
    return l->tail_size;
}

// How many bytes are read at once: most often few. xorshift64*.
static size_t next_cut(struct link *l) {
    static const size_t longest[] = {1, 2, 5, 30, 200, 5000};
    l->cut ^= l->cut >> 12;
    l->cut ^= l->cut << 25;
    l->cut ^= l->cut >> 27;
    const uint64_t number = (l->cut * 2685821657736338717ULL) >> 16;
    return 1 + (size_t)(number / 8 % longest[number % (sizeof longest / sizeof *longest)]);
}

// Reads what there is. Returns false when there was nothing.
static bool take_in(struct link *l, struct failure *f, bool *failed) {
    char own[READ_SIZE];
    char *room = record_room(l->record, READ_SIZE);
    char *bytes = room == NULL ? own : room;
    // One read at a time: while its bytes are looked at, the pty takes in more.
    const size_t wanted = l->cut == 0 ? READ_SIZE : next_cut(l);
    const ssize_t n =
        pty_read(l->pty, bytes, wanted < l->limit - l->out ? wanted : (size_t)(l->limit - l->out));
    if (n < 0)
        l->closed = true;
    if (n <= 0)
        return false;
    l->quiet_ms = 0;
    l->quick = n >= TRICKLE;
    keep_tail(l, bytes, (size_t)n);
    if (l->mirror != NULL)
        l->mirror(l->mirror_arg, bytes, (size_t)n);
    l->out += (uint64_t)n;
    if (room != NULL)
        record_output_here(l->record, (size_t)n);
    if (record_failed(l->record, f) != 0) {
        *failed = true;
        return true;
    }
    view_feed(l->view, bytes, (size_t)n);
    if (l->no_memory) {
        (void)failure_set(f, EXIT_ID_INTERNAL, "free some memory and run again",
                          "there is no memory for the console's text");
        *failed = true;
    }
    return true;
}

// Reads on, while gathering, up to where the recorded run had read.
static void gather(struct link *l, struct failure *f, bool *failed) {
    if (!l->gathers || l->before == NULL)
        return;
    while (!*failed && !l->closed && l->out < l->limit &&
           l->out < l->before(l->before_arg, l->in, l->out)) {
        struct pollfd fds[] = {{.fd = pty_fd(l->pty), .events = POLLIN},
                               {.fd = l->wake_fd, .events = POLLIN},
                               {.fd = l->stop_fd, .events = POLLIN}};
        if (poll(fds, sizeof fds / sizeof *fds, -1) > 0 && fds[2].revents != 0)
            return;
        if (fds[0].revents != 0)
            (void)take_in(l, f, failed);
    }
}

// The first byte of some has come. An emulated serial port brings one at a time, tens of
// microseconds apart, or hundreds from a BIOS.
static void pile_up(struct link *l, bool watch_stop, uint64_t now) {
    struct pollfd stop = {.fd = watch_stop ? l->stop_fd : -1, .events = POLLIN};
    if (l->quick)
        return;
    const bool goes_on = l->pile_ns > 0 && now - l->read_ns < PILE_TEXT_NS;
    l->pile_ns = !goes_on ? PILE_NS : l->pile_ns < PILE_TEXT_NS ? 2 * l->pile_ns : PILE_TEXT_NS;
    uint64_t ns = l->pile_ns;
    if (l->expected > 0)
        ns = l->expected * l->byte_ns;
    ns = ns < PILE_NS ? PILE_NS : ns > PILE_ECHO_NS ? PILE_ECHO_NS : ns;
    const struct timespec wait = {.tv_nsec = (long)ns};
    (void)ppoll(&stop, 1, &wait, NULL);
}

// So many bytes have come in so long. When there might have been more by then, that is the pace of
// an echo; else it is quicker.
static void learn_pace(struct link *l, size_t size, uint64_t ns) {
    if (l->expected == 0)
        return;
    l->byte_ns = size < l->expected ? ns / size : l->byte_ns - l->byte_ns / 4;
    l->expected -= size < l->expected ? size : l->expected;
}

enum link_event link_pump(struct link *l, int timeout_ms, bool watch_stop, struct failure *f) {
    if (l->ended)
        return LINK_GONE;
    bool failed = false;
    struct pollfd fds[4] = {
        {.fd = l->closed || l->out == l->limit ? -1 : pty_fd(l->pty),
         .events = (short)(POLLIN | (pty_pending(l->pty) && !l->mute ? POLLOUT : 0))},
        {.fd = watch_stop ? l->stop_fd : -1, .events = POLLIN},
        // The program's end counts once its terminal has been read to the end.
        {.fd = l->closed ? l->pid_fd : -1, .events = POLLIN},
        {.fd = l->wake_fd, .events = POLLIN},
    };
    const int n = poll(fds, sizeof fds / sizeof *fds, timeout_ms);
    l->woken = n > 0 && fds[3].revents != 0;
    if (n < 0)
        return errno == EINTR && watch_stop && l->stop_fd >= 0 ? LINK_STOP : LINK_QUIET;
    if (fds[1].revents != 0)
        return LINK_STOP;
    if (pty_pending(l->pty) && !l->mute && !l->closed && pty_flush(l->pty) != 0)
        l->mute = true;
    const uint64_t first = fds[0].revents == 0 ? 0 : monotonic_ns();
    const uint64_t before = l->out;
    if (fds[0].revents == POLLIN)
        pile_up(l, watch_stop, first);
    if (fds[0].revents != 0 && take_in(l, f, &failed)) {
        l->read_ns = monotonic_ns();
        learn_pace(l, (size_t)(l->out - before), l->read_ns - first);
        gather(l, f, &failed);
        return failed ? LINK_ERROR : LINK_TEXT;
    }
    if (l->closed && pty_ended(l->pty, &l->status)) {
        view_end(l->view);
        l->ended = true;
        return LINK_GONE;
    }
    if (n == 0 && timeout_ms > 0)
        link_waited(l, timeout_ms);
    return LINK_QUIET;
}

void link_waited(struct link *l, int ms) {
    l->quiet_ms += ms < HELD_MS ? ms : HELD_MS;
    if (l->quiet_ms < HELD_MS)
        return;
    view_idle(l->view);
    l->quiet_ms = 0;
}

void link_set_wake(struct link *l, int fd) {
    l->wake_fd = fd;
}

bool link_woken(const struct link *l) {
    return l->woken;
}

void link_set_cut(struct link *l, uint64_t seed) {
    l->cut = seed;
}

void link_set_limit(struct link *l, uint64_t out) {
    l->limit = out < l->out ? l->out : out;
}

void link_set_gather(struct link *l, link_before *before, void *arg) {
    l->before = before;
    l->before_arg = arg;
}

void link_gather(struct link *l, bool on) {
    struct failure ignored;
    bool failed = false;
    l->gathers = on;
    gather(l, &ignored, &failed);
}

void link_counts(const struct link *l, uint64_t *in, uint64_t *out) {
    *in = l->in;
    *out = l->out;
}

bool link_asked(struct link *l) {
    return view_asked(l->view);
}

bool link_ended(const struct link *l) {
    return l->ended;
}

void link_send(struct link *l, const char *bytes, size_t size) {
    if (l->mute || l->closed)
        return;
    record_input(l->record, bytes, size);
    l->in += size;
    if (pty_write(l->pty, bytes, size) != 0)
        l->mute = true;
}

void link_expect(struct link *l, size_t size) {
    l->expected = size;
}

void link_set_tap(struct link *l, link_tap *tap, void *arg) {
    l->tap = tap;
    l->tap_arg = arg;
}

void link_set_mirror(struct link *l, link_mirror *mirror, void *arg) {
    l->mirror = mirror;
    l->mirror_arg = arg;
}

struct stream *link_text(struct link *l) {
    return l->text;
}

struct stream *link_kernel(struct link *l) {
    return l->kernel;
}

const char *link_last_line(const struct link *l, size_t *size) {
    const struct note *n = l->line.solid > 0 ? &l->line : &l->last;
    *size = n->solid;
    return n->text;
}

uint64_t link_news(const struct link *l) {
    return l->text_news.count + l->kernel_news.count;
}

int link_status(const struct link *l) {
    return l->status;
}

struct pty *link_pty(struct link *l) {
    return l->pty;
}

struct record *link_record(struct link *l) {
    return l->record;
}

uint64_t link_stamp_ms(const struct link *l) {
    return l->stamp.ms;
}

struct usage link_usage(const struct link *l) {
    return usage_read(l->usage);
}
