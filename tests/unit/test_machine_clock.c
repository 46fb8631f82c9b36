// The machine on a host whose clock is ours: a guest that falls silent, computes without end, says
// the same for ever or dies, in each state of the real dialogues, is told within the bound that
// patience.h states. No time passes.
#include "workspace.h"

#include <poll.h>

#include "dialogue/machine.h"
#include "dialogue/machine_impl.h"
#include "shell_link.h"

enum { TURN_MS = 1000, FIRST_WORDS_MS = 60000 };

// A host on which only the machine's looks make time go by.
struct host {
    uint64_t now_ms;
    struct usage usage;
    unsigned cpu; // thousandths of the time that QEMU computes
};

static uint64_t now_ms(void *data) {
    return ((struct host *)data)->now_ms;
}

static struct usage usage(void *data, const struct link *link) {
    (void)link;
    struct host *h = data;
    h->now_ms += TURN_MS;
    h->usage.cpu_ms += TURN_MS * h->cpu / 1000;
    h->usage.io_calls++; // timers
    h->usage.io_bytes += 8;
    return h->usage;
}

// Everything that one run needs, on the scripts of this source tree.
struct bench {
    FILE *out;
    struct report *report;
    struct vars *vars;
    struct link *link;
    struct machine *machine;
    struct host host;
};

static struct scripts *scripts;

static int load(void **state) {
    struct failure f = {0};
    scripts = scripts_load(SOURCE_DIR "/scripts", &f);
    if (scripts == NULL)
        print_error("%s\n", f.what);
    return scripts == NULL ? -1 : workspace_enter(state);
}

static int unload(void **state) {
    scripts_free(scripts);
    return workspace_leave(state);
}

static void open_bench(struct bench *b, const char *program, unsigned cpu) {
    *b = (struct bench){.host = {.now_ms = 5000, .cpu = cpu}};
    b->out = fopen("/dev/null", "we");
    assert_non_null(b->out);
    b->report = report_new(b->out, b->out, 1, false, false);
    b->vars = vars_new();
    char *script = NULL;
    assert_true(asprintf(&script, "stty raw -echo; %s", program) > 0);
    b->link = shell_link(script);
    free(script);
    assert_true(b->report != NULL && b->vars != NULL);
    b->machine = machine_new(scripts, b->vars, b->link, b->report, "disk", STAGE_ENLARGED);
    assert_non_null(b->machine);
    const struct machine_host host = {.now_ms = now_ms, .usage = usage, .data = &b->host};
    machine_set_host(b->machine, &host);
    b->machine->clock.landmark = 1; // as fast as the reference
}

static void close_bench(struct bench *b) {
    machine_free(b->machine);
    link_free(b->link);
    vars_free(b->vars);
    report_free(b->report);
    (void)fclose(b->out);
}

// Variables get a value when one is missed.
static bool learn(struct bench *b, const struct failure *f) {
    char name[64];
    const char *at = strstr(f->what, " variable `");
    if (f->id != EXIT_ID_SCRIPTS_BAD || at == NULL ||
        sscanf(at, " variable `%63[a-z0-9_]`", name) != 1)
        return false;
    assert_int_equal(vars_set(b->vars, name, "x"), 0);
    return true;
}

// Waits in a state, from its beginning. Returns how long that took, in milliseconds.
static uint64_t wait_in(struct bench *b, const struct dialogue *d, unsigned i, struct failure *f) {
    unsigned next = 0;
    uint64_t began = 0;
    do {
        struct failure ignored;
        *f = (struct failure){0};
        b->machine->command_prompt = scripts_prompt(scripts, "shell");
        b->machine->collect = d->states[i].collect;
        assert_int_equal(machine_fresh_mark(b->machine, &ignored), 0);
        began = b->host.now_ms;
        if (machine_wait(b->machine, d, &d->states[i], i, &next, f) == 0)
            return 0;
    } while (learn(b, f));
    return b->host.now_ms - began;
}

static bool waits(const struct state *s) {
    return s->expect_count > 0 || s->command != NULL || s->finish;
}

static const struct {
    const char *name;
    const char *program; // of sh -c
    bool says;           // something first
    unsigned cpu;
    enum exit_id id;
    const char *what;
} rows[] = {
    {"silent and idle", "cat >/dev/null", false, 5, EXIT_ID_GUEST_STUCK, "made no progress"},
    {"silent and computing", "cat >/dev/null", false, 1000, EXIT_ID_GUEST_STUCK,
     "made no progress"},
    {"says the same for ever", "yes 'ata1.00: status: { DRDY ERR }'", true, 900,
     EXIT_ID_GUEST_STUCK, "made no progress"},
    {"counts for ever", "seq -f 'sector %0.f of /dev/sr0' 100000000", true, 900,
     EXIT_ID_GUEST_STUCK, "made no progress"},
    {"dots for ever", "while sleep 0.01; do printf .; done", false, 100, EXIT_ID_GUEST_STUCK,
     "made no progress"},
    {"ends", "exit 3", false, 5, EXIT_ID_QEMU_DIED, "status 3"},
    {"is killed", "kill -9 $$", false, 5, EXIT_ID_QEMU_DIED, "signal 9"},
};

