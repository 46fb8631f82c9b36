// What a run holds, for the files that lead it: grow.c, attempts.c, outputs.c.
#ifndef QEMU_GROW_RUN_IMPL_H
#define QEMU_GROW_RUN_IMPL_H

#include <stdbool.h>
#include <stdio.h>

#include "accel/race.h"
#include "dialogue/script.h"
#include "guest_run.h"
#include "iso/iso.h"
#include "options/options.h"
#include "plan/plan.h"
#include "proof/proof.h"
#include "record/record.h"
#include "report/report.h"
#include "work/work.h"

// Everything that a run holds; grow.c makes and frees it.
struct run {
    const struct options *o; // `options` once the ISO is known
    struct options options;  // as given, with the ISO's path in place of what --iso says
    struct report *report;
    struct iso iso;
    struct scripts *scripts;
    struct work work;
    struct plan plan;
    bool planned;
    struct plan guest; // the plan as the guest's disk goes: the overlay in the disk's place
    struct record *record;
    FILE *mdev_log;
    struct guest_run talk;
    bool warm_anew;           // the prepared guest in the cache is no good
    bool warm_made;           // it was prepared in this run
    struct race_result accel; // with --accel=auto
    struct proof_before before;
    double started; // seconds on the monotonic clock
};

#endif
