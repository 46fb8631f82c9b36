// What machine.c (states), wait.c (looking and waiting), deathwatch.c (the death table) and
// typing.c (echo) share. Not for others.
#ifndef QEMU_GROW_DIALOGUE_MACHINE_IMPL_H
#define QEMU_GROW_DIALOGUE_MACHINE_IMPL_H

#include "dialogue/death.h"
#include "dialogue/guest_clock.h"
#include "dialogue/machine.h"
#include "dialogue/patience.h"
#include "dialogue/person.h"

enum {
    MARK_HALF = 6, // letters
};

// A rule that is being looked for, with its compiled pattern.
struct watched {
    const struct rule *rule; // NULL: the end of a command, or a line that a command printed
    struct pattern *pattern;
};

// Any number of them; begins with {0}.
struct watch_set {
    struct watched *at;
    struct pattern **patterns; // the same, as stream_watch takes them
    size_t count, room;
    size_t overruns; // of the stream, told so far
};

// Since when the guest has been quiet: no new line, no data moved, and not much computed.
struct quiet {
    double guest_ms, own_ms; // on the guest's clock
    uint64_t cpu_ms;
};

struct machine {
    const struct scripts *scripts;
    struct vars *vars;
    struct link *link;
    struct report *report;
    const char *disk; // the image on the host
    struct qmp *qmp;  // or NULL
    struct deaths *deaths;
    const struct death *died;  // the fatal row that has ended the run, or NULL
    const struct death *named; // the row that a dialogue has failed with, or NULL
    enum stage stage;
    struct machine_host host;
    struct machine_limits limits;
    struct guest_clock clock;
    struct patience patience;
    struct patience *outer; // of the wait in which something is typed; or NULL
    struct quiet quiet;
    uint64_t news;       // link_news at the last look at the guest
    uint64_t stamp_ms;   // link_stamp_ms then
    uint64_t running_ms; // when QEMU was last seen not to be held by a signal
    bool hold;           // the present state must not be cut off by a signal
    bool told_hold;      // the person was told so
    unsigned retypings;
    uint64_t echo_ms; // the slowest echo lately; 0: none yet
    bool unsure;      // keys were sent whose effect on the line is not known
    bool keys_bad;    // it is proved that keys got lost or came twice on their way to the guest
    uint32_t dither;  // see typing_dither
    unsigned slow;    // a line begins with chunks smaller by as many powers of two
    int turn_ms;      // longest wait in one turn
    int look_ms;      // time between two looks at the guest, while it says nothing
    uint64_t waiting_since_ms;
    double waiting_since_guest_ms; // on the guest's clock
    char waiting_for[128];
    // The command whose end is still to come.
    const struct prompt *command_prompt;
    const char *collect;
    unsigned asks; // times that an overdue answer was asked for (ask.c), in the present state
    unsigned runs; // times that a command was typed again there
    bool unrun;    // the shell has told that it never ran the command
    // A person at the console.
    struct person_wish wish;
    struct person_story person;
    bool prove; // they had it: the prompt is proved before anything is typed
    bool over;  // they have ended the run
    // For the diagnosis.
    const struct dialogue *at_dialogue; // of the state that was entered last, or NULL
    const struct state *at_state;
    json_t *partials;     // how far the patterns of a wait that failed got, or NULL
    char *typed;          // the last line that was typed, or keys that were pressed; or NULL
    const char *typed_at; // the prompt's name, or "keys"
    size_t echo_stood;    // bytes of a line whose typing was given up that stood right, of echo_of
    size_t echo_of;       // 0: no typing was given up
};

extern const struct machine_host machine_real_host;
uint64_t machine_now_ms(const struct machine *m);
void machine_start_clock(struct machine *m);

// Expands; on failure *f is set and NULL returned.
char *machine_expand(struct machine *m, const char *text, bool quote, struct failure *f);

// 1, 0, or -1 with *f. NULL holds.
int machine_holds(struct machine *m, const char *condition, struct failure *f);

int machine_assign(struct machine *m, const struct assignment *set, unsigned count,
                   struct failure *f);

// Fails with a failure that the dialogue files name.
int machine_fail(struct machine *m, const char *name, struct failure *f);

// Types a state's command at a prompt, with a fresh mark behind it. 0, or -1 with *f.
int machine_command(struct machine *m, const struct state *s, const struct prompt *p,
                    struct failure *f);

// Where a state leads after its command has ended with the variable rc: 1 with *next, or -1 with
// *f.
int machine_branch(struct machine *m, const struct dialogue *d, const struct state *s,
                   unsigned here, unsigned *next, struct failure *f);

// control.c: gives QEMU a state's command, and goes where its answer leads. 0, or -1 with *f.
int machine_control(struct machine *m, const struct dialogue *d, const struct state *s,
                    unsigned here, unsigned *next, struct failure *f);

