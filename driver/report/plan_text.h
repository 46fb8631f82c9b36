// The whole plan for a person: what --plan prints.
#ifndef QEMU_GROW_REPORT_PLAN_TEXT_H
#define QEMU_GROW_REPORT_PLAN_TEXT_H

#include <stdio.h>

#include "dialogue/outline.h"
#include "plan/plan.h"

// Shows as much of the plan as is known. Bytes of any origin are made printable.
void plan_text_print(FILE *out, const struct plan *p, const struct outline *steps);

// What stays as it is, a clause each; text holds `size` bytes, and is filled for index 0, 1, ...
// until the function returns false.
bool plan_kept(char *text, size_t size, const struct plan *p, int index);

#endif
