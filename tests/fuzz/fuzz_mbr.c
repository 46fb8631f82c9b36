// Any 512 bytes as a partition table: refused, or understood in a way that holds together.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plan/mbr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The input: the disk's size in sectors (8 bytes), then the sector, filled up with zeros.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t sector[512] = {0};
    uint64_t disk_sectors = 0;
    if (size < sizeof disk_sectors)
        return 0;
    memcpy(&disk_sectors, data, sizeof disk_sectors);
    size -= sizeof disk_sectors;
    memcpy(sector, data + sizeof disk_sectors, size < sizeof sector ? size : sizeof sector);
    struct mbr m;
    struct failure f = {0};
    (void)mbr_check_gpt(sector, NULL);
    if (mbr_read(&m, sector, disk_sectors, &f) != 0) {
        if (f.id == EXIT_ID_OK || f.what[0] == '\0')
            abort(); // refused without a reason
        return 0;
    }
    int last = mbr_last(&m);
    if (last < 1 || last > 4 || m.entry[last - 1].type == 0 || mbr_count(&m) < 1)
        abort();
    uint64_t end = (uint64_t)m.entry[last - 1].start + m.entry[last - 1].sectors;
    for (int i = 0; i < 4; i++) {
        const struct mbr_entry *e = &m.entry[i];
        if (e->type != 0 &&
            (e->start == 0 || e->sectors == 0 ||
             (uint64_t)e->start + e->sectors > (i == last - 1 ? disk_sectors : end)))
            abort();
    }
    return 0;
}