// turn.c ---------------------------------------------------------------------------------------

// One turn of the pump with all that belongs to it: signals, patience, the live line. Returns 0
// (text may have come), 1 when the guest is gone, 2 when patience is over, -1 with *f.
int machine_turn(struct machine *m, struct failure *f);

// Between two states: nothing is held, and a signal that has come ends the run. 0, or -1 with *f.
int machine_check_stop(struct machine *m, struct failure *f);

// Starts waiting for something (a clause for people), with fresh patience of so many milliseconds
// on the guest's clock.
void machine_begin_wait(struct machine *m, const char *what, double guest_ms);

// Reads the guest's clock between two looks, for a wait that has ended.
void machine_read_clock(struct machine *m);

// Patience of so many milliseconds on the guest's clock, from now on.
struct patience machine_patience(const struct machine *m, double guest_ms);

// The guest has been quiet for so many milliseconds of its own: idle, and not a new line.
bool machine_quiet(const struct machine *m, double guest_ms);
void machine_restart_quiet(struct machine *m); // from now on

// How long a state may be without progress, on the guest's clock.
double machine_budget_ms(const struct state *s);

// Patience is over.
int machine_fail_stuck(struct machine *m, struct failure *f);

// ask.c ----------------------------------------------------------------------------------------

// The guest is quiet, what the state waits for has not come, and there is something that can still
// be done about it.
bool machine_overdue(const struct machine *m, const struct state *s);
// Presses the keys that make the guest repeat itself. False: that has been done before; ask.
bool machine_nudge(struct machine *m, const struct state *s);
// Asks the shell for a fresh mark. 0, or -1 with *f. Leaves nothing being looked for.
int machine_ask(struct machine *m, struct failure *f);
// The command of the state never ran: types it again. 0, or -1 with *f. The same is left.
int machine_run_again(struct machine *m, const struct state *s, struct failure *f);

// wait.c ---------------------------------------------------------------------------------------

// A wait as long as an echo is waited for: by the echoes that came, and longer after failures.
void machine_begin_quick_wait(struct machine *m, const char *what, unsigned failures);

// Waits as state s says; *next is the state to go to, or states_count for done. 0, or -1 with *f.
int machine_wait(struct machine *m, const struct dialogue *d, const struct state *s, unsigned here,
                 unsigned *next, struct failure *f);

// What happened, with the console's last line, for the engine's own failures.
int machine_fail_here(struct machine *m, enum exit_id id, const char *next, const char *what,
                      struct failure *f);

// QEMU has ended, and nobody waited for that: says how.
int machine_fail_gone(struct machine *m, struct failure *f);

// deathwatch.c ---------------------------------------------------------------------------------

// What has come of the death table's rows? final: no more text is expected. 0, or -1 when one ends
// the run.
int machine_look_for_death(struct machine *m, bool final, struct failure *f);

// A dialogue's command has ended with this code (digits): rows that name it are remembered. 0, or
// -1 with *f.
int machine_note_exit(struct machine *m, const char *dialogue, const char *code, struct failure *f);

// Says in a failure what it comes from, as far as that was seen.
void machine_explain(struct machine *m, struct failure *f);

// person.c -------------------------------------------------------------------------------------

// A state is entered: perhaps a person is to have the console, or to be asked, before it. 0, or -1
// with *f.
int machine_meet(struct machine *m, const struct dialogue *d, const struct state *s,
                 struct failure *f);

// The run has failed, and would be tried again from state s: perhaps a person can mend it. 1: they
// have had the console, and want it tried again; 0: not.
int machine_mend(struct machine *m, const struct dialogue *d, const struct state *s,
                 const struct failure *f);

// Where a person had the console: proves that it is at a prompt, or asks them to see to it. 0, or
// -1 with *f.
int machine_prove_first(struct machine *m, const struct prompt *p, struct failure *f);

// prove.c --------------------------------------------------------------------------------------

// Whether the console is at a prompt with an empty line. 1; 0: it cannot be proved; -1 with *f.
int machine_prove(struct machine *m, const struct prompt *p, struct failure *f);

// diagnosis.c ----------------------------------------------------------------------------------

// A wait has failed: keeps how far each of its patterns got, before they are freed.
void machine_note_partials(struct machine *m, const struct watch_set *watched, struct stream *s);

// Keeps what was typed last, for the diagnosis; a copy. Without memory it is not known.
void machine_note_typed(struct machine *m, const char *text, const char *prompt);

// typing.c -------------------------------------------------------------------------------------

// Types text at a prompt, chunk by chunk as its echo comes back; retypes what came back wrong; then
// submits.
int machine_type(struct machine *m, const struct prompt *p, const char *text, struct failure *f);

// Makes a fresh mark (variables mark_left and mark_right).
int machine_fresh_mark(struct machine *m, struct failure *f);

#endif
