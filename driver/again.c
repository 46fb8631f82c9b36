// A run of the guest without a guest: the player (record/player.h) has QEMU's place on the pty.
//
// Time is the recording's: it stands still while anything may come, and when the player says that
// it waits for a key, and all is read and sent, a wait is over at once. So the outcome does not
// depend on how fast this host is.
#include "again.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/monotonic.h"
#include "base/signals.h"
#include "console/link.h"
#include "dialogue/machine.h"
#include "dialogue/script.h"
#include "options/folder.h"
#include "record/compare.h"
#include "record/player.h"
#include "record/read.h"
#include "record/record.h"
#include "record/replay.h"

enum {
    TURN_MS = 100,   // of the recording's time
    BUSY_MS = 10000, // of this host's: only how often a player that is slow is asked after
};

struct again {
    const struct options *o;
    struct report *report;
    struct reading reading;
    struct compare compare;
    struct scripts *scripts;
    struct vars *vars;
    struct record *record;
    struct link *link;
    struct machine *machine;
    int ours, theirs; // the socket's ends
    bool spoken;      // the player has; its last word:
    struct player_word word;
    size_t piece; // see read_before
    uint64_t before;
    uint64_t limit;              // see see_event
    uint64_t ms;                 // the recording's time, as far as waits have moved it
    size_t marks, qmps, answers; // of the recording: the next ones
    bool over;                   // it ends here
};

int again_replay(const struct options *o, struct failure *f) {
    struct reading r;
    if (reading_open(&r, o->replay, f) != 0)
        return -1;
    const struct replay how = {.speed = o->speed,
                               .step = o->step,
                               .keys = STDIN_FILENO,
                               .stop_fd = signals_fd(),
                               .out = stdout,
                               .told = stderr};
    const int rc = replay_play(&r, &how, f);
    reading_free(&r);
    return rc;
}

// ---- What the machine asks the world for.

static uint64_t now_ms(void *again) {
    const struct again *a = again;
    return a->ms;
}

static struct usage no_usage(void *again, const struct link *link) {
    (void)again, (void)link;
    return (struct usage){0};
}

static void listen_to(struct again *a) {
    struct player_word word;
    while (recv(a->ours, &word, sizeof word, MSG_DONTWAIT) == (ssize_t)sizeof word) {
        a->word = word;
        a->spoken = true;
        if (word.kind == PLAYER_DIFFERS)
            compare_key(&a->compare, &word);
    }
}

// Whether the recorded run was ended from outside, or broke off: then it ends where it ends.
static bool was_stopped(const struct reading *r) {
    size_t i = 0;
    const json_t *talked = reading_next(r, "talked", &i);
    const int id = talked == NULL ? -1 : exit_id_by_name(reading_text(talked, "id"));
    return id < 0 || signals_is((enum exit_id)id);
}

// What the recorded run had not read when it entered its next state is not read before this one
// does.
static void see_event(void *again, const char *type, const json_t *fields) {
    struct again *a = again;
    compare_event(&a->compare, type, fields);
    if (strcmp(type, "state") != 0)
        return;
    size_t next = a->compare.states;
    const json_t *state = reading_next(&a->reading, "state", &next);
    a->limit = state == NULL ? UINT64_MAX : reading_number(state, "out");
    link_set_limit(a->link, a->limit);
}

// Bytes of the console that came before byte `in` was sent; 0 when no more come before it is.
static uint64_t read_before(void *again, uint64_t in, uint64_t out) {
    struct again *a = again;
    listen_to(a);
    if (a->compare.differs || (a->spoken && a->word.in == in && a->word.out == out))
        return 0;
    for (; a->piece < a->reading.piece_count; a->piece++) {
        const struct piece *p = &a->reading.pieces[a->piece];
        if (p->input && p->at + p->size > in)
            break;
        if (!p->input)
            a->before = p->at + p->size;
    }
    return a->piece < a->reading.piece_count ? a->before : 0;
}

// How long to wait for the console, in this host's time; -1: this run is to end.
static int wait_ms(void *again, int turn_ms) {
    struct again *a = again;
    uint64_t in = 0;
    uint64_t out = 0;
    listen_to(a);
    link_counts(a->link, &in, &out);
    const bool still = a->spoken && a->word.in == in && (a->word.out == out || out >= a->limit);
    a->over = still && a->word.kind == PLAYER_OVER && was_stopped(&a->reading);
    if (a->compare.differs || a->over)
        return -1;
    if (!still)
        return BUSY_MS;
    a->ms += (uint64_t)turn_ms;
    return 0;
}

// The time of day at which the next state was entered.
static int64_t next_wall(void *again) {
    const struct again *a = again;
    size_t i = a->compare.states;
    return (int64_t)reading_number(reading_next(&a->reading, "state", &i), "wall");
}

// The answer that came before the next state.
static bool next_answer(void *again, enum qmp_answer *answer, const char **says,
                        const char **status) {
    struct again *a = again;
    size_t i = a->answers;
    size_t next = a->compare.states;
    const json_t *event = reading_next(&a->reading, "answer", &i);
    if (event == NULL || (reading_next(&a->reading, "state", &next) != NULL && next < i))
        return false;
    a->answers = i;
    *answer = (enum qmp_answer)reading_number(event, "answer");
    *says = reading_text(event, "says");
    *status = reading_text(event, "status");
    return true;
}

static bool next_mark(void *again, char *mark, size_t size) {
    struct again *a = again;
    const json_t *event = reading_next(&a->reading, "mark", &a->marks);
    const char *text = reading_text(event, "text");
    if (strlen(text) != size)
        return false;
    memcpy(mark, text, size);
    return true;
}

