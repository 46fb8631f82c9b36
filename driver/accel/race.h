// Which of QEMU's accelerators is the quickest here, found by trying: a guest without a disk is
// started under each at the same time, and the first that comes to its shell has won.
//
// So one that can be opened but then hangs is found out without any constant time: it has lost when
// the emulation (TCG), which always works, has got there, however long that takes.
#ifndef QEMU_GROW_ACCEL_RACE_H
#define QEMU_GROW_ACCEL_RACE_H

#include "base/failure.h"
#include "dialogue/script.h"
#include "report/report.h"

enum { ACCEL_NAME_SIZE = 16, ACCEL_WHY_SIZE = 512 };

// What is raced with; all borrowed.
struct race {
    const char *qemu;
    unsigned memory_mib;
    int kernel, initramfs;         // descriptors of files
    const struct scripts *scripts; // where the race ends: their dialogue `accel`
    double timeout_scale;
    struct report *report;
};

struct race_result {
    char name[ACCEL_NAME_SIZE]; // for QEMU's -accel
    char why[ACCEL_WHY_SIZE];   // for people
};

// 0, or -1 with EXIT_ID_PROGRAM_MISSING, EXIT_ID_INTERRUPTED, EXIT_ID_TERMINATED or
// EXIT_ID_INTERNAL. When nobody arrives, TCG is the result, whose own run will tell more.
int race_run(struct race_result *result, const struct race *race, struct failure *f);

#endif
