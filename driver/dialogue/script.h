// Dialogues as they stand in scripts/dialogues/*.yaml: structs, and their loading by libcyaml.
//
// One schema for all files. Each file may hold states (then it is a dialogue that can be called by
// its name), prompts (how one types at them), deaths (rows of the death table: what tells that the
// guest is dead, lost or ill) and failures (what each is called, its exit code and its sentence).
#ifndef QEMU_GROW_DIALOGUE_SCRIPT_H
#define QEMU_GROW_DIALOGUE_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

// `set:` one variable, if `when` holds (or is absent).
struct assignment {
    char *name;
    char *value; // template: %{name} is replaced
    char *when;  // expression, or NULL
};

// `expect:` what may be seen, and what follows from it.
struct rule {
    char *see;       // PCRE2 with %{name} (quoted); NULL in a rule with `exit`
    bool exit;       // matches when QEMU has ended by itself with status 0
    char *when;      // expression: the rule counts only then; or NULL
    char *in;        // "console" (default when NULL) or "kernel": the lifted kernel lines
    char *list;      // named group of this name is appended to the list of this name; or NULL
    char *note;      // template: a line for the person, or NULL
    char *holds;     // expression over variables and groups that must hold; or NULL
    char *otherwise; // state to go to when it does not; required with holds
    struct assignment *set;
    unsigned set_count;
    char *likely; // expression over choices and plan: only then is it what is to be expected
                  // (outline.h); or NULL
    char *go_to;  // state, or "done"; NULL (with no `fail`): stay in this state and go on looking
    char *fail;   // failure's name, or NULL
};

// `then:` where to go after a command's exit code has come (variable rc).
struct branch {
    char *when; // expression, or NULL: always
    char *go_to;
    char *fail;
};

struct state {
    char *state;     // its name
    char *step;      // number in the runbook, for people; or NULL
    char *title;     // one line for people; a state with a title begins a step in the progress
    char *wait;      // what is waited for, for people; or NULL
    char *shows;     // template: what a person must see then; or NULL
    char *amiss;     // template: what a person does when it is not so; NULL: as the failures say
    char *when;      // expression: the state is entered only then
    char *otherwise; // state to go to instead; NULL: the next one
    struct assignment *set;
    unsigned set_count;
    struct assignment *supposed; // what the guest is supposed to tell, for those who plan without
    unsigned supposed_count;     // one (outline.h); a run does not look at it
    unsigned budget; // guest seconds without progress that this state may have; 0: see below
    char *stage;     // the disk's stage from this state's typing on (base/stage.h), or NULL
    double takes; // guest seconds (guest_clock.h) from QEMU's start until what is waited for here
                  // has come, on the reference host; 0: this state is no landmark
    char *nudge;  // keys that make the guest repeat what is waited for, pressed when it is overdue;
                  // or NULL
    unsigned
        *tries; // how often the state may be entered in one run of its dialogue; NULL: see below
    char *exhausted; // failure's name when that is exceeded
    char *stuck;     // failure's name when nothing that is waited for comes; NULL: guest-stuck
    char *prompt;    // which prompt is typed at
    char *type;      // text typed there, then the prompt's submit key; or NULL
    char *press;     // keys sent as they are, no echo awaited; or NULL
    char *command;   // a shell command, typed with the prompt's mark behind it; or NULL
    char *collect;   // list that gets every line which a command prints; or NULL
    char *qmp;       // a command for QEMU itself (guest/qmp.h), a template of JSON; or NULL. Then
                     // rc is 0 or 1, qmp_says what QEMU says, qmp_status its `status`
    char *until;     // the command is given again until its `status` is this word, or failed; or
                     // NULL
    char *call;      // another dialogue, run to its end; or NULL
    struct rule *expect;
    unsigned expect_count;
    bool hold;   // a signal waits until this state and what it waits for is over, unless the guest
                 // works on an overlay
    bool repeat; // the keys are sent again while nothing comes that is expected
    char *idle;  // keys that do nothing, sent before each second repetition; or NULL
    bool finish; // waits for the mark of a command that an earlier state typed
    struct branch *then;
    unsigned then_count;
    char *fail;   // failure's name: entering the state is that failure; or NULL
    char *failed; // failure's name for a command that ended with another code than 0; or NULL
    char *next; // state after a call, a finished command or a state that awaits nothing; NULL: the
                // next
};

