// An ISO: the descriptor's sector and what follows are the input; the 32 KiB before it are empty.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "iso/iso9660.h"
#include "iso/look.h"

enum { BEFORE = 32768 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds) {
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct look l;
    struct failure f = {0};
    uint8_t *iso = calloc(1, BEFORE + size);
    if (iso == NULL)
        return 0;
    if (size > 0)
        memcpy(iso + BEFORE, data, size);
    if (look_bytes(&l, iso, BEFORE + size, "it", &f) == 0) {
        must(strncmp(l.label, "alpine-virt ", 12) == 0);
        must(l.version[0] != '\0' && l.e2fsprogs[0] != '\0');
    } else {
        must(f.what[0] != '\0');
    }
    // Where a file is that was found, it is in the image.
    struct iso9660 image;
    struct iso9660_extent at;
    const struct iso9660_bytes in = {.fd = -1, .bytes = iso, .size = BEFORE + size};
    bool found = false;
    if (size >= ISO9660_SECTOR && iso9660_open(&image, &in) == NULL &&
        iso9660_find(&image, "boot/vmlinuz-virt", &found, &at) == NULL && found)
        must((uint64_t)at.sector * ISO9660_SECTOR + at.size <= BEFORE + size);
    // The same bytes as the beginning of a file.
    (void)look_bytes(&l, data, size, "it", &f);
    free(iso);
    return 0;
}
