// One turn of the pump and all that time means: signals, the guest's clock, patience, the live
// line.
#include <stdio.h>
#include <string.h>

#include "base/monotonic.h"
#include "base/signals.h"
#include "dialogue/machine_impl.h"
#include "guest/room.h"

enum {
    TURN_MS = 100,    // longest wait in poll: how often the live line is looked at
    LOOK_TURNS = 3,   // as many turns between two looks at the clock
    STILL_MS = 10000, // a guest that does nothing at all: is the host full?
    STILL_PART = 50,  // nothing at all: less than a fiftieth of the time was computed
    QUIET_PART = 5,   // idle: less than a fifth
    MS_PER_S = 1000,
    STOPPED_MS = 10000, // QEMU is held by a signal as long: somebody has stopped it for good
};

static uint64_t host_now_ms(void *data) {
    (void)data;
    return monotonic_ms();
}

static struct usage host_usage(void *data, const struct link *l) {
    (void)data;
    return link_usage(l);
}

const struct machine_host machine_real_host = {
    .now_ms = host_now_ms, .usage = host_usage, .turn_ms = TURN_MS};

uint64_t machine_now_ms(const struct machine *m) {
    return m->host.now_ms(m->host.data);
}

void machine_start_clock(struct machine *m) {
    const struct usage u = m->host.usage(m->host.data, m->link);
    guest_clock_start(&m->clock, machine_now_ms(m), &u, m->limits.timeout_scale);
}

struct patience machine_patience(const struct machine *m, double guest_ms) {
    struct patience p = patience_new(guest_ms, m->limits.data_bytes);
    p.waited_ms = -guest_clock_unread(&m->clock, machine_now_ms(m)) / guest_clock_pace(&m->clock);
    return p;
}

void machine_restart_quiet(struct machine *m) {
    const double unread = guest_clock_unread(&m->clock, machine_now_ms(m));
    m->quiet = (struct quiet){.guest_ms = m->clock.guest_ms + unread / guest_clock_pace(&m->clock),
                              .own_ms = m->clock.own_ms + unread,
                              .cpu_ms = m->clock.usage.cpu_ms};
}

void machine_begin_wait(struct machine *m, const char *what, double guest_ms) {
    m->waiting_since_ms = machine_now_ms(m);
    m->waiting_since_guest_ms = m->clock.guest_ms;
    (void)snprintf(m->waiting_for, sizeof m->waiting_for, "%s", what);
    m->patience = machine_patience(m, guest_ms);
    m->turn_ms = m->host.turn_ms;
    m->look_ms = LOOK_TURNS * m->host.turn_ms;
    machine_restart_quiet(m);
}

// The processor time since the guest fell quiet is less than 1/part of its own time.
static bool idles(const struct machine *m, unsigned part) {
    const double cpu_ms = (double)m->clock.usage.cpu_ms - (double)m->quiet.cpu_ms;
    return cpu_ms * part < m->clock.own_ms - m->quiet.own_ms;
}

bool machine_quiet(const struct machine *m, double guest_ms) {
    return link_news(m->link) == m->news && m->clock.guest_ms - m->quiet.guest_ms >= guest_ms &&
           idles(m, QUIET_PART);
}

double machine_budget_ms(const struct state *s) {
    return 1000.0 * (s->budget > 0 ? s->budget : STATE_BUDGET_DEFAULT);
}

int machine_fail_stuck(struct machine *m, struct failure *f) {
    char what[128];
    (void)snprintf(what, sizeof what,
                   "the guest made no progress any more, for %.0f s of its own time",
                   m->patience.limit_ms / 1000);
    return machine_fail_here(m, EXIT_ID_GUEST_STUCK,
                             "look at the transcript and run again; a slow guest gets more time by "
                             "--timeout-scale",
                             what, f);
}

// A signal has come. 0 when the state may not be cut off yet; else -1.
static int stopped(struct machine *m, struct failure *f) {
    if (m->hold && signals_count() < 2) {
        if (!m->told_hold)
            report_note(m->report,
                        "%s: this step is finished first, since cutting it off could "
                        "harm the file system; send a signal to stop at once",
                        signals_what());
        m->told_hold = true;
        return 0;
    }
    return signals_fail(f);
}

int machine_check_stop(struct machine *m, struct failure *f) {
    m->hold = false;
    return signals_count() > 0 ? stopped(m, f) : 0;
}

// Kernel lines tell the guest's time, but those that a command prints are older than they come.
static void look_at_stamp(struct machine *m) {
    const uint64_t stamp = link_stamp_ms(m->link);
    if (m->command_prompt != NULL)
        guest_clock_unstamp(&m->clock);
    else if (stamp != m->stamp_ms)
        guest_clock_stamp(&m->clock, stamp);
    m->stamp_ms = stamp;
}

