// latest-releases.yaml from a hostile server: any bytes.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "iso/releases.h"
#include "iso/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds) {
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct newest n;
    struct failure f = {0};
    if (releases_newest(&n, (const char *)data, size, NULL, "it", &f) == 0) {
        // What is found is put into paths and compared with digests.
        must(source_is_release(n.version));
        must(n.sha256[0] == '\0' || digest_is_hex(n.sha256, NULL));
    } else {
        must(f.what[0] != '\0');
    }
    return 0;
}
