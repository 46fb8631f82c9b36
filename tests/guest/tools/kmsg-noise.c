/*
 * kmsg-noise: writes a kernel line now and then, at random moments, so that on a console that shows
 * kernel lines they land in the middle of what a driver reads. Stays silent on any other console,
 * because the kernel's own rules for the console (console=, loglevel) apply to these lines too.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "tools.h"

enum { PAUSE_MIN_MS = 500, PAUSE_MAX_MS = 7000, BURST_MAX = 3 };

static const char *const lines[] = {
    "<4>clocksource: Long readout interval, skipping watchdog check: cs_nsec: %u wd_nsec: %u\n",
    "<5>random: %u urandom warning(s) missed due to ratelimiting (%u)\n",
    "<6>hrtimer: interrupt took %u ns # %u late\n",
    "<4>perf: interrupt took too long (%u > %u), lowering kernel.perf_event_max_sample_rate\n",
};

static unsigned random_number(void) {
    unsigned value = 0;
    (void)!getrandom(&value, sizeof value, GRND_INSECURE);
    return value;
}

int kmsg_noise_main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return 1;
    for (;;) {
        unsigned pause_ms = PAUSE_MIN_MS + random_number() % (PAUSE_MAX_MS - PAUSE_MIN_MS);
        const struct timespec length = {.tv_sec = pause_ms / 1000,
                                        .tv_nsec = (long)(pause_ms % 1000) * 1000000};
        (void)nanosleep(&length, NULL);
        for (unsigned left = 1 + random_number() % BURST_MAX; left > 0; left--) {
            const char *format = lines[random_number() % (sizeof lines / sizeof lines[0])];
            char line[128]; /* one write is one line of the log; dprintf cannot write there */
            int size = snprintf(line, sizeof line, format, random_number() % 5000000U,
                                random_number() % 5000000U);
            (void)!write(fd, line, (size_t)size);
        }
    }
}
