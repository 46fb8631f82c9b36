// What is compared, field by field: each function adds its checks to a proof.
#ifndef QEMU_GROW_PROOF_CHECKS_H
#define QEMU_GROW_PROOF_CHECKS_H

#include "proof/proof.h"

// Adds a check that has been made; texts of planned and found as printf has them.
struct proof_check *checks_add(struct proof *r, enum proof_line line, const char *name,
                               const char *what, bool ok);
void checks_planned(struct proof_check *c, const char *text, ...)
    __attribute__((format(printf, 2, 3)));
void checks_found(struct proof_check *c, const char *text, ...)
    __attribute__((format(printf, 2, 3)));

// The disk's size and sector 0, whose bytes are given.
void checks_disk(struct proof *r, const struct plan *p, uint64_t virtual_size,
                 const uint8_t sector[SECTOR_SIZE]);

// The superblock. repaired: e2fsck has repaired something in the guest, and so may have given the
// file system a feature that its content needs.
void checks_fs(struct proof *r, const struct plan *p, const struct ext_super *now, bool repaired);

// The first check that is not good, or NULL.
const struct proof_check *checks_first_bad(const struct proof *r);

#endif
