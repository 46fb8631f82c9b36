// What qemu-img's messages mean.
#include "work/qemu_img.h"

#include <stdio.h>
#include <string.h>

#include "base/run.h"

static const struct {
    const char *words; // in its message
    enum exit_id id;
    const char *next;
} causes[] = {
    {"No space left", EXIT_ID_HOST_FULL, "free some room on the host's file system and run again"},
    {"Disk quota exceeded", EXIT_ID_HOST_FULL, "free some of your quota and run again"},
    {"File too large", EXIT_ID_HOST_FULL, "choose a smaller SIZE, or a format that is sparse"},
    {"lock", EXIT_ID_DISK_LOCKED, "end the process that uses the disk and run again"},
};

int qemu_img_run(char *const argv[], int stop_fd, enum exit_id other, const char *next,
                 struct failure *f) {
    struct run_result r;
    int result = run_program(&r, argv, stop_fd, f);
    if (result == 0 && !run_ok(&r)) {
        for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
            if (strstr(r.err, causes[i].words) != NULL) {
                other = causes[i].id;
                next = causes[i].next;
                break;
            }
        r.err[strcspn(r.err, "\n")] = '\0';
        result = failure_set(f, other, next, "qemu-img %s failed (%s)", argv[1],
                             r.err[0] != '\0' ? r.err : "without a word");
    }
    run_free(&r);
    return result;
}
