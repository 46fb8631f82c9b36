// The partition table: good ones, and one reason to refuse after the other.
#include "plan/mbr.h"
#include "workspace.h"

enum { DISK_SECTORS = 1000000 };

static void put_le32(uint8_t *p, uint32_t value) {
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

static void put_entry(uint8_t *sector, int number, uint8_t boot, uint8_t type, uint32_t start,
                      uint32_t sectors) {
    uint8_t *p = sector + 446 + (size_t)(number - 1) * 16;
    p[0] = boot;
    p[4] = type;
    put_le32(p + 8, start);
    put_le32(p + 12, sectors);
}

// OpenWrt's table.
static void put_table(uint8_t sector[512]) {
    memset(sector, 0, 512);
    memset(sector, 0xeb, 440);
    put_le32(sector + 440, 0xcbad8a62);
    put_entry(sector, 1, 0x80, 0x83, 512, 32768);
    put_entry(sector, 2, 0x00, 0x83, 33792, 212992);
    sector[510] = 0x55;
    sector[511] = 0xaa;
}

static void expect(const uint8_t *sector, uint64_t disk_sectors, enum exit_id id,
                   const char *says) {
    struct mbr m;
    struct failure f = {0};
    if (mbr_read(&m, sector, disk_sectors, &f) != -1)
        fail_msg("not refused, but should have been: %s", says);
    assert_id(&f, id);
    assert_says(&f, says);
    assert_string_not_equal(f.next, "");
}

static void test_good(void **state) {
    (void)state;
    uint8_t sector[512];
    put_table(sector);
    struct mbr m;
    struct failure f = {0};
    assert_int_equal(mbr_read(&m, sector, 246784, &f), 0); // to the last sector
    assert_memory_equal(m.raw, sector, 512);
    assert_int_equal(m.signature, 0xcbad8a62);
    assert_int_equal(m.entry[0].boot, 0x80);
    assert_int_equal(m.entry[0].start, 512);
    assert_int_equal(m.entry[1].sectors, 212992);
    assert_int_equal(m.entry[1].type, 0x83);
    assert_int_equal(mbr_count(&m), 2);
    assert_int_equal(mbr_last(&m), 2);
}

static void test_last(void **state) {
    (void)state;
    uint8_t sector[512];
    struct mbr m;
    struct failure f = {0};
    put_table(sector);
    put_entry(sector, 4, 0, 0x82, 246784, 8);
    put_entry(sector, 1, 0x80, 0x83, 300000, 700000);
    assert_int_equal(mbr_read(&m, sector, DISK_SECTORS, &f), 0);
    assert_int_equal(mbr_last(&m), 1);
    assert_int_equal(mbr_count(&m), 3);
    put_entry(sector, 3, 0, 0x0c, 1, 2);
    assert_int_equal(mbr_read(&m, sector, DISK_SECTORS, &f), 0);
    assert_int_equal(mbr_last(&m), 1);
    assert_int_equal(mbr_count(&m), 4);
    assert_int_equal(mbr_last(&(struct mbr){0}), 0);
}

static void test_no_mbr(void **state) {
    (void)state;
    uint8_t sector[512] = {0};
    expect(sector, DISK_SECTORS, EXIT_ID_NO_MBR, "55 aa");
    put_table(sector);
    sector[510] = 0xaa;
    sector[511] = 0x55;
    expect(sector, DISK_SECTORS, EXIT_ID_NO_MBR, "55 aa");
    // Boot sectors of file systems end in 55 aa, too; text stands where the table would be.
    static const struct {
        unsigned offset;
        const char *magic, *name;
    } rows[] = {{3, "NTFS    ", "NTFS"}, {54, "FAT16   ", "FAT"}, {82, "FAT32   ", "FAT"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        put_table(sector);
        memcpy(sector + rows[i].offset, rows[i].magic, 8);
        memset(sector + 446, 'x', 64);
        expect(sector, DISK_SECTORS, EXIT_ID_NO_MBR, rows[i].name);
        memset(sector + 446, 0, 64);
        expect(sector, DISK_SECTORS, EXIT_ID_NO_MBR, rows[i].name);
        // With a table it is an MBR all the same.
        uint8_t table[512];
        put_table(table);
        memcpy(sector + 446, table + 446, 64);
        struct mbr m;
        struct failure f = {0};
        assert_int_equal(mbr_read(&m, sector, DISK_SECTORS, &f), 0);
    }
}

static void test_gpt(void **state) {
    (void)state;
    uint8_t sector[512];
    for (int number = 1; number <= 4; number++) {
        put_table(sector);
        put_entry(sector, number, 0, 0xee, 1, 0xffffffff);
        expect(sector, DISK_SECTORS, EXIT_ID_GPT, "protective");
    }
    struct reasons r = {0};
    memset(sector, 0, sizeof sector);
    assert_int_equal(mbr_check_gpt(sector, &r), 0);
    assert_int_equal(r.count, 0);
    memcpy(sector, "EFI PART", 8);
    assert_int_equal(mbr_check_gpt(sector, &r), -1);
    assert_true(reasons_have(&r, REASON_GPT_HEADER));
}

static void test_extended(void **state) {
    (void)state;
    static const uint8_t types[] = {0x05, 0x0f, 0x85};
    uint8_t sector[512];
    for (size_t i = 0; i < sizeof types; i++) {
        put_table(sector);
        put_entry(sector, 3, 0, types[i], 300000, 1000);
        expect(sector, DISK_SECTORS, EXIT_ID_EXTENDED, "partition 3");
    }
}

static void test_empty(void **state) {
    (void)state;
    uint8_t sector[512];
    put_table(sector);
    memset(sector + 446, 0, 64);
    expect(sector, DISK_SECTORS, EXIT_ID_NO_PARTITION, "empty");
}

static void test_inconsistent(void **state) {
    (void)state;
    static const struct {
        const char *says;
        int number;
        uint8_t boot, type;
        uint32_t start, sectors;
    } rows[] = {
        {"boot byte 01", 2, 0x01, 0x83, 33792, 212992},
        {"boot byte ff", 4, 0xff, 0x00, 0, 0},
        {"partitions 1 and 2 overlap", 2, 0, 0x83, 33279, 1},
        {"partitions 1 and 3 overlap", 3, 0, 0x83, 511, 2},
        {"partitions 2 and 4 overlap", 4, 0, 0x83, 100000, 1},
        {"partitions 1 and 4 overlap", 4, 0, 0x83, 1, 999999},
        {"the start 0", 3, 0, 0x83, 0, 8},
        {"the length 0", 3, 0, 0x83, 300000, 0},
        {"ends at sector 1000000,", 3, 0, 0x83, 999999, 2},
        {"ends at sector 8589934588,", 3, 0, 0x83, 0xffffffff, 0xfffffffe},
        {"not empty", 3, 0, 0x00, 300000, 8},
        {"not empty", 3, 0x80, 0x00, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t sector[512];
        put_table(sector);
        put_entry(sector, rows[i].number, rows[i].boot, rows[i].type, rows[i].start,
                  rows[i].sectors);
        expect(sector, DISK_SECTORS, EXIT_ID_TABLE_INCONSISTENT, rows[i].says);
    }
    uint8_t sector[512];
    put_table(sector);
    sector[446 + 2 * 16 + 1] = 7; // a CHS byte of an unused entry
    expect(sector, DISK_SECTORS, EXIT_ID_TABLE_INCONSISTENT, "entry 3");
    put_table(sector);
    expect(sector, 246783, EXIT_ID_TABLE_INCONSISTENT, "246783 sectors only");
    // Partitions that touch do not overlap.
    put_entry(sector, 3, 0, 0x83, 33280, 512);
    struct mbr m;
    struct failure f = {0};
    assert_int_equal(mbr_read(&m, sector, DISK_SECTORS, &f), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),         cmocka_unit_test(test_last),
        cmocka_unit_test(test_no_mbr),       cmocka_unit_test(test_gpt),
        cmocka_unit_test(test_extended),     cmocka_unit_test(test_empty),
        cmocka_unit_test(test_inconsistent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
