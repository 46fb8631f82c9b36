// A disk in words: size, table row and file system, before and after.
#ifndef QEMU_GROW_REPORT_DISK_H
#define QEMU_GROW_REPORT_DISK_H

#include <stdio.h>

#include "plan/plan.h"

// The disk as two lines to scale, now and as planned; from KNOWN_TABLE on.
void disk_print_map(FILE *out, const struct plan *p);

// name: the disk's path, made printable.
void disk_print_plan(FILE *out, const struct plan *p, const char *name);
void disk_print_unchanged(FILE *out, const struct plan *p, const char *name);
void disk_print_result(FILE *out, const struct plan *p, const struct disk_state *after,
                       const char *name);

#endif
