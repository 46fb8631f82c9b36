// Hands the console to a person and takes it back. Who gives it back says what is next: the
// dialogue goes on (and proves the prompt before it types, prove.c), the console again, or the end.
#include "dialogue/person.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/signals.h"
#include "dialogue/machine_impl.h"
#include "options/nearest.h"
#include "report/terminal.h"

enum {
    KEY_BACK = 0x1d, // Ctrl-]
    ANSWER_MAX = 80, // bytes
    HUNG_MS = 100,   // a terminal whose program is about to end
};

const char person_on_failure[] = "on-failure";

// What a person wants to be next.
enum next { NEXT_GO_ON, NEXT_CONSOLE, NEXT_END };

static void mirror(void *arg, const void *bytes, size_t size) {
    terminal_write(arg, bytes, size);
}

static void resize(struct machine *m, unsigned rows, unsigned columns) {
    pty_resize(link_pty(m->link), rows, columns);
    record_resize(link_record(m->link), columns, rows);
}

static void pass_size(struct machine *m, const struct terminal *t) {
    unsigned rows = PTY_ROWS;
    unsigned columns = PTY_COLUMNS;
    (void)terminal_size(t, &rows, &columns);
    resize(m, rows, columns);
}

static void tell(struct machine *m, const char *what) {
    record_event(link_record(m->link), "person",
                 json_pack("{s:s, s:s, s:I}", "what", what, "at", m->person.at, "keys",
                           (json_int_t)m->person.keys));
}

// Waits for the terminal, the guest or a signal, and takes in what the guest says. 1: the terminal
// has something; 0: it has not; -1 with *f.
static int wait_for_keys(struct machine *m, struct terminal *t, bool console, struct failure *f) {
    struct pty *pty = link_pty(m->link);
    struct pollfd fds[] = {
        {.fd = terminal_fd(t), .events = POLLIN},
        {.fd = link_ended(m->link) ? -1 : pty_fd(pty),
         .events = (short)(POLLIN | (pty_pending(pty) ? POLLOUT : 0))},
        {.fd = signals_fd(), .events = POLLIN},
        {.fd = terminal_news_fd(t), .events = POLLIN},
    };
    if (poll(fds, sizeof fds / sizeof *fds, -1) < 0 && errno != EINTR)
        return failure_set(f, EXIT_ID_INTERNAL, "run again", "the terminal cannot be waited for");
    if (signals_count() > 0)
        return signals_fail(f);
    if (fds[3].revents != 0 && terminal_news(t) && console)
        pass_size(m, t);
    const int wait_ms = (fds[1].revents & POLLHUP) != 0 ? HUNG_MS : 0;
    if (fds[1].revents != 0 && link_pump(m->link, wait_ms, false, f) == LINK_ERROR)
        return -1;
    if (m->qmp != NULL)
        qmp_pump(m->qmp, true, false, machine_now_ms(m), deaths_feed_line, m->deaths);
    return fds[0].revents != 0;
}

// The person types at the console until they give it back, or the guest is gone. 0, or -1 with *f.
static int type_keys(struct machine *m, struct terminal *t, struct failure *f) {
    while (!link_ended(m->link)) {
        const int ready = wait_for_keys(m, t, true, f);
        if (ready < 0)
            return -1;
        char keys[256];
        const ssize_t n = ready == 0 ? 0 : terminal_read(t, keys, sizeof keys);
        if (n < 0)
            return failure_set(f, EXIT_ID_INTERRUPTED, "run the same command again to go on",
                               "the terminal of the person who had the console is gone");
        const char *back = memchr(keys, KEY_BACK, (size_t)n);
        const size_t size = back == NULL ? (size_t)n : (size_t)(back - keys);
        link_send(m->link, keys, size);
        m->person.keys += size;
        if (back != NULL)
            return 0;
    }
    return 0;
}

// The console, from taking to giving back. 0, or -1 with *f.
static int give_console(struct machine *m, struct terminal *t, struct failure *f) {
    size_t size = 0;
    const char *line = link_last_line(m->link, &size);
    report_say(m->report, "-- The console is yours; every key goes to the guest, Ctrl-C too. "
                          "Ctrl-] gives it back.");
    m->person.visits++;
    tell(m, "takes the console");
    if (!terminal_raw(t))
        return failure_set(f, EXIT_ID_INTERNAL, "run again", "the terminal cannot be made raw");
    terminal_write(t, line, size);
    terminal_write(t, " ", 1);
    pass_size(m, t);
    link_set_mirror(m->link, mirror, t);
    const int result = type_keys(m, t, f);
    link_set_mirror(m->link, NULL, NULL);
    resize(m, PTY_ROWS, PTY_COLUMNS);
    terminal_lines(t);
    terminal_write(t, "\n", 1);
    m->unsure = true; // whatever they left on the line
    tell(m, "gives it back");
    if (result == 0 && link_ended(m->link))
        report_say(m->report, "-- QEMU has ended.");
    return result;
}

