// --accel=auto: the race's result, remembered for this host, its kernel and its QEMU.
#ifndef QEMU_GROW_ACCEL_VERDICT_H
#define QEMU_GROW_ACCEL_VERDICT_H

#include "accel/race.h"
#include "iso/cache.h"
#include "options/options.h"

// Whether the accelerator is to be found out: by --accel=auto, or because --fast leaves it to the
// program and QEMU's arguments do not choose one.
bool verdict_wanted(const struct options *o);

// Sets race->... to what is known or is found out now. files: called with data when kernel and
// initrd are needed in *race; 0, or -1 with *f. cache: where the verdict is kept; NULL: nowhere.
// 0, or -1 as race_run.
int verdict_find(struct race_result *result, struct race *race, const struct cache *cache,
                 int (*files)(void *data, struct race *race, struct failure *f), void *data,
                 struct failure *f);

// The verdict was wrong: the accelerator did not do its work. The next run tries again.
void verdict_forget(const char *qemu, const struct cache *cache);

#endif
