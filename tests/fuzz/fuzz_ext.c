// Any bytes as the head of a partition: refused, or understood so that the arithmetic of growing
// holds.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plan/ext.h"
#include "plan/feature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    // A copy of exactly this size: the sanitizer sees each byte that is read beyond it.
    uint8_t *bytes = malloc(size == 0 ? 1 : size);
    if (bytes == NULL)
        return 0;
    memcpy(bytes, data, size);
    struct ext_super s;
    struct failure f = {0};
    (void)ext_other_name(bytes, size);
    if (ext_read(&s, bytes, size, &f) != 0) {
        if (f.id != EXIT_ID_NOT_EXT || f.what[0] == '\0')
            abort();
    } else {
        if (s.version < 2 || s.version > 4 || s.blocks == 0 || strlen(s.label) > 16)
            abort();
        (void)ext_is_clean(&s);
        (void)ext_mmp_state(bytes);
        char names[FEATURE_LIST_SIZE];
        feature_list(names, sizeof names, &s);
        if (strlen(names) >= sizeof names || feature_list_beyond(names, sizeof names, &s, "1.0") <
                                                 feature_list_beyond(names, sizeof names, &s, NULL))
            abort();
        if (ext_groups(&s, s.blocks) == 0 || ext_descriptor_blocks(&s, s.blocks) == 0)
            abort();
        // Device sizes from the last eight bytes, cut down to what an MBR can address.
        uint64_t device = 0;
        memcpy(&device, bytes + size - sizeof device, sizeof device);
        device &= (UINT64_C(1) << 41) - 1;
        uint64_t blocks = ext_grown_blocks(&s, device);
        if (blocks > device / s.block_size || ext_grown_blocks(&s, device + 65536) < blocks)
            abort();
        (void)ext_grown_blocks(&s, UINT64_MAX);
    }
    free(bytes);
    return 0;
}
