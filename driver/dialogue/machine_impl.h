// What machine.c (states), wait.c (looking and waiting) and typing.c (echo) share. Not for others.
#ifndef QEMU_GROW_DIALOGUE_MACHINE_IMPL_H
#define QEMU_GROW_DIALOGUE_MACHINE_IMPL_H

#include "dialogue/machine.h"
#include "dialogue/patience.h"

enum {
    MARK_HALF = 6,    // letters
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

struct machine {
    const struct scripts *scripts;
    struct vars *vars;
    struct link *link;
    struct report *report;
    const char *disk; // the image on the host
    enum stage stage;
    struct patience patience;
    uint64_t news;  // link_news when patience began anew
    bool hold;      // the present state must not be cut off by a signal
    bool told_hold; // the person was told so
    unsigned retypings;
    uint64_t waiting_since_ms;
    char waiting_for[128];
    // The command whose end is still to come.
    const struct prompt *command_prompt;
    const char *collect;
};

uint64_t machine_now_ms(void);

// Expands; on failure *f is set and NULL returned.
char *machine_expand(struct machine *m, const char *text, bool quote, struct failure *f);

// 1, 0, or -1 with *f. NULL holds.
int machine_holds(struct machine *m, const char *condition, struct failure *f);

int machine_assign(struct machine *m, const struct assignment *set, unsigned count,
                   struct failure *f);

// Fails with a failure that the dialogue files name.
int machine_fail(struct machine *m, const char *name, struct failure *f);

// wait.c ---------------------------------------------------------------------------------------

// One turn of the pump with all that belongs to it: signals, patience, the live line. Returns 0
// (text may have come), 1 when the guest is gone, 2 when patience is over, -1 with *f.
int machine_turn(struct machine *m, struct failure *f);

// Between two states: nothing is held, and a signal that has come ends the run. 0, or -1 with *f.
int machine_check_stop(struct machine *m, struct failure *f);

// Starts waiting for something (a clause for people), with fresh patience of the given limits.
void machine_begin_wait(struct machine *m, const char *what, uint64_t cpu_ms, uint64_t idle_ms);

// Looks from now on for what the watches of all files name, besides what the sets hold already. 0,
// or -1 with *f.
int machine_watch(struct machine *m, struct watch_set *text, struct watch_set *kernel,
                  struct failure *f);
// Looks for nothing any more, and empties the sets.
void machine_unwatch(struct machine *m, struct watch_set *text, struct watch_set *kernel);
// Has one of them come? 0, or -1 when one means failure.
int machine_check_watches(struct machine *m, struct watch_set *text, struct watch_set *kernel,
                          struct failure *f);

// Waits as state s says; *next is the state to go to, or states_count for done. 0, or -1 with *f.
int machine_wait(struct machine *m, const struct dialogue *d, const struct state *s, unsigned here,
                 unsigned *next, struct failure *f);

// What happened, with the console's last line, for the engine's own failures.
int machine_fail_here(struct machine *m, enum exit_id id, const char *next, const char *what,
                      struct failure *f);

// QEMU has ended, and nobody waited for that: says how.
int machine_fail_gone(struct machine *m, struct failure *f);

// typing.c -------------------------------------------------------------------------------------

// Types text at a prompt, chunk by chunk as its echo comes back; retypes what came back wrong; then
// submits.
int machine_type(struct machine *m, const struct prompt *p, const char *text, struct failure *f);

// Makes a fresh mark (variables mark_left and mark_right).
int machine_fresh_mark(struct machine *m, struct failure *f);

#endif
