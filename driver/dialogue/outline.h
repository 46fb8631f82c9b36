// What a run will do, told from the dialogue files without a guest.
//
// The way through the states is that of a run in which all goes well: conditions are told by the
// choices and the plan, and where the guest would tell something, by what the states suppose
// (`supposed`, `likely`) and the exit code 0. So ways out of some trouble are not on it.
#ifndef QEMU_GROW_DIALOGUE_OUTLINE_H
#define QEMU_GROW_DIALOGUE_OUTLINE_H

#include <stddef.h>

#include "base/failure.h"
#include "dialogue/script.h"
#include "dialogue/vars.h"

// A step as a person sees it. Texts are allocated.
struct outline_step {
    char *step;     // the runbook's number, or ""
    char *dialogue; // the file's name; "" for what the host does
    char *title;
};

struct outline {
    struct outline_step *at;
    size_t count;
};

// Adds a step. NULL texts are empty. 0, or -1 without memory.
int outline_add(struct outline *o, const char *step, const char *dialogue, const char *title);

// Adds the steps of a run that begins with this dialogue: those dialogues whose conditions hold
// with the variables v (given_choices; changed here as the dialogues change them), each with its
// titled states. What is known only in the guest stands as the variable's name in capitals. 0, or
// -1 with EXIT_ID_SCRIPTS_BAD or EXIT_ID_INTERNAL.
int outline_dialogue(struct outline *o, const struct scripts *scripts, const char *name,
                     struct vars *v, struct failure *f);

void outline_free(struct outline *o);

// Called with each state on the way, once its variables are set. 0, or -1 (without memory) to end.
typedef int outline_visit(void *arg, const struct dialogue *d, const struct state *s,
                          struct vars *v);

// Walks through the dialogue of that name and those that it calls. 0, or -1 as outline_dialogue.
int outline_walk(const struct scripts *scripts, const char *name, struct vars *v,
                 outline_visit *visit, void *arg, struct failure *f);

// A template with its variables; what is not known yet stands as its name in capitals, and keeps
// that value in v. Allocated; NULL without memory.
char *outline_text(struct vars *v, const char *text);

// The same with `value`, in capitals, for what is not known.
char *outline_text_with(struct vars *v, const char *text, const char *value);

// Sets the variables whose conditions hold, with such texts. 0, or -1 without memory.
int outline_assign(struct vars *v, const struct assignment *set, unsigned count);

#endif
