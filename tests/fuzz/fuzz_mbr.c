// Any 512 bytes as a partition table: refused, or understood in a way that holds together.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plan/mbr.h"
#include "report/plan_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What is drawn of any table, also of one that is refused: no partition outside its line, and
// ranges that are none.
static void draw(const struct mbr *m, uint64_t disk_sectors) {
    char text[MAP_COLUMNS + 1];
    struct plan_range ranges[PLAN_RANGES_MAX];
    disk_sectors &= UINT32_MAX; // no plan goes beyond
    plan_map(text, m->entry, disk_sectors, disk_sectors);
    if (strlen(text) != MAP_COLUMNS || strspn(text, " .1234") != MAP_COLUMNS)
        abort();
    const int count = plan_ranges(ranges, m->entry, disk_sectors);
    if (count > PLAN_RANGES_MAX)
        abort();
    for (int i = 0; i < count; i++)
        if (ranges[i].number == 0 && ranges[i].sectors == 0)
            abort();
}

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
    struct reasons r = {0};
    const int refused = mbr_take(&m, sector, disk_sectors, &r);
    if (refused != (reasons_refusal(&r) == NULL ? 0 : -1))
        abort();
    if (mbr_is_usable(&m, disk_sectors) &&
        (uint64_t)m.entry[mbr_last(&m) - 1].start + m.entry[mbr_last(&m) - 1].sectors >
            disk_sectors)
        abort(); // what will be read must lie within the disk
    draw(&m, disk_sectors);
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
