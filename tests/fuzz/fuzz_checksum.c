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
    static const enum digest_kind kinds[] = {DIGEST_SHA256, DIGEST_SHA512};
    char hex[DIGEST_HEX_MAX + 1];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (checksum_find((const char *)data, size, "alpine-virt-3.20.3-x86_64.iso", kinds[i],
                          hex) == 0)
            must(digest_is_hex_of(kinds[i], hex, NULL));
    return 0;
}
