// The proof: each thing it looks at is changed in turn in a good result, and each change is named.
#include "proof/proof.h"
#include "workspace.h"

static void put_le32(uint8_t *p, uint32_t value) {
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

// A sector 0 with two partitions; the second has `sectors`.
static void make_mbr(struct mbr *m, uint32_t sectors) {
    uint8_t bytes[512];
    struct failure f;
    memset(bytes, 0, sizeof bytes);
    memset(bytes, 0xeb, 440);
    put_le32(bytes + 440, 0xcbad8a62);
    memcpy(bytes + 446, "\x80\x01\x02\x03\x83\x04\x05\x06", 8);
    put_le32(bytes + 454, 512);
    put_le32(bytes + 458, 32768);
    memcpy(bytes + 462, "\x00\x07\x08\x09\x83\x0a\x0b\x0c", 8);
    put_le32(bytes + 470, 33792);
    put_le32(bytes + 474, sectors);
    bytes[510] = 0x55;
    bytes[511] = 0xaa;
    assert_int_equal(mbr_read(m, bytes, 1048576, &f), 0);
}

static void make_plan(struct plan *p) {
    *p = (struct plan){
        .part = 2,
        .partitions = 2,
        .virtual_size = 512 << 20,
        .fs_blocks = 126848,
        .before = {.virtual_size = 126353408,
                   .part = 2,
                   .fs = {.version = 4,
                          .blocks = 26624,
                          .block_size = 4096,
                          .state = EXT_STATE_VALID,
                          .uuid = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
                          .label = "rootfs"}},
    };
    make_mbr(&p->before.mbr, 212992);
    p->entry = p->before.mbr.entry[1];
    p->entry.sectors = 1014784;
}

static void make_after(struct disk_state *after, const struct plan *p) {
    *after = p->before;
    after->virtual_size = p->virtual_size;
    make_mbr(&after->mbr, 1014784);
    memcpy(after->mbr.raw + 463, "\xfe\xff\xff\x83\xfe\xff\xff", 7); // other CHS numbers
    after->fs.blocks = p->fs_blocks;
}

static void reread(struct mbr *m) {
    struct mbr old = *m;
    struct failure f;
    if (mbr_read(m, old.raw, UINT32_MAX, &f) != 0)
        fail_msg("%s", f.what);
}

static void expect(const struct disk_state *after, const struct plan *p, const char *says) {
    struct failure f = {0};
    if (proof_compare(after, p, &f) != -1)
        fail_msg("not found: %s", says);
    assert_id(&f, EXIT_ID_PROOF_FAILED);
    assert_says(&f, says);
    assert_string_not_equal(f.next, "");
}

static void test_good(void **state) {
    (void)state;
    struct plan p;
    struct disk_state after;
    struct failure f = {0};
    make_plan(&p);
    make_after(&after, &p);
    if (proof_compare(&after, &p, &f) != 0)
        fail_msg("%s", f.what);
    // e2fsck gives a file system the features that its content needs.
    after.fs.ro_compat |= 2;
    assert_int_equal(proof_compare(&after, &p, &f), 0);
}

// Every byte of the sector but the CHS numbers of the grown partition counts.
static void test_each_byte(void **state) {
    (void)state;
    struct plan p;
    make_plan(&p);
    for (int i = 0; i < 510; i++) {
        struct disk_state after;
        struct failure f = {0};
        make_after(&after, &p);
        after.mbr.raw[i] ^= 0x01;
        const uint8_t *entry = after.mbr.raw + 462;
        after.mbr.entry[1] = (struct mbr_entry){
            .boot = entry[0],
            .type = entry[4],
            .start = (uint32_t)entry[8] | (uint32_t)entry[9] << 8 | (uint32_t)entry[10] << 16 |
                     (uint32_t)entry[11] << 24,
            .sectors = (uint32_t)entry[12] | (uint32_t)entry[13] << 8 | (uint32_t)entry[14] << 16 |
                       (uint32_t)entry[15] << 24,
        };
        bool chs = (i >= 463 && i <= 465) || (i >= 467 && i <= 469);
        if ((proof_compare(&after, &p, &f) == 0) != chs)
            fail_msg("byte %d: %s", i, f.what);
        const char *names = i < 440   ? "boot code"
                            : i < 444 ? "PARTUUID"
                            : i < 446 ? "between the disk signature and the table"
                            : i < 462 ? "entry 1"
                            : i < 478 ? "the partition's"
                            : i < 494 ? "entry 3"
                                      : "entry 4";
        if (!chs)
            assert_says(&f, names);
    }
}

static void test_fields(void **state) {
    (void)state;
    struct plan p;
    struct disk_state good;
    make_plan(&p);
    make_after(&good, &p);
    struct disk_state bad = good;
    bad.virtual_size -= 512;
    expect(&bad, &p, "size in bytes was to be 536870912, but is 536870400");
    bad = good;
    put_le32(bad.mbr.raw + 470, 33800);
    reread(&bad.mbr);
    expect(&bad, &p, "first sector was to be 33792, but is 33800");
    bad = good;
    put_le32(bad.mbr.raw + 474, 1014783);
    reread(&bad.mbr);
    expect(&bad, &p, "number of sectors was to be 1014784, but is 1014783");
    bad = good;
    bad.mbr.raw[466] = 0x0c;
    reread(&bad.mbr);
    expect(&bad, &p, "type was to be 83, but is 0c");
    bad = good;
    bad.mbr.raw[462] = 0x80;
    reread(&bad.mbr);
    expect(&bad, &p, "boot flag was to be 00, but is 80");
    bad = good;
    bad.fs.uuid[15] = 0;
    expect(&bad, &p,
           "be 01020304-0506-0708-090a-0b0c0d0e0f10, but is "
           "01020304-0506-0708-090a-0b0c0d0e0f00");
    bad = good;
    bad.fs.label[0] = 'b';
    expect(&bad, &p, "label was to be \"rootfs\", but is \"bootfs\"");
    bad = good;
    bad.fs.version = 2;
    expect(&bad, &p, "ext4, but is ext2");
    bad = good;
    bad.fs.block_size = 1024;
    expect(&bad, &p, "block size was to be 4096, but is 1024");
    bad = good;
    bad.fs.blocks--;
    expect(&bad, &p, "number of blocks was to be 126848, but is 126847");
    bad = good;
    bad.fs.blocks = p.before.fs.blocks;
    expect(&bad, &p, "but is 26624");
    bad = good;
    bad.fs.state = 0;
    expect(&bad, &p, "marked as mounted");
    bad = good;
    bad.fs.state = EXT_STATE_VALID | EXT_STATE_ERROR;
    expect(&bad, &p, "having errors");
    bad = good;
    bad.fs.incompat |= EXT_INCOMPAT_RECOVER;
    expect(&bad, &p, "journal needs recovery");
    bad = good;
    bad.fs.ro_compat |= EXT_RO_COMPAT_ORPHAN_PRESENT;
    expect(&bad, &p, "orphans");
}

// A disk whose content has gone altogether has failed the proof; one that cannot be opened has not.
static void test_unreadable(void **state) {
    (void)state;
    struct plan p;
    struct disk_state after;
    struct failure f = {0};
    make_plan(&p);
    sh_do("truncate -s 16M disk");
    p.disk = p.image.path = realpath("disk", NULL);
    p.format = p.image.format = strdup("raw");
    assert_int_equal(proof_check(&after, &p, "qemu-img", &f), -1);
    assert_id(&f, EXIT_ID_PROOF_FAILED);
    assert_says(&f, "no MBR partition table");
    sh_do("rm disk");
    assert_int_equal(proof_check(&after, &p, "qemu-img", &f), -1);
    assert_id(&f, EXIT_ID_DISK_UNREADABLE);
    plan_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_each_byte),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_unreadable),
    };
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
