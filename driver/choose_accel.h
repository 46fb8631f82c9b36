// --accel=auto: puts what is known of this host, or found out now, in its place.
#ifndef QEMU_GROW_CHOOSE_ACCEL_H
#define QEMU_GROW_CHOOSE_ACCEL_H

#include "accel/verdict.h"
#include "iso/iso.h"
#include "report/report.h"

// Sets o->accel, to text in *result, if it is to be found out (verdict_wanted). 0, or -1 as
// verdict_find or boot_kept_kernel.
int choose_accel(struct race_result *result, struct options *o, const struct iso *iso,
                 const struct scripts *scripts, struct report *report, struct failure *f);

#endif
