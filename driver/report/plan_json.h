// The plan for programs: what --plan --json prints. The man page describes it.
#ifndef QEMU_GROW_REPORT_PLAN_JSON_H
#define QEMU_GROW_REPORT_PLAN_JSON_H

#include <jansson.h>

#include "dialogue/outline.h"
#include "plan/plan.h"

enum { PLAN_JSON_SCHEMA = 1 }; // goes up when a member changes its meaning or goes away

// The plan as an object (json_decref it); NULL without memory. Text that is no UTF-8 has \xNN in
// place of its bytes.
json_t *plan_json(const struct plan *p, const struct outline *steps);

#endif
