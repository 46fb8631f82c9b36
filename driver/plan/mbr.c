// Reads an MBR by the rules of the Linux kernel and busybox fdisk, and refuses what they would not
// read alike.
#include "plan/mbr.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"

enum {
    SIGNATURE_OFFSET = 440, // disk signature
    TABLE_OFFSET = 446,
    ENTRY_SIZE = 16,
    ENTRIES = 4,
    MAGIC_OFFSET = 510,
};

// Types of entries that are no primary partition of an MBR disk.
static const uint8_t types_gpt[] = {0xee};
static const uint8_t types_extended[] = {0x05, 0x0f, 0x85};

// File systems whose boot sector ends in 55aa too, without a table.
static const struct {
    const char *name;
    unsigned offset; // bytes
    const char *magic;
} boot_sectors[] = {
    {"NTFS", 3, "NTFS    "}, {"exFAT", 3, "EXFAT   "}, {"BitLocker", 3, "-FVE-FS-"},
    {"FAT", 54, "FAT12   "}, {"FAT", 54, "FAT16   "},  {"FAT", 82, "FAT32   "},
};

static const char *boot_sector_name(const uint8_t *bytes) {
    for (size_t i = 0; i < sizeof boot_sectors / sizeof boot_sectors[0]; i++)
        if (memcmp(bytes + boot_sectors[i].offset, boot_sectors[i].magic,
                   strlen(boot_sectors[i].magic)) == 0)
            return boot_sectors[i].name;
    return NULL;
}

// The number of the first entry that is of one of these types, or 0.
static int find_type(const struct mbr *m, const uint8_t *types, size_t count) {
    for (int i = 0; i < ENTRIES; i++)
        if (memchr(types, m->entry[i].type, count) != NULL)
            return i + 1;
    return 0;
}

// The number of the first entry whose boot byte no table has, or 0.
static int find_bad_boot_byte(const struct mbr *m) {
    for (int i = 0; i < ENTRIES; i++)
        if (m->entry[i].boot != 0x00 && m->entry[i].boot != 0x80)
            return i + 1;
    return 0;
}

static bool is_zero(const uint8_t *bytes, size_t size) {
    while (size > 0 && *bytes == 0) {
        bytes++;
        size--;
    }
    return size == 0;
}

static bool has_magic(const struct mbr *m) {
    return m->raw[MAGIC_OFFSET] == 0x55 && m->raw[MAGIC_OFFSET + 1] == 0xaa;
}

static uint64_t entry_end(const struct mbr_entry *e) {
    return (uint64_t)e->start + e->sectors;
}

// What one used or unused entry says by itself.
static int check_entry(const struct mbr *m, int number, uint64_t disk_sectors, struct reasons *r) {
    const struct mbr_entry *e = &m->entry[number - 1];
    if (e->type == 0) {
        if (is_zero(m->raw + TABLE_OFFSET + (size_t)(number - 1) * ENTRY_SIZE, ENTRY_SIZE))
            return 0;
        return reason_add(
            r, REASON_UNUSED_NOT_EMPTY,
            "entry %d of the table has the type 00 of an unused one, but is not empty", number);
    }
    if (e->start == 0 || e->sectors == 0)
        return reason_add(r, REASON_ZERO_PARTITION,
                          "partition %d has the start %" PRIu32 " and the length %" PRIu32
                          ", of which neither can be 0",
                          number, e->start, e->sectors);
    if (entry_end(e) > disk_sectors)
        return reason_add(r, REASON_BEYOND_END,
                          "partition %d ends at sector %" PRIu64 ", but the disk has %" PRIu64
                          " sectors only",
                          number, entry_end(e) - 1, disk_sectors);
    return 0;
}

static int check_overlaps(const struct mbr *m, struct reasons *r) {
    int rc = 0;
    for (int a = 0; a < ENTRIES; a++)
        for (int b = a + 1; b < ENTRIES; b++) {
            const struct mbr_entry *x = &m->entry[a];
            const struct mbr_entry *y = &m->entry[b];
            if (x->type != 0 && y->type != 0 && x->start < entry_end(y) && y->start < entry_end(x))
                rc = reason_add(r, REASON_OVERLAP, "partitions %d and %d overlap", a + 1, b + 1);
        }
    return rc;
}