enum echo { ECHO_ONCE, ECHO_TWICE, ECHO_REDRAWN, ECHO_ERASED };

// How to type at a kind of prompt.
struct prompt {
    char *prompt;   // its name
    char *looks;    // what a person sees of it
    enum echo echo; // how typed text comes back
    unsigned chunk; // bytes that may be sent before their echo is awaited; at least 1
    char *lead;     // bytes that may stand before the echo (rest of the prompt); or NULL
    char *kill;     // keys that empty the line
    char *erase;    // key that takes the last byte back; or NULL
    char *redraw;   // keys that have the prompt and the line drawn anew; or NULL: there are none
    char *reveal;   // byte before `redraw`, when no drawing was seen; or NULL
    char *again;    // PCRE2: the prompt's end, before a line drawn anew, and after `kill`; or NULL
    char *idle;     // key that does nothing; or NULL
    char *cursor; // what a terminal answers when it is asked where its cursor is; or NULL: nothing
    char *pad;    // byte at a line's end that no tool regards; or NULL
    char *submit; // keys that hand the line in
    char *taken;  // bytes with which the answer to `submit` begins; or NULL: it is not awaited
    char *mark;   // template put behind a command; or NULL: no commands here
    char *probe;  // template of a line that makes the shell print the mark again; or NULL
    char *done;   // PCRE2 template with group rc: seen when the command has ended; rc is empty
                  // when the probe finds that the command has never run
};

struct failure_text {
    char *failure; // its name
    char *exit;    // name in exit_rows
    char *says;    // template: what happened
    char *next;    // template: what to do next
};

// What a row of the death table means for the run.
enum death_how {
    DEATH_FATAL, // ends the run at once
    DEATH_CAUSE, // remembered: the reason, if the run then gets stuck, QEMU ends or a tool fails
    DEATH_NOTE,  // remembered: told with such a failure, but no reason for it
};

enum death_fault { FAULT_DISK, FAULT_GUEST, FAULT_ISO, FAULT_HOST, FAULT_PROGRAM, FAULT_COUNT };

// `deaths:` a row of the death table. Without see, code and bit it is a failure like others, which
// a dialogue names.
struct death {
    struct failure_text text; // its name (`death`), exit code, sentence and what to do next
    char *see;                // PCRE2 without %{name}, or NULL
    unsigned *code;           // exit code of the tool, or NULL
    unsigned *bit;            // bit of its exit code, where no row has that very code; or NULL
    char *in;   // "console" (default when NULL), "kernel": the lifted kernel lines, or
                // the dialogue while whose command runs it is looked for
    char *when; // expression: the row counts only then; or NULL
    enum death_how how;
    enum death_fault fault; // whose it is
};

struct dialogue {
    char *dialogue; // its name: the file's without .yaml
    char *about;
    struct prompt *prompts;
    unsigned prompts_count;
    struct death *deaths;
    unsigned deaths_count;
    struct failure_text *failures;
    unsigned failures_count;
    struct state *states;
    unsigned states_count;
};

enum {
    STATE_TRIES_DEFAULT = 100,  // entries of one state in one run of its dialogue, without `tries`
    STATE_BUDGET_DEFAULT = 120, // guest seconds without progress, without `budget`
};

struct scripts; // all files of a folder

// Loads every *.yaml of folder/dialogues and checks all of them (lint.h). The failure's `what` has
// one line per mistake, "FILE:LINE: REASON", the first ones if there are many. NULL on failure.
struct scripts *scripts_load(const char *folder, struct failure *f);
void scripts_free(struct scripts *s);

unsigned scripts_count(const struct scripts *s);
const struct dialogue *scripts_at(const struct scripts *s, unsigned i);
const char *scripts_path(const struct scripts *s, unsigned i); // the file's path

// NULL where there is none of that name.
const struct dialogue *scripts_dialogue(const struct scripts *s, const char *name);
const struct prompt *scripts_prompt(const struct scripts *s, const char *name);
// A failure, or the sentence of a row of the death table.
const struct failure_text *scripts_failure(const struct scripts *s, const char *name);
// The row of the death table of that name.
const struct death *scripts_death(const struct scripts *s, const char *name);

// Whether a row's `in` names one of the streams: console, kernel, qemu, screen.
bool script_is_stream(const char *in);

// Index of a state in a dialogue, or -1.
int dialogue_state(const struct dialogue *d, const char *name);

#endif
