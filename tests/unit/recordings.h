// The recorded consoles, and a seeded source of numbers, for property tests.
#ifndef QEMU_GROW_TESTS_RECORDINGS_H
#define QEMU_GROW_TESTS_RECORDINGS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Four of a plain script, and three of this program (TEST-*) with the test guest.
static const char *const recordings[] = {"HDA-LOGIN-NO",     "HDA-NO-NO",      "USB-NO-SINGLE",
                                         "VIRTIO-INIT-INIT", "TEST-HDA-LOGIN", "TEST-USB-SINGLE",
                                         "TEST-VIRTIO-INIT"};
enum { RECORDINGS = sizeof recordings / sizeof *recordings };

// All of a recording, to be freed by the caller. Aborts when it is not there.
static inline char *recording_read(size_t i, size_t *size) {
    char path[4096];
    (void)snprintf(path, sizeof path, SOURCE_DIR "/tests/unit/recordings/%s.raw", recordings[i]);
    FILE *f = fopen(path, "rb");
    char *bytes = malloc(1 << 20);
    if (f == NULL || bytes == NULL)
        abort();
    *size = fread(bytes, 1, 1 << 20, f);
    if (*size == 0 || fclose(f) != 0)
        abort();
    return bytes;
}

// xorshift64*: the same numbers everywhere. *seed is not 0.
static inline uint64_t random_next(uint64_t *seed) {
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * 2685821657736338717ULL >> 16;
}

// 0 to n - 1.
static inline size_t random_below(uint64_t *seed, size_t n) {
    return (size_t)(random_next(seed) % n);
}

// The length of the next piece of `left` bytes: most often short, now and then long.
static inline size_t random_piece(uint64_t *seed, size_t left) {
    static const size_t longest[] = {1, 2, 5, 30, 200, 5000};
    size_t n = 1 + random_below(seed, longest[random_below(seed, 6)]);
    return n < left ? n : left;
}

// Puts bytes at *to, and moves it behind them.
static inline void put(char **to, const char *bytes, size_t size) {
    memcpy(*to, bytes, size);
    *to += size;
}

// How many seeded ways of cutting are tried: QEMU_GROW_CUTS, or so many.
static inline uint64_t cuts_wanted(uint64_t otherwise) {
    const char *wanted = getenv("QEMU_GROW_CUTS");
    return wanted == NULL ? otherwise : strtoull(wanted, NULL, 10);
}

#endif
