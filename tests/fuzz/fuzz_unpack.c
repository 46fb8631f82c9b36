// A kernel image, and an ELF file with its notes: what is found lies in the bytes that there are.
#include <stdlib.h>

#include "iso/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t begin = 0;
    size_t length = 0;
    if (unpack_payload(data, size, &begin, &length) && (begin > size || length > size - begin))
        abort();
    (void)unpack_is_startable(data, size);
    return 0;
}