// One kind of guest in one state. False: the state was content with what the guest said. A child
// that has not begun yet is only silent for longer.
static bool in_state(size_t row, const struct dialogue *d, unsigned i) {
    struct bench b;
    struct failure f = {0};
    open_bench(&b, rows[row].program, rows[row].cpu);
    while (rows[row].says && link_news(b.link) == 0)
        if (link_pump(b.link, FIRST_WORDS_MS, false, &f) != LINK_TEXT)
            fail_msg("%s: it says nothing", rows[row].name);
    if (rows[row].id == EXIT_ID_QEMU_DIED)
        while (link_pump(b.link, FIRST_WORDS_MS, false, &f) != LINK_GONE)
            ;
    const uint64_t took = wait_in(&b, d, i, &f);
    if (f.id == EXIT_ID_OK && rows[row].says) { // any line is what this state looks for
        close_bench(&b);
        return false;
    }
    const struct state *s = &d->states[i];
    const double bound = machine_budget_ms(s) + 3 * TURN_MS;
    const bool stuck = rows[row].id == EXIT_ID_GUEST_STUCK;
    // A state may call it by another name.
    const struct failure_text *own =
        stuck && s->stuck != NULL ? scripts_failure(scripts, s->stuck) : NULL;
    const int id = own == NULL ? (int)rows[row].id : exit_id_by_name(own->exit);
    const char *what = own == NULL ? rows[row].what : "";
    if ((int)f.id != id || strstr(f.what, what) == NULL || (double)took > bound)
        fail_msg("%s in state %s/%s: %s (%s) after %ju ms", rows[row].name, d->dialogue, s->state,
                 exit_rows[f.id].name, f.what, (uintmax_t)took);
    if (stuck)
        assert_true((double)took >= machine_budget_ms(s) - 3 * TURN_MS);
    close_bench(&b);
    return true;
}

static void every_state(void **state) {
    (void)state;
    unsigned seen = 0;
    size_t told = 0;
    for (unsigned n = 0; n < scripts_count(scripts); n++) {
        const struct dialogue *d = scripts_at(scripts, n);
        for (unsigned i = 0; i < d->states_count; i++) {
            if (!waits(&d->states[i]))
                continue;
            seen++;
            for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
                told += in_state(row, d, i);
        }
    }
    assert_true(seen > 40);
    assert_true(told + 4 >= seen * (sizeof rows / sizeof *rows));
}

// QEMU is held by a signal: told long before patience is over.
static void stopped(void **state) {
    (void)state;
    struct bench b;
    struct failure f = {0};
    open_bench(&b, "cat >/dev/null", 0);
    b.host.usage.stopped = true;
    const struct dialogue *d = scripts_dialogue(scripts, "apk");
    assert_non_null(d);
    const uint64_t took = wait_in(&b, d, 0, &f);
    assert_id(&f, EXIT_ID_GUEST_STUCK);
    assert_non_null(strstr(f.what, "stopped by a signal"));
    assert_true(took <= 12000);
    close_bench(&b);
}

// The same bound at another pace, with more patience, and before anything is measured.
static void paces(void **state) {
    (void)state;
    static const struct {
        double landmark, scale, factor;
    } cases[] = {{1, 1, 1}, {0.1, 1, 1},        {50, 1, 50},
                 {2, 3, 6}, {0, 1, PACE_START}, {0.01, 0.1, 0.1}};
    const struct dialogue *d = scripts_dialogue(scripts, "apk");
    assert_non_null(d);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        struct failure f = {0};
        open_bench(&b, "cat >/dev/null", 5);
        const struct machine_limits limits = {.timeout_scale = cases[i].scale};
        machine_set_limits(b.machine, &limits);
        b.machine->clock.landmark = cases[i].landmark;
        const double took = (double)wait_in(&b, d, 0, &f);
        const double wanted = machine_budget_ms(&d->states[0]) * cases[i].factor;
        assert_id(&f, EXIT_ID_GUEST_STUCK);
        assert_true(took >= wanted - 3 * TURN_MS && took <= wanted + 3 * TURN_MS);
        close_bench(&b);
    }
}

static struct usage no_usage(void *data, const struct link *link) {
    (void)link;
    return ((struct host *)data)->usage;
}

// A short wait that begins between two looks at the clock: what was before it is none of its time.
static void between_looks(void **state) {
    (void)state;
    enum { LOOK_MS = 100, ECHO_MS = 5, BEFORE_MS = 90, AFTER_MS = 30 };
    static const char *const programs[] = {"echo a line; cat >/dev/null",
                                           "printf x; cat >/dev/null"};
    for (size_t i = 0; i < 2; i++) {
        struct bench b;
        struct failure f = {0};
        open_bench(&b, programs[i], 0);
        const struct machine_host host = {
            .now_ms = now_ms, .usage = no_usage, .data = &b.host, .turn_ms = LOOK_MS};
        machine_set_host(b.machine, &host);
        machine_start_clock(b.machine);
        b.machine->clock.landmark = 1;
        b.machine->echo_ms = ECHO_MS; // the wait is one of 40 ms
        b.host.now_ms += BEFORE_MS;
        machine_begin_quick_wait(b.machine, "an echo", 0);
        assert_false(machine_quiet(b.machine, 1));
        struct pollfd said = {.fd = pty_fd(link_pty(b.link)), .events = POLLIN};
        assert_int_equal(poll(&said, 1, FIRST_WORDS_MS), 1);
        b.host.now_ms += AFTER_MS;
        assert_int_equal(machine_turn(b.machine, &f), 0);
        assert_false(machine_quiet(b.machine, 3 * ECHO_MS + AFTER_MS));
        b.host.now_ms += LOOK_MS;
        assert_int_equal(machine_turn(b.machine, &f), 2); // silence that is all its own
        close_bench(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state),
        cmocka_unit_test(stopped),
        cmocka_unit_test(paces),
        cmocka_unit_test(between_looks),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
