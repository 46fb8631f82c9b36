// The recording of a run: a folder with all that was seen, typed and done, in several formats, each
// written as it happens (record/keeper.h), so that a run that is killed leaves what came before.
//
//   output.log, input.log  the console's raw bytes, from and to the guest; a header line first
//   timing.log             when they came: util-linux' script --logging-format advanced
//   session.cast           asciicast v2; a marker ("m") for each state
//   events.jsonl           a JSON object a line, each with "t" (seconds since the start) and "type"
//
// A recording that is NULL records nothing: every function here may be called with it. What fails
// is kept and told once, by record_failed.
#ifndef QEMU_GROW_RECORD_RECORD_H
#define QEMU_GROW_RECORD_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "options/options.h"

struct record;

// A recording that has no folder yet: events are kept until record_open. started: on the monotonic
// clock (base/monotonic.h), in seconds; all times count from there. NULL without memory.
struct record *record_new(double started);

// Makes the folder, which must not exist or be empty, and writes what was kept; records nothing
// where no recording is wanted (--no-transcript). Without --transcript the folder is a new one
// among those of this user (record/shelf.h), and that it cannot be made is no failure: *note (to be
// freed; else NULL) then says why. 0, or -1 with EXIT_ID_OUTPUT_UNWRITABLE or EXIT_ID_HOST_FULL.
int record_open(struct record *r, const struct options *o, char **note, struct failure *f);

// The folder, or NULL while there is none.
const char *record_folder(const struct record *r);

// Ends the files; r may be NULL. 0, or -1 as record_failed.
int record_close(struct record *r, struct failure *f);

// Whether something could not be written: 0, or -1 with EXIT_ID_HOST_FULL or EXIT_ID_IO_ERROR. Only
// a recording that was asked for (--transcript) fails.
int record_failed(const struct record *r, struct failure *f);

// A text without secrets, in place, as the recording would have it.
void record_clean(struct record *r, char *text, size_t size);
// The same of all texts of a value; NULL: nothing.
void record_clean_json(struct record *r, json_t *value);
// Another file of the recording, unless it is there already. What fails is kept silent.
void record_file(struct record *r, const char *name, const char *text, size_t size);

// ---- The console's bytes, as they come.

void record_output(struct record *r, const void *bytes, size_t size);
void record_input(struct record *r, const void *bytes, size_t size);

// The same without a copy: room for at most size bytes that the guest may send, or NULL; and so
// many of them have come. They stay there until the next call of any function here.
char *record_room(struct record *r, size_t size);
void record_output_here(struct record *r, size_t size);

// From here on lines that begin with `+ ` are the kernel's (link_traces).
void record_traces(struct record *r);

// ---- Events. Texts may be any bytes: what is no UTF-8 becomes \xNN.

// Somebody who is told of each event, also of those that are recorded nowhere.
typedef void record_watcher(void *arg, const char *type, const json_t *fields);
void record_watch(struct record *r, record_watcher *watcher, void *arg);

// Any other event: `fields` is taken over. Not for the types that have a function below.
void record_event(struct record *r, const char *type, json_t *fields);

// A text of any bytes as JSON; NULL becomes null.
json_t *record_text(const char *bytes, size_t size);

// The plan, as --plan --json says it; taken over.
void record_plan(struct record *r, json_t *plan);
// What the dialogues know when they begin: an object of names and texts; taken over.
void record_given(struct record *r, json_t *vars);

// A program is started, and has ended with this exit code, or by this signal (0: none); itself: not
// because this program told it to.
void record_command(struct record *r, char *const argv[]);
void record_exit(struct record *r, const char *argv0, int code, int signal, bool itself);

// A state of a dialogue is entered. step and title may be NULL; guest_clock in seconds; wall: the
// time that its commands take for now, in seconds since 1970.
void record_state(struct record *r, const char *dialogue, const char *state, const char *step,
                  const char *title, double guest_clock, int64_t wall);

// A named group of a match.
struct record_group {
    const char *name, *text;
    size_t size;
};

// A pattern has matched. index: its place in the state's list; begin and end: offsets in the clean
// text (kernel false) or in the lifted kernel lines.
void record_match(struct record *r, bool kernel, const char *pattern, size_t index, uint64_t begin,
                  uint64_t end, const char *text, const struct record_group *groups, size_t count);

// A line was handed in at a prompt of that name; "keys" for keys that are pressed without one.
void record_typed(struct record *r, const char *text, const char *prompt);
// A mark was drawn at random, to be put behind a command.
void record_mark(struct record *r, const char *mark, size_t size);
// Whether the echo of a line, or of a piece of it, was right.
void record_echo(struct record *r, bool ok);
// Something was mended: a line typed again, an answer asked for.
void record_repair(struct record *r, const char *what);
// A row of the death table was seen, and what it says.
void record_death(struct record *r, const char *row, const char *text);
// What QEMU has used so far, by the guest's clock: seconds and bytes. Written once a second at
// most.
void record_usage(struct record *r, double guest_clock, double cpu, uint64_t read,
                  uint64_t written);
// A line of QEMU's own protocol or of the guest's screen (guest/qmp.h); repetitions are left out.
void record_qmp(struct record *r, int place, const char *line, size_t size);

// The console got another size: a person has it, and their terminal is so large.
void record_resize(struct record *r, unsigned columns, unsigned rows);

// QEMU's answer to a command of a dialogue: an enum qmp_answer, and what it says.
void record_answer(struct record *r, int answer, const char *says, const char *status);

// The dialogues have ended: "ok", or the name of the failure; stopped: QEMU is told to end.
void record_talked(struct record *r, const char *id, bool stopped);

// The run has failed. stage: the disk's, a word or NULL; more: further members, taken over, or
// NULL.
void record_failure(struct record *r, const struct failure *f, const char *stage, json_t *more);
// The proof, as --proof writes it; taken over.
void record_proof(struct record *r, json_t *proof);
// The run is over, with this exit code of the program.
void record_end(struct record *r, int code);

#endif
