// Calls qemu-img resize and tells its refusals apart.
#include "guest/enlarge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/run.h"

static const struct {
    const char *words; // in qemu-img's message
    enum exit_id id;
    const char *next;
} causes[] = {
    {"No space left", EXIT_ID_HOST_FULL, "free some room on the host's file system and run again"},
    {"Disk quota exceeded", EXIT_ID_HOST_FULL, "free some of your quota and run again"},
    {"File too large", EXIT_ID_HOST_FULL, "choose a smaller SIZE, or a format that is sparse"},
    {"lock", EXIT_ID_DISK_LOCKED, "end the process that uses the disk and run again"},
};

int disk_enlarge(const struct plan *p, const char *qemu_img, int stop_fd, struct failure *f) {
    char size[32];
    (void)snprintf(size, sizeof size, "%" PRIu64, p->virtual_size);
    char *argv[] = {(char *)qemu_img, "resize", "-q", "-f", p->format, p->disk, size, NULL};
    struct run_result r;
    int result = run_program(&r, argv, stop_fd, f);
    if (result == 0 && !run_ok(&r)) {
        enum exit_id id = EXIT_ID_RESIZE_FAILED;
        const char *next = "check the disk with qemu-img info and qemu-img check";
        for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
            if (id == EXIT_ID_RESIZE_FAILED && strstr(r.err, causes[i].words) != NULL) {
                id = causes[i].id;
                next = causes[i].next;
            }
        r.err[strcspn(r.err, "\n")] = '\0';
        result = failure_set(f, id, next, "qemu-img resize failed (%s)", r.err);
    }
    run_free(&r);
    return result;
}
