// What the guest printed in a recorded run, as blocks of Markdown.
#ifndef QEMU_GROW_RUNBOOK_MD_OUTPUT_H
#define QEMU_GROW_RUNBOOK_MD_OUTPUT_H

#include <stdint.h>
#include <stdio.h>

#include "record/read.h"

// Writes what came from one place of the output to before another (bytes; beyond its end: all),
// plain and with the kernel's lines by themselves, within an item of a list. 0, or -1 without
// memory.
int md_output(FILE *out, const struct reading *r, uint64_t from, uint64_t to);

#endif
