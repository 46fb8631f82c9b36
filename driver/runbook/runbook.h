// The runbook of one disk and one set of choices: for a person (Markdown) or for Expect (Tcl). Made
// from the plan and the dialogue files; nothing is run, nothing is written but the output.
#ifndef QEMU_GROW_RUNBOOK_RUNBOOK_H
#define QEMU_GROW_RUNBOOK_RUNBOOK_H

#include <stdbool.h>
#include <stdio.h>

#include "base/failure.h"
#include "dialogue/script.h"
#include "dialogue/vars.h"
#include "guest/command.h"
#include "options/options.h"
#include "plan/plan.h"
#include "runbook/host.h"

// What it is made from; runbook_make fills it in, and borrows the first three.
struct runbook {
    const struct options *o;
    const struct plan *plan; // of the disk
    const struct scripts *scripts;
    const char *dialogue; // with which the guest's part begins
    struct plan guest;    // as the guest's disk goes: the overlay in the disk's place
    bool iso;             // the ISO is at hand
    char serial[COMMAND_SERIAL_SIZE];
    struct qemu_command command;
    struct host_commands host;
    struct vars *vars; // given_set's
};

// iso: its path, or NULL when it is not at hand: then RUNBOOK_NO_ISO stands for it. 0, or -1 with
// *f; runbook_free in each case.
int runbook_make(struct runbook *b, const struct options *o, const struct plan *p,
                 const struct scripts *scripts, const char *iso, struct failure *f);
void runbook_free(struct runbook *b);

#define RUNBOOK_NO_ISO "alpine-virt.iso"

// Writes it. 0, or -1 with EXIT_ID_SCRIPTS_BAD or EXIT_ID_INTERNAL.
int runbook_markdown(FILE *out, const struct runbook *b, struct failure *f);

// The same as a script; engine: the text of scripts/expect/engine.exp.
int runbook_expect(FILE *out, const struct runbook *b, const char *engine, struct failure *f);

#endif
