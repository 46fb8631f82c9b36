// --guest=DIR and --replay=DIR: what is done with a recording.
#ifndef QEMU_GROW_AGAIN_H
#define QEMU_GROW_AGAIN_H

#include "base/failure.h"
#include "options/options.h"
#include "report/report.h"

// --replay: the console on standard output.
int again_replay(const struct options *o, struct failure *f);

// --guest: the same dialogues against the recording in QEMU's place. No disk is touched. 0 when the
// run came to the same states and the same end; -1 with EXIT_ID_DIVERGED, EXIT_ID_RECORDING_BAD, or
// as scripts_load.
int again_guest(const struct options *o, struct report *report, struct failure *f);

// The process in QEMU's place (--play, hidden): plays o->play, "SOCKET:DIR". Its exit code.
int again_play(const struct options *o);

#endif
