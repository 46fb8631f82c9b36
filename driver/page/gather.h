// A recording's files as one JSON object: what the page is made of.
//
// Members: "format" 1; "program"; "folder"; "events", objects of events.jsonl; "left_out", for each
// type of event how many did not fit; "damaged", how many lines are no events; "console", pieces
// {"at": offset, "bytes": text} of the guest's raw output, each byte a character up to U+00FF, and
// "console_bytes", its whole size; "timing", pairs [seconds, bytes of output until then];
// "mdev_log", text of the same kind, or null, and "mdev_log_bytes";
// "stages", what each stage means for the disk (base/stage.h).
//
// Everything is bounded: of the console, the first half MiB and the last one and a half; of mdev's
// log, the first half MiB; of each type of event, the first ones up to a size that gather.c lists;
// of the timing, 4096 pairs. A recording that was cut off, or is damaged, is gathered as far as it
// can be read.
#ifndef QEMU_GROW_PAGE_GATHER_H
#define QEMU_GROW_PAGE_GATHER_H

#include <jansson.h>

#include "base/failure.h"

// folder: the recording's. NULL with
// EXIT_ID_RECORDING_BAD when it has no events.jsonl, or EXIT_ID_INTERNAL without memory.
json_t *gather(const char *folder, struct failure *f);

#endif
