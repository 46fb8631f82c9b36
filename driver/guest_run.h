// One run of the guest: QEMU's command line, QEMU itself, and what is said on its console.
#ifndef QEMU_GROW_GUEST_RUN_H
#define QEMU_GROW_GUEST_RUN_H

#include <stdbool.h>

#include "base/failure.h"
#include "base/stage.h"
#include "console/link.h"
#include "dialogue/machine.h"
#include "dialogue/script.h"
#include "dialogue/vars.h"
#include "guest/command.h"
#include "guest/qmp.h"
#include "iso/iso.h"
#include "options/options.h"
#include "plan/plan.h"
#include "record/record.h"
#include "report/report.h"

// The first part is the caller's to fill in, and borrowed; the rest begins with zeroes.
struct guest_run {
    const struct options *o; // with the ISO's path
    const struct iso *iso;
    const struct plan *plan; // as the guest's disk goes: with the overlay in the disk's place
    const struct scripts *scripts;
    struct report *report;
    struct record *record; // or NULL
    int lock;              // of the disk, which QEMU inherits; or -1
    bool prepares;         // no disk is grown: the guest is prepared, and saved to `state`
    int state;             // on a route that has prepared guests: the file of one

    char serial[COMMAND_SERIAL_SIZE];
    struct qemu_command command;
    bool commanded;
    int kernel, initramfs; // descriptors, on a route with a kernel of its own
    struct vars *vars;
    struct link *link;
    struct qmp *qmp;
    struct machine *machine;
    json_t *diagnosis;     // of a guest_run that failed, or NULL
    double started, ended; // of the guest; seconds on the monotonic clock
};

// Puts together QEMU's command line and what the dialogues know of options and plan, for the route
// of the options. 0, or -1 as qemu_command_make. guest_run_end is the caller's in each case.
int guest_run_prepare(struct guest_run *g, struct failure *f);

// Starts QEMU, and has the dialogues grow the disk. *stage: how far the disk has come. When it
// fails, QEMU has been ended. 0, or -1 as machine_run, as boot_kept_kernel, or when QEMU cannot be
// started.
int guest_run(struct guest_run *g, enum stage *stage, struct failure *f);

void guest_run_end(struct guest_run *g);

#endif
