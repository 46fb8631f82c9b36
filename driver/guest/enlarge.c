// Calls qemu-img resize.
#include "guest/enlarge.h"

#include <inttypes.h>
#include <stdio.h>

#include "work/qemu_img.h"

int disk_enlarge(const struct plan *p, const char *qemu_img, int stop_fd, struct failure *f) {
    char size[32];
    (void)snprintf(size, sizeof size, "%" PRIu64, p->virtual_size);
    char *argv[] = {(char *)qemu_img, "resize", "-q", "-f", p->format, "--", p->disk, size, NULL};
    return qemu_img_run(argv, stop_fd, EXIT_ID_RESIZE_FAILED,
                        "check the disk with qemu-img info and qemu-img check", f);
}
