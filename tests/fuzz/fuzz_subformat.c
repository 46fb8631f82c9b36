// Any bytes as an image of each format that is grown by a copy: refused, or options that are text
// of the kind that qemu-img takes.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plan/subformat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const formats[] = {"vdi", "vmdk", "vpc", "vhdx", "parallels"};
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=,";
    const int fd = memfd_create("image", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char text[SUBFORMAT_SIZE] = "";
        struct failure f = {0};
        if (subformat_options(text, formats[i], fd, &f) == 0 &&
            (text[0] == '\0' || text[strspn(text, letters)] != '\0'))
            abort();
    }
    (void)close(fd);
    return 0;
}