// 0 with *next, or -1 with *f.
static int ask(struct machine *m, struct terminal *t, const char *what, const char *goes_on,
               enum next *next, struct failure *f) {
    tell(m, "is asked");
    for (;;) {
        report_say(m->report, "-- %s Enter: %s; c: the console; q: end the run", what, goes_on);
        char line[ANSWER_MAX];
        int ready = 0;
        while (ready == 0)
            ready = wait_for_keys(m, t, false, f);
        if (ready < 0)
            return -1;
        const ssize_t n = terminal_read(t, line, sizeof line);
        if (n != 0)
            *next = n < 0 || line[0] == 'q' ? NEXT_END : line[0] == 'c' ? NEXT_CONSOLE : NEXT_GO_ON;
        if (n < 0 || (n > 0 && strchr("qc\n", line[0]) != NULL)) {
            tell(m, "has answered");
            return 0;
        }
    }
}

// Asks and gives the console in turns until the person wants the dialogue to go on, or the run to
// end. *next: what is the first thing, and then what they want.
static int turns(struct machine *m, struct terminal *t, const char *what, const char *goes_on,
                 enum next *next, struct failure *f) {
    if (*next != NEXT_CONSOLE && ask(m, t, what, goes_on, next, f) != 0)
        return -1;
    while (*next == NEXT_CONSOLE && !link_ended(m->link)) {
        if (give_console(m, t, f) != 0)
            return -1;
        if (link_ended(m->link))
            *next = NEXT_GO_ON; // the dialogue knows whether it may
        else if (ask(m, t, "Back.", goes_on, next, f) != 0)
            return -1;
    }
    return 0;
}

// The same with the terminal in hand. 0 with *next, or -1 with *f.
static int visit(struct machine *m, const char *what, const char *goes_on, enum next *next,
                 struct failure *f) {
    struct terminal *t = terminal_open();
    if (t == NULL)
        return failure_set(f, EXIT_ID_INTERRUPTED, "run the same command again to go on",
                           "the terminal is gone at which a person was to be asked");
    const uint64_t since_ms = machine_now_ms(m);
    const unsigned visits = m->person.visits;
    const int result = turns(m, t, what, goes_on, next, f);
    terminal_close(t);
    m->person.seconds += (double)(machine_now_ms(m) - since_ms) / 1000;
    m->prove = m->prove || m->person.visits != visits;
    m->running_ms = machine_now_ms(m);
    m->news = link_news(m->link);
    return result;
}

static void name_state(char *name, size_t size, const struct dialogue *d, const struct state *s) {
    (void)snprintf(name, size, "%s/%s", d->dialogue, s->state);
}

static int ended(const struct machine *m, struct failure *f) {
    return failure_set(f, EXIT_ID_INTERRUPTED, "run the same command again to go on",
                       "the run was ended from the terminal at %s", m->person.at);
}

int machine_meet(struct machine *m, const struct dialogue *d, const struct state *s,
                 struct failure *f) {
    char name[sizeof m->person.at];
    char what[2 * sizeof name];
    name_state(name, sizeof name, d, s);
    const bool meets =
        m->wish.interact != NULL && !m->person.met && strcmp(m->wish.interact, name) == 0;
    const bool pauses =
        m->wish.pause_at != NULL && !m->person.paused && strcmp(m->wish.pause_at, name) == 0;
    if (!meets && !pauses)
        return 0;
    m->person.met = m->person.met || meets;
    m->person.paused = m->person.paused || pauses;
    memcpy(m->person.at, name, sizeof name);
    (void)snprintf(what, sizeof what, "Before %s.", name);
    enum next next = meets ? NEXT_CONSOLE : NEXT_GO_ON;
    if (meets)
        report_say(m->report, "-- %s", what);
    if (visit(m, what, "go on", &next, f) != 0)
        return -1;
    return next == NEXT_END ? ended(m, f) : 0;
}

// Nobody can mend these at the console.
static bool is_beyond(enum exit_id id) {
    return signals_is(id) || id == EXIT_ID_SCRIPTS_BAD || id == EXIT_ID_INTERNAL ||
           id == EXIT_ID_IO_ERROR;
}

int machine_mend(struct machine *m, const struct dialogue *d, const struct state *s,
                 const struct failure *f) {
    const bool wanted =
        m->wish.interact != NULL && strcmp(m->wish.interact, person_on_failure) == 0;
    if (!wanted || m->over || is_beyond(f->id) || link_ended(m->link))
        return 0;
    struct failure shown = *f;
    struct failure ignored;
    char again[sizeof m->person.at + 32];
    machine_explain(m, &shown);
    name_state(m->person.at, sizeof m->person.at, d, s);
    (void)snprintf(again, sizeof again, "try again from %s", m->person.at);
    report_say(m->report, "-- Failed: %s.", shown.what);
    enum next next = NEXT_CONSOLE;
    if (visit(m, "", again, &next, &ignored) != 0 || next == NEXT_END || link_ended(m->link)) {
        m->over = true;
        return 0;
    }
    m->died = m->named = NULL;
    json_decref(m->partials);
    m->partials = NULL;
    m->hold = false;
    m->outer = NULL;
    m->collect = NULL;
    m->asks = m->runs = 0;
    m->unrun = false;
    return 1;
}

