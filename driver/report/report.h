// What a person or a log sees of a run. The only place that prints.
//
// On a terminal each step of the runbook is a line with its time, the current one live: what is
// waited for, for how long, the last line of the console. In a pipe: one plain line per step when
// it begins, led by the time since the start; with -v one more when it is done, with the step's own
// time.
#ifndef QEMU_GROW_REPORT_REPORT_H
#define QEMU_GROW_REPORT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/failure.h"
#include "base/stage.h"
#include "plan/plan.h"
#include "proof/proof.h"

struct report;

// What a report asks the world for. All of it can be replaced in tests.
struct report_host {
    double (*seconds)(void *data);   // a clock that never goes back, seconds since any moment
    unsigned (*columns)(void *data); // the terminal's width, asked for at each redraw
    void *data;                      // for both
    bool utf8;                       // whether the terminal shows UTF-8
};

// out: progress and results (stdout); err: errors and warnings (stderr). verbosity -1, 0, 1.
// colour: whether colours may be used; live: whether out is a terminal on which the current line is
// redrawn. Returns NULL without memory. The clock is the host's, out's width is asked of the
// terminal, UTF-8 is the locale's (setlocale is main's).
struct report *report_new(FILE *out, FILE *err, int verbosity, bool colour, bool live);
// The same with a host of the caller's; *host is copied.
struct report *report_new_on(FILE *out, FILE *err, int verbosity, bool colour, bool live,
                             const struct report_host *host);
void report_free(struct report *r);

// The plan, before anything is written: disk, format, sizes, table row old and new, blocks old and
// new, warnings.
void report_plan(struct report *r, const struct plan *p);

// There is nothing to do: the disk is as it is to be.
void report_unchanged(struct report *r, const struct plan *p);

// The plan's warnings, on err; with -v its notes, too. Not with -q.
void report_reasons(struct report *r, const struct reasons *reasons);

// Every refusal but the first, which is the run's failure; before report_failure.
void report_refusals(struct report *r, const struct reasons *reasons);

// A step of the runbook begins (the one before is done). step: "14" or NULL; title: "Log in as
// root".
void report_step(struct report *r, const char *step, const char *title);

// Called often while waiting: `what` is waited for since `seconds`; `line` is the console's last
// line, any bytes (made printable and cut to the terminal's width here). Redraws at most some ten
// times a second; nothing unless live.
void report_waiting(struct report *r, const char *what, double seconds, const char *line,
                    size_t size);

// One line that only -v shows: what is typed, which state is entered, what was repaired.
void report_detail(struct report *r, const char *text, ...) __attribute__((format(printf, 2, 3)));

// One line that everybody but -q sees.
void report_note(struct report *r, const char *text, ...) __attribute__((format(printf, 2, 3)));

// One line for the person at the terminal, who has been promised it; also with -q.
void report_say(struct report *r, const char *text, ...) __attribute__((format(printf, 2, 3)));

// The last step is done (ok) or was cut off (not ok): closes the live line.
void report_end(struct report *r, bool ok);

// Before and after: virtual size, table row, file system blocks; the proof's six lines, the last of
// which are e2fsck's repairs (lines, or none); total time.
void report_result(struct report *r, const struct plan *p, const struct disk_state *after,
                   const struct proof *proof, char *const *repairs, size_t repair_count,
                   double seconds);

// The six lines alone: of a proof that failed.
void report_proof(struct report *r, const struct plan *p, const struct proof *proof,
                  char *const *repairs, size_t repair_count);

// What report_failure tells beyond the sentence: the members of the recording's event `failure`
// (report/diagnosis.h) and the recording's folder; kept (a reference, a copy). NULL: nothing.
void report_keep_diagnosis(struct report *r, json_t *diagnosis, const char *recording);

// The one sentence: "qemu-grow: WHAT; DISK; NEXT." on err, also with -q; control bytes made
// visible. Below it, but not with -q, what was kept of a diagnosis.
void report_failure(struct report *r, const struct failure *f, enum stage stage);

#endif
