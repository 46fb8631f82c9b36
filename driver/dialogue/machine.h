// Runs dialogues: types what a state says, looks for what may be seen, goes where that leads.
#ifndef QEMU_GROW_DIALOGUE_MACHINE_H
#define QEMU_GROW_DIALOGUE_MACHINE_H

#include "base/failure.h"
#include "base/stage.h"
#include "console/link.h"
#include "dialogue/script.h"
#include "dialogue/vars.h"
#include "report/report.h"

struct machine;

// Everything is borrowed. disk: the image's path on the host. stage: how far the disk has come when
// the machine starts.
struct machine *machine_new(const struct scripts *scripts, struct vars *vars, struct link *link,
                            struct report *report, const char *disk, enum stage stage);
void machine_free(struct machine *m);

// Runs a dialogue to its end. 0, or -1 with the failure: one that a dialogue file names, or the
// engine's own (QEMU died, guest stuck, typing failed, interrupted, terminated).
int machine_run(struct machine *m, const char *dialogue, struct failure *f);

// How far the disk has come.
enum stage machine_stage(const struct machine *m);

// Times that a line was typed anew because its echo was not perfect.
unsigned machine_retypings(const struct machine *m);

#endif
