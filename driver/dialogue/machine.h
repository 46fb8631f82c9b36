// Runs dialogues: types what a state says, looks for what may be seen, goes where that leads.
#ifndef QEMU_GROW_DIALOGUE_MACHINE_H
#define QEMU_GROW_DIALOGUE_MACHINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/stage.h"
#include "console/link.h"
#include "dialogue/person.h"
#include "dialogue/script.h"
#include "dialogue/vars.h"
#include "guest/qmp.h"
#include "report/report.h"

struct machine;

// What a machine asks the world for. All of it can be replaced in tests.
struct machine_host {
    uint64_t (*now_ms)(void *data); // a clock that never goes back, milliseconds since any moment
    struct usage (*usage)(void *data, const struct link *link); // of QEMU
    void *data;                                                 // for both
    int turn_ms; // longest time to wait for the console before the clock is looked at
    // The rest may be NULL. The time of day, in seconds since 1970.
    int64_t (*wall)(void *data);
    // How long to wait really, in a turn of turn_ms: 0 when that time is over
    // by now_ms, -1 when the run is to end.
    int (*wait_ms)(void *data, int turn_ms);
    // The next mark, instead of one drawn at random; false: draw one.
    bool (*mark)(void *data, char *mark, size_t size);
    // The next of QEMU's own lines, instead of the protocol's; false: none now.
    bool (*qmp)(void *data, enum qmp_place *place, const char **line, size_t *size);
    // QEMU's answer to the present state's command, instead of giving it; false: none came.
    bool (*answer)(void *data, enum qmp_answer *answer, const char **says, const char **status);
};

// How long a guest without progress is waited for (patience.h).
struct machine_limits {
    double timeout_scale; // see guest_clock_start; 1 leaves it to what is measured
    uint64_t data_bytes;  // of the CD and the disk together
    bool may_cut;         // any state may be cut off by a signal: the disk is an overlay
};

// Everything is borrowed. disk: the image's path on the host. stage: how far the disk has come when
// the machine starts.
struct machine *machine_new(const struct scripts *scripts, struct vars *vars, struct link *link,
                            struct report *report, const char *disk, enum stage stage);
void machine_free(struct machine *m);

// QEMU's own word on the guest, borrowed; without it (NULL) the machine has the console only.
void machine_set_qmp(struct machine *m, struct qmp *qmp);

// The limits from now on; without, those of {1, 0}.
void machine_set_limits(struct machine *m, const struct machine_limits *limits);
// Another host from now on.
void machine_set_host(struct machine *m, const struct machine_host *host);

// Where a person takes part (person_check has agreed to it); and what came of it.
void machine_set_person(struct machine *m, const struct person_wish *wish);
const struct person_story *machine_person(const struct machine *m);

// Runs a dialogue to its end. 0, or -1 with the failure: one that a dialogue file names, or the
// engine's own (QEMU died, guest stuck, typing failed, interrupted, terminated).
int machine_run(struct machine *m, const char *dialogue, struct failure *f);

// What is known of a failure beyond its sentence: the members of the recording's event `failure`
// from "dialogue" on (record/README of the events: driver/record/record.h). The caller's; never
// NULL but without memory.
json_t *machine_diagnosis(const struct machine *m);

// How far the disk has come.
enum stage machine_stage(const struct machine *m);

// Times that a line was typed anew because its echo was not perfect.
unsigned machine_retypings(const struct machine *m);

#endif