static bool next_qmp(void *again, enum qmp_place *place, const char **line, size_t *size) {
    struct again *a = again;
    uint64_t in = 0;
    uint64_t out = 0;
    size_t i = a->qmps;
    const json_t *event = reading_next(&a->reading, "qmp", &i);
    link_counts(a->link, &in, &out);
    if (event == NULL || reading_number(event, "out") > out)
        return false;
    a->qmps = i;
    *place = (enum qmp_place)reading_number(event, "place");
    *line = reading_text(event, "text");
    *size = strlen(*line);
    return true;
}

// ---- The run.

static int load(struct again *a, struct failure *f) {
    char *folder = scripts_folder(a->o->scripts, f);
    a->scripts = folder == NULL ? NULL : scripts_load(folder, f);
    free(folder);
    a->vars = vars_new();
    a->record = record_new(monotonic_seconds());
    if (a->scripts == NULL)
        return -1;
    if (a->vars == NULL || a->record == NULL)
        return failure_no_memory(f);
    size_t i = 0;
    const char *name = NULL;
    json_t *value = NULL;
    json_t *given = json_object_get(reading_next(&a->reading, "given", &i), "vars");
    if (given == NULL)
        return failure_set(f, EXIT_ID_RECORDING_BAD, "make another one",
                           "the recording %s ends before its guest began", a->o->guest);
    json_object_foreach(given, name, value) {
        if (json_is_string(value) && vars_set(a->vars, name, json_string_value(value)) != 0)
            return failure_no_memory(f);
    }
    compare_begin(&a->compare, &a->reading);
    record_watch(a->record, see_event, a);
    return 0;
}

static struct pty *start_player(struct again *a, struct failure *f) {
    int ends[2];
    char self[] = "/proc/self/exe";
    char *play = NULL;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        (void)failure_set(f, EXIT_ID_INTERNAL, "run again", "no socket: %s", strerror(errno));
        return NULL;
    }
    a->ours = ends[0];
    a->theirs = ends[1];
    if (asprintf(&play, "--play=%d:%s", a->theirs, a->o->guest) < 0) {
        (void)failure_no_memory(f);
        return NULL;
    }
    char *argv[] = {self, play, NULL};
    struct pty *pty = pty_spawn_keeping(argv, &a->theirs, 1, f);
    (void)close(a->theirs);
    a->theirs = -1;
    free(play);
    return pty;
}

static int start(struct again *a, struct failure *f) {
    struct pty *pty = start_player(a, f);
    if (pty == NULL)
        return -1;
    a->link = link_new(pty, a->record, signals_fd());
    if (a->link == NULL) {
        pty_free(pty);
        return failure_no_memory(f);
    }
    link_traces(a->link, strcmp(vars_get_or(a->vars, "debug_init", "no"), "yes") == 0);
    link_set_wake(a->link, a->ours);
    link_set_gather(a->link, read_before, a);
    if (a->o->cut != 0)
        link_set_cut(a->link, a->o->cut);
    a->machine = machine_new(a->scripts, a->vars, a->link, a->report, "/", STAGE_ATTACHED);
    if (a->machine == NULL)
        return failure_no_memory(f);
    const struct machine_host host = {.now_ms = now_ms,
                                      .usage = no_usage,
                                      .wait_ms = wait_ms,
                                      .wall = next_wall,
                                      .mark = next_mark,
                                      .qmp = next_qmp,
                                      .answer = next_answer,
                                      .data = a,
                                      .turn_ms = TURN_MS};
    machine_set_host(a->machine, &host);
    return 0;
}

// The dialogue that the recorded run began with.
static const char *first_dialogue(const struct reading *r) {
    size_t i = 0;
    const json_t *state = reading_next(r, "state", &i);
    return state == NULL ? "runbook" : reading_text(state, "dialogue");
}

static int run(struct again *a, struct failure *f) {
    struct failure why = {.id = EXIT_ID_OK};
    const int rc = machine_run(a->machine, first_dialogue(&a->reading), &why);
    report_end(a->report, rc == 0);
    listen_to(a);
    if (!a->over)
        compare_end(&a->compare, rc == 0 ? NULL : &why);
    if (a->compare.differs)
        return failure_set(f, EXIT_ID_DIVERGED, "look at both, or record the guest anew",
                           "this run is not the recorded one: %s", a->compare.what);
    report_note(a->report, "The same as recorded: %u states, and then %s", a->compare.state_count,
                a->over   ? "the recording ends"
                : rc == 0 ? "the guest powered off"
                          : exit_rows[why.id].name);
    return 0;
}

int again_guest(const struct options *o, struct report *report, struct failure *f) {
    struct again a = {.o = o, .report = report, .ours = -1, .theirs = -1};
    int rc = reading_open_guest(&a.reading, o->guest, f);
    if (rc == 0)
        rc = load(&a, f);
    if (rc == 0)
        rc = start(&a, f);
    if (rc == 0)
        rc = run(&a, f);
    machine_free(a.machine);
    link_free(a.link);
    vars_free(a.vars);
    scripts_free(a.scripts);
    (void)record_close(a.record, NULL);
    reading_free(&a.reading);
    for (int i = 0; i < 2; i++)
        if ((i == 0 ? a.ours : a.theirs) >= 0)
            (void)close(i == 0 ? a.ours : a.theirs);
    return rc;
}

int again_play(const struct options *o) {
    struct reading r;
    struct failure f;
    char *end = NULL;
    const long fd = strtol(o->play, &end, 10);
    if (*end != ':' || reading_open_guest(&r, end + 1, &f) != 0)
        return EXIT_FAILURE;
    const int code = player_run(&r, (int)fd);
    reading_free(&r);
    return code;
}