// QEMU can do nothing, for a reason that is known. 0 when there is none.
static int held_up(struct machine *m, struct failure *f) {
    const uint64_t now = machine_now_ms(m);
    if (!m->clock.usage.stopped)
        m->running_ms = now;
    else if (now - m->running_ms >= STOPPED_MS)
        return machine_fail_here(m, EXIT_ID_GUEST_STUCK, "find out who stopped it and run again",
                                 "QEMU was stopped by a signal and does not go on", f);
    if (m->clock.own_ms - m->quiet.own_ms >= STILL_MS && idles(m, STILL_PART) &&
        room_is_out(m->disk))
        return machine_fail_here(
            m, EXIT_ID_HOST_FULL, "free some room and run the same command again",
            "the host's file system is full, and QEMU has stopped the guest", f);
    return 0;
}

// Each look reads some files of /proc for each of QEMU's threads. While text comes, they are a turn
// apart at least; what came meanwhile counts at the next one.
static bool time_to_look(const struct machine *m, enum link_event event) {
    const int apart_ms =
        event == LINK_TEXT && m->look_ms < m->host.turn_ms ? m->host.turn_ms : m->look_ms;
    return machine_now_ms(m) >= m->clock.wall_ms + (uint64_t)apart_ms;
}

void machine_read_clock(struct machine *m) {
    const struct usage u = m->host.usage(m->host.data, m->link);
    (void)guest_clock_look(&m->clock, machine_now_ms(m), &u);
}

// Has the guest made progress since the last look? 0 if there is hope, 2 when patience is over, -1.
static int look_at_guest(struct machine *m, struct failure *f) {
    const struct usage u = m->host.usage(m->host.data, m->link);
    const uint64_t data = usage_data(&m->clock.usage, &u);
    const double guest_ms = guest_clock_look(&m->clock, machine_now_ms(m), &u);
    look_at_stamp(m);
    record_usage(link_record(m->link), m->clock.guest_ms / MS_PER_S, (double)u.cpu_ms / MS_PER_S,
                 u.read_bytes, u.written_bytes);
    const bool news = link_news(m->link) != m->news;
    m->news = link_news(m->link);
    bool over = patience_over(&m->patience, guest_ms, data);
    if (news) { // nobody knows when it came: none of the time until now counts
        patience_news(&m->patience);
        over = false;
    }
    if (m->outer != NULL)
        over = patience_over(m->outer, guest_ms, data) || over;
    if (news || data >= PATIENCE_DATA_LIFE / 16 ||
        (!idles(m, QUIET_PART) && m->clock.guest_ms - m->quiet.guest_ms >= STILL_MS))
        machine_restart_quiet(m);
    if (held_up(m, f) != 0)
        return -1;
    return over ? 2 : 0;
}

static void take_qmp(void *machine, enum qmp_place place, const char *line, size_t size) {
    struct machine *m = machine;
    record_qmp(link_record(m->link), (int)place, line, size);
    deaths_feed_line(m->deaths, place, line, size);
}

static void take_host_qmp(struct machine *m) {
    enum qmp_place place = QMP_EVENT;
    const char *line = NULL;
    size_t size = 0;
    while (m->host.qmp != NULL && m->host.qmp(m->host.data, &place, &line, &size))
        take_qmp(m, place, line, size);
}

// Waits for the console, and for what QEMU itself says.
static enum link_event pump(struct machine *m, int wait_ms, bool watch_stop, struct failure *f) {
    if (m->qmp != NULL)
        link_set_wake(m->link, qmp_fd(m->qmp));
    const enum link_event event = link_pump(m->link, wait_ms, watch_stop, f);
    if (m->qmp != NULL) // others that wait for the console leave it unread
        link_set_wake(m->link, -1);
    return event;
}

int machine_turn(struct machine *m, struct failure *f) {
    // While a state is held, the first signal is known already: only a second one counts.
    const bool known = m->hold && signals_count() == 1 && m->told_hold;
    const int wait_ms =
        m->host.wait_ms == NULL ? m->turn_ms : m->host.wait_ms(m->host.data, m->turn_ms);
    if (wait_ms < 0)
        return failure_set(f, EXIT_ID_INTERNAL, NULL, "the run is ended from outside");
    const enum link_event event = pump(m, wait_ms, !known, f);
    if (event == LINK_QUIET && wait_ms == 0)
        link_waited(m->link, m->turn_ms);
    const double waited = (double)(machine_now_ms(m) - m->waiting_since_ms) / 1000.0;
    size_t size = 0;
    const char *line = link_last_line(m->link, &size);
    report_waiting(m->report, m->waiting_for, waited, line, size);
    if (m->qmp != NULL) // while text comes, QEMU's socket is read when there is something
        qmp_pump(m->qmp, event != LINK_TEXT || link_woken(m->link), event == LINK_QUIET,
                 machine_now_ms(m), take_qmp, m);
    take_host_qmp(m);
    if (event == LINK_ERROR || machine_look_for_death(m, event == LINK_GONE, f) != 0)
        return -1;
    if (event == LINK_STOP || (known && signals_count() > 1))
        return stopped(m, f);
    if (event == LINK_GONE)
        return 1;
    return time_to_look(m, event) ? look_at_guest(m, f) : 0;
}
