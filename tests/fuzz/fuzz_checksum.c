// A checksum file from a hostile server: any bytes.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "iso/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds) {
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char hex[DIGEST_HEX + 1];
    if (checksum_find((const char *)data, size, "alpine-virt-3.20.3-x86_64.iso", hex) == 0)
        must(digest_is_hex(hex, NULL));
    return 0;
}
