// Calls qemu-img resize.
#include "guest/enlarge.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/argv.h"
#include "work/qemu_img.h"

char **disk_enlarge_argv(const struct plan *p, const char *qemu_img) {
    char size[32];
    (void)snprintf(size, sizeof size, "%" PRIu64, p->virtual_size);
    return argv_new(qemu_img, "resize", "-q", "-f", p->format, "--", p->disk, size, NULL);
}

int disk_enlarge(const struct plan *p, const char *qemu_img, int stop_fd, struct failure *f) {
    char **argv = disk_enlarge_argv(p, qemu_img);
    const int result =
        argv == NULL ? failure_no_memory(f)
                     : qemu_img_run(argv, stop_fd, EXIT_ID_RESIZE_FAILED,
                                    "check the disk with qemu-img info and qemu-img check", f);
    argv_free(argv);
    return result;
}
