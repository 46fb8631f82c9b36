// One after the other, while nothing has been written.
#include "attempts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "accel/verdict.h"
#include "dialogue/machine.h"
#include "give_way.h"
#include "options/route.h"
#include "routes.h"
#include "warm_run.h"
#include "work/overlay.h"

int attempts_prepare(struct run *run, struct failure *f) {
    run->guest = run->plan; // borrows its strings
    if (!run->o->in_place) {
        run->guest.disk = run->work.files.overlay;
        run->guest.format = (char *)overlay_format;
    }
    run->talk = (struct guest_run){.o = run->o,
                                   .iso = &run->iso,
                                   .plan = &run->guest,
                                   .scripts = run->scripts,
                                   .report = run->report,
                                   .record = run->record,
                                   .lock = run->work.lock,
                                   .state = -1};
    return guest_run_prepare(&run->talk, f);
}

void attempts_end(struct run *run) {
    guest_run_end(&run->talk);
    if (run->talk.state >= 0)
        (void)close(run->talk.state);
    run->talk = (struct guest_run){.state = -1};
}

// A prepared guest that was found in the cache and does not come to its disk: once more, with one
// that is prepared now.
static bool try_anew(struct run *run, enum stage stage, const struct failure *f) {
    const bool again = routes[run->o->route].prepare != NULL && run->talk.state >= 0 &&
                       !run->warm_made && !run->warm_anew && stage < STAGE_ATTACHED;
    if (again)
        report_note(run->report, "the prepared guest in the cache is thrown away: %s", f->what);
    run->warm_anew = again;
    return again;
}

// What --accel=auto has chosen may be the reason: the next route emulates, and the next run tries
// again.
static void distrust_accel(struct run *run) {
    static const char emulation[] = "tcg";
    if (run->accel.name[0] == '\0' || strcmp(run->accel.name, emulation) == 0)
        return;
    report_note(run->report, "the accelerator %s is not trusted any more", run->accel.name);
    verdict_forget(run->o->qemu, run->o->no_cache ? NULL : &run->iso.cache);
    (void)snprintf(run->accel.name, sizeof run->accel.name, "%s", emulation);
}

// The route has failed. Makes all ready for the next slower one, or leaves it at that: -1 with *f.
static int next_route(struct run *run, enum stage *stage, enum stage begun, struct failure *f) {
    enum route next = give_way(run->o, *stage, f->id);
    const struct machine *m = run->talk.machine;
    if (next == ROUTE_COUNT || (m != NULL && machine_person(m)->visits > 0)) // who may have written
        return -1;
    if (try_anew(run, *stage, f))
        next = run->o->route;
    else
        report_note(run->report,
                    "the route %s gives way to the route %s, before anything was written: %s",
                    route_words[run->o->route], route_words[next], f->what);
    distrust_accel(run);
    attempts_end(run);
    *stage = begun;
    run->options.route = next;
    if (attempts_prepare(run, f) != 0)
        return -1;
    if (run->o->in_place)
        return 0;
    if (work_begin_again(&run->work, &run->plan, f) != 0)
        return -1;
    return work_enter(&run->work, PHASE_GUEST, f);
}

int attempts_run(struct run *run, enum stage *stage, struct failure *f) {
    const enum stage begun = *stage;
    for (;;) {
        const bool prepared = routes[run->o->route].prepare != NULL;
        if ((!prepared || warm_open(&run->talk, run->warm_anew, &run->warm_made, f) == 0) &&
            guest_run(&run->talk, stage, f) == 0)
            return 0;
        if (next_route(run, stage, begun, f) != 0)
            return -1;
    }
}
