// What is known of a failed run, for people: the indented lines below the one sentence.
#ifndef QEMU_GROW_REPORT_DIAGNOSIS_H
#define QEMU_GROW_REPORT_DIAGNOSIS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

// How much is told, and how.
struct diagnosis_style {
    bool all;  // all lines and patterns, not only the last and the best
    bool utf8; // whether characters beyond ASCII can be shown
};

// Prints the members of an event `failure` (driver/record/record.h) that are there; of any origin:
// what has another type than it should is left out, and control bytes are made visible.
void diagnosis_print(FILE *out, const json_t *failure, const struct diagnosis_style *style);

#endif
