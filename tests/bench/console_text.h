// The console text of the benchmark, and the way each reader reports what it took.
#ifndef QEMU_GROW_TESTS_CONSOLE_TEXT_H
#define QEMU_GROW_TESTS_CONSOLE_TEXT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { MB = 1000000, BLOCK = 1 << 20 };

// Boot messages, a service's lines with colours, tables, and every ninth line the kernel's.
static const char *const text_lines[] = {
    "/dev/sda1 *  0,8,9       33,0,16            512      33279      32768 16.0M 83 Linux\r\n",
    " * Starting busybox mdev ...\r\n\033[A\033[68G \033[1;34m[ \033[1;32mok \033[1;34m]\033[m\r\n",
    "Pass 2: Checking directory structure\r\n",
    "(3/6) Installing e2fsprogs-libs (1.47.0-r5)\r\n",
    "-rw-r--r--    1 root     root         12345 Nov 22 18:18 \033[0;0m/lib/modules/x.ko\033[m\r\n",
    "The partition table has been altered.\r\n",
    "Partition 2 has different physical/logical end:\r\n",
    "     phys=(244,13,13) logical=(15,92,13)\r\n",
    "[   12.345678] usb 1-1: new high-speed USB device number 2 using xhci_hcd\r\n",
};

// What comes last, and matches two of the six patterns.
static const char text_ending[] = "Inode 12 ref count is 2, should be 1.  Fix? yes\r\n"
                                  "The filesystem on /dev/sda2 is now 257920 (4k) blocks long.\r\n";

// Whole lines, BLOCK bytes at most; to be repeated. To be freed.
static inline char *text_block(size_t *size) {
    char *block = malloc(BLOCK);
    if (block == NULL)
        abort();
    *size = 0;
    for (size_t i = 0;; i++) {
        const char *line = text_lines[i % (sizeof text_lines / sizeof *text_lines)];
        if (*size + strlen(line) > BLOCK)
            return block;
        memcpy(block + *size, line, strlen(line));
        *size += strlen(line);
    }
}

// What a reader needed: seconds, seconds of its own processor time, KiB at the peak.
struct cost {
    double wall, cpu;
    long peak;
    double others; // processor time of the processes that it started, where that is of interest
};

static inline double clock_seconds(clockid_t clock) {
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline struct cost cost_begin(void) {
    return (struct cost){clock_seconds(CLOCK_MONOTONIC), clock_seconds(CLOCK_PROCESS_CPUTIME_ID), 0,
                         0};
}

static inline struct cost cost_since(struct cost begin) {
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    const struct cost end = cost_begin();
    return (struct cost){end.wall - begin.wall, end.cpu - begin.cpu, usage.ru_maxrss, 0};
}

static inline void cost_print(struct cost c) {
    (void)printf("%f %f %ld %f\n", c.wall, c.cpu, c.peak, c.others);
}

#endif
