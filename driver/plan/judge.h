// What of a disk that could be read speaks against growing it, or should be known before.
#ifndef QEMU_GROW_PLAN_JUDGE_H
#define QEMU_GROW_PLAN_JUDGE_H

#include "plan/plan.h"

// Each adds its reasons to p->reasons.
void judge_table(struct plan *p);  // the last partition's entry; from KNOWN_FS on
void judge_fs(struct plan *p);     // the file system as it is; from KNOWN_FS on
void judge_growth(struct plan *p); // what becomes of it; from KNOWN_GROWTH on
void judge_room(struct plan *p);   // what p->room says; from KNOWN_GROWTH on

#endif