int machine_prove_first(struct machine *m, const struct prompt *p, struct failure *f) {
    while (m->prove) {
        char what[sizeof m->person.at + 64];
        enum next next = NEXT_GO_ON;
        const int proved = machine_prove(m, p, f);
        if (proved != 0) {
            m->prove = false;
            return proved < 0 ? -1 : 0;
        }
        (void)snprintf(what, sizeof what, "The console is not at the prompt `%s`, empty and ready.",
                       p->prompt);
        if (visit(m, what, "look again", &next, f) != 0)
            return -1;
        if (next == NEXT_END) {
            m->over = true;
            return ended(m, f);
        }
    }
    return 0;
}

// What a person is told a state is for.
static const char *purpose(const struct state *s) {
    // What is known only in a run cannot be shown.
    const char *title = s->title != NULL && strstr(s->title, "%{") == NULL ? s->title : NULL;
    const char *wait = s->wait != NULL && strstr(s->wait, "%{") == NULL ? s->wait : "";
    return title != NULL ? title : wait;
}

void person_list_states(FILE *out, const struct scripts *scripts) {
    for (unsigned i = 0; i < scripts_count(scripts); i++) {
        const struct dialogue *d = scripts_at(scripts, i);
        for (unsigned k = 0; k < d->states_count; k++) {
            const struct state *s = &d->states[k];
            char name[sizeof((struct person_story *)0)->at];
            name_state(name, sizeof name, d, s);
            const char *what = purpose(s);
            if (what[0] == '\0' && s->call == NULL)
                (void)fprintf(out, "%s\n", name);
            else
                (void)fprintf(out, "%-26s %2s  %s%s\n", name, s->step == NULL ? "" : s->step,
                              what[0] != '\0' ? what : "calls ", what[0] != '\0' ? "" : s->call);
        }
    }
}

static bool has_state(const struct scripts *scripts, const char *name) {
    char each[sizeof((struct person_story *)0)->at];
    for (unsigned i = 0; i < scripts_count(scripts); i++)
        for (unsigned k = 0; k < scripts_at(scripts, i)->states_count; k++) {
            name_state(each, sizeof each, scripts_at(scripts, i),
                       &scripts_at(scripts, i)->states[k]);
            if (strcmp(each, name) == 0)
                return true;
        }
    return false;
}

// The state that is most like a misspelt one, into best; false for none.
static bool nearest(const struct scripts *scripts, const char *name, char *best, size_t size) {
    size_t least = SIZE_MAX;
    char each[sizeof((struct person_story *)0)->at];
    for (unsigned i = 0; i < scripts_count(scripts); i++)
        for (unsigned k = 0; k < scripts_at(scripts, i)->states_count; k++) {
            name_state(each, sizeof each, scripts_at(scripts, i),
                       &scripts_at(scripts, i)->states[k]);
            const size_t far = nearest_distance(name, strlen(name), each);
            if (far >= least || !nearest_is_like(name, strlen(name), each))
                continue;
            least = far;
            (void)snprintf(best, size, "%s", each);
        }
    return least != SIZE_MAX;
}

static int check_state(const char *option, const char *name, const struct scripts *scripts,
                       struct failure *f) {
    char best[sizeof((struct person_story *)0)->at];
    char next[sizeof best + 32] = "qemu-grow --list-states lists them";
    if (name == NULL || has_state(scripts, name))
        return 0;
    if (nearest(scripts, name, best, sizeof best))
        (void)snprintf(next, sizeof next, "perhaps %s is meant", best);
    return failure_set(f, EXIT_ID_USAGE, next, "--%s names no state of a dialogue: `%s`", option,
                       name);
}

int person_check(const struct person_wish *wish, const struct scripts *scripts, struct failure *f) {
    const char *interact = wish->interact;
    if (interact == NULL && wish->pause_at == NULL)
        return 0;
    if (interact != NULL && strcmp(interact, person_on_failure) == 0)
        interact = NULL;
    if (check_state("interact", interact, scripts, f) != 0 ||
        check_state("pause-at", wish->pause_at, scripts, f) != 0)
        return -1;
    if (!terminal_is_there())
        return failure_set(f, EXIT_ID_USAGE, "run it at a terminal, or leave the option out",
                           "--%s needs a person, and standard input and output are no terminal",
                           wish->interact != NULL ? "interact" : "pause-at");
    return 0;
}
