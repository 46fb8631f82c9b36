// The proof in words: six lines, and more where something is not as planned.
#ifndef QEMU_GROW_REPORT_PROVED_H
#define QEMU_GROW_REPORT_PROVED_H

#include <stdio.h>

#include "proof/proof.h"

// repairs: what e2fsck repaired in the guest, any bytes. utf8: whether the reader can show UTF-8.
void proved_print(FILE *out, const struct proof *proof, const struct plan *p, char *const *repairs,
                  size_t repair_count, bool utf8);

#endif