static void take(struct mbr *m, const uint8_t bytes[512]) {
    memcpy(m->raw, bytes, sizeof m->raw);
    m->signature = get_le32(bytes + SIGNATURE_OFFSET);
    for (int i = 0; i < ENTRIES; i++) {
        const uint8_t *p = bytes + TABLE_OFFSET + (size_t)i * ENTRY_SIZE;
        m->entry[i] = (struct mbr_entry){
            .boot = p[0], .type = p[4], .start = get_le32(p + 8), .sectors = get_le32(p + 12)};
    }
}

// The entries, one by one and beside each other.
static int check_entries(const struct mbr *m, uint64_t disk_sectors, struct reasons *r) {
    int rc = 0;
    for (int i = 0; i < ENTRIES; i++)
        rc |= check_entry(m, i + 1, disk_sectors, r);
    if (mbr_count(m) == 0 && rc == 0)
        return reason_add(r, REASON_NO_PARTITION, "the disk's partition table is empty");
    return rc | check_overlaps(m, r);
}

int mbr_take(struct mbr *m, const uint8_t bytes[512], uint64_t disk_sectors, struct reasons *r) {
    take(m, bytes);
    if (!has_magic(m))
        return reason_add(r, REASON_NO_MBR,
                          "the disk has no MBR partition table: its first sector does not end in "
                          "55 aa");
    const char *name = boot_sector_name(bytes);
    int bad = find_bad_boot_byte(m);
    if (name != NULL && (bad != 0 || mbr_count(m) == 0))
        return reason_add(r, REASON_NO_TABLE,
                          "the disk has no partition table: it starts with the boot sector of a %s "
                          "file system",
                          name);
    int rc = 0;
    if (bad != 0)
        rc = reason_add(r, REASON_BAD_BOOT_BYTE,
                        "partition %d has the boot byte %02x, which is neither 00 nor 80", bad,
                        m->entry[bad - 1].boot);
    int found = find_type(m, types_gpt, sizeof types_gpt);
    if (found != 0)
        return reason_add(r, REASON_GPT, "the disk has a GPT: partition %d is its protective entry",
                          found);
    found = find_type(m, types_extended, sizeof types_extended);
    if (found != 0)
        rc = reason_add(r, REASON_EXTENDED, "partition %d is an extended partition (type %02x)",
                        found, m->entry[found - 1].type);
    return rc | check_entries(m, disk_sectors, r);
}

int mbr_read(struct mbr *m, const uint8_t bytes[512], uint64_t disk_sectors, struct failure *f) {
    struct reasons r = {0};
    (void)mbr_take(m, bytes, disk_sectors, &r);
    return reasons_failure(&r, f);
}

int mbr_check_gpt(const uint8_t sector[512], struct reasons *r) {
    if (memcmp(sector, "EFI PART", 8) != 0)
        return 0;
    return reason_add(r, REASON_GPT_HEADER,
                      "the disk has a GPT header in sector 1, though its MBR has no protective "
                      "entry");
}

bool mbr_is_usable(const struct mbr *m, uint64_t disk_sectors) {
    const int last = mbr_last(m);
    if (!has_magic(m) || last == 0)
        return false;
    const struct mbr_entry *e = &m->entry[last - 1];
    return e->start > 0 && e->sectors > 0 && entry_end(e) <= disk_sectors &&
           memchr(types_extended, e->type, sizeof types_extended) == NULL &&
           memchr(types_gpt, e->type, sizeof types_gpt) == NULL;
}

int mbr_last(const struct mbr *m) {
    int last = 0;
    for (int i = 0; i < ENTRIES; i++)
        if (m->entry[i].type != 0 &&
            (last == 0 || entry_end(&m->entry[i]) > entry_end(&m->entry[last - 1])))
            last = i + 1;
    return last;
}

int mbr_count(const struct mbr *m) {
    int count = 0;
    for (int i = 0; i < ENTRIES; i++)
        count += m->entry[i].type != 0;
    return count;
}
