// What became of a recorded run, for people: --explain.
#ifndef QEMU_GROW_REPORT_EXPLAIN_H
#define QEMU_GROW_REPORT_EXPLAIN_H

#include <stdio.h>

#include "record/read.h"
#include "report/diagnosis.h"

// Prints how the run ended, and what is known of it: of one that failed what was said then; of one
// that was cut off what stands at the recording's end; of one that ended well its steps.
void explain_print(FILE *out, const struct reading *r, const struct diagnosis_style *style);

#endif
