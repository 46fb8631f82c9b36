// The superblock: as mke2fs writes it, as damage leaves it, and what else a partition may hold.
#include <inttypes.h>

#include "plan/ext.h"
#include "workspace.h"

// The head of a file as ext_read wants it. *size becomes the number of bytes.
static uint8_t *head_of(const char *file, uint64_t *size) {
    uint8_t *bytes = calloc(1, EXT_HEAD_SIZE);
    FILE *in = fopen(file, "rb");
    assert_non_null(bytes);
    assert_non_null(in);
    *size = fread(bytes, 1, EXT_HEAD_SIZE, in);
    (void)fclose(in);
    return bytes;
}

static struct ext_super read_file(const char *file) {
    struct ext_super s;
    struct failure f = {0};
    uint64_t size = 0;
    uint8_t *bytes = head_of(file, &size);
    if (ext_read(&s, bytes, size, &f) != 0)
        fail_msg("%s", f.what);
    free(bytes);
    return s;
}

static void test_versions(void **state) {
    (void)state;
    static const struct {
        const char *options;
        int version;
        uint64_t blocks;
        uint32_t block_size;
    } rows[] = {
        {"-t ext2 -b 1024", 2, 16384, 1024},
        {"-t ext2 -r 0 -b 1024", 2, 16384, 1024},
        {"-t ext2 -b 4096", 2, 4096, 4096},
        {"-t ext3 -b 1024", 3, 16384, 1024},
        {"-t ext4 -b 1024", 4, 16384, 1024},
        {"-t ext4 -b 4096 -O 64bit,metadata_csum", 4, 4096, 4096},
        {"-t ext4 -b 2048 -O ^has_journal", 4, 8192, 2048},
        {"-t ext4 -b 4096 -O ^has_journal,^64bit,^metadata_csum -m 0", 4, 4096, 4096},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sh_do("rm -f fs.img && truncate -s 16M fs.img && mke2fs -q -F %s -L 'a label, of 16' "
              "-U 01234567-89ab-cdef-0123-456789abcdef fs.img",
              rows[i].options);
        struct ext_super s = read_file("fs.img");
        assert_int_equal(s.version, rows[i].version);
        assert_int_equal(s.blocks, rows[i].blocks);
        assert_int_equal(s.block_size, rows[i].block_size);
        assert_string_equal(s.label, "a label, of 16");
        assert_memory_equal(s.uuid,
                            "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef", 16);
        assert_true(ext_is_clean(&s));
        // blkid is the judge of the version.
        char *type = sh("blkid -p -s TYPE -o value fs.img");
        assert_int_equal(type[3] - '0', s.version);
        free(type);
    }
}

static void test_state(void **state) {
    (void)state;
    sh_do("rm -f fs.img && truncate -s 16M fs.img && mke2fs -q -F -t ext4 -O orphan_file fs.img");
    struct ext_super s = read_file("fs.img");
    assert_true(ext_is_clean(&s));
    sh_do("debugfs -w -R 'ssv state 2' fs.img 2>/dev/null");
    s = read_file("fs.img");
    assert_int_equal(s.state, EXT_STATE_ERROR);
    assert_false(ext_is_clean(&s));
    sh_do("debugfs -w -R 'ssv state 3' fs.img 2>/dev/null");
    s = read_file("fs.img");
    assert_false(ext_is_clean(&s));
    sh_do("debugfs -w -R 'ssv state 0' fs.img 2>/dev/null");
    s = read_file("fs.img");
    assert_false(ext_is_clean(&s));
    sh_do("debugfs -w -R 'ssv state 1' fs.img 2>/dev/null");
    s = read_file("fs.img");
    assert_true(ext_is_clean(&s));
    sh_do("debugfs -w -R 'feature needs_recovery' fs.img 2>/dev/null");
    s = read_file("fs.img");
    assert_true((s.incompat & EXT_INCOMPAT_RECOVER) != 0);
    assert_false(ext_is_clean(&s));
    sh_do("debugfs -w -R 'feature -needs_recovery orphan_present' fs.img 2>/dev/null");
    s = read_file("fs.img");
    assert_true((s.ro_compat & EXT_RO_COMPAT_ORPHAN_PRESENT) != 0);
    assert_false(ext_is_clean(&s));
}

static void expect(const uint8_t *bytes, uint64_t size, const char *says) {
    struct ext_super s;
    struct failure f = {0};
    if (ext_read(&s, bytes, size, &f) != -1)
        fail_msg("not refused, but should have been: %s", says);
    assert_id(&f, EXIT_ID_NOT_EXT);
    assert_says(&f, says);
    assert_string_not_equal(f.next, "");
}

static void test_damage(void **state) {
    (void)state;
    static const struct {
        const char *says;
        unsigned offset; // in the superblock
        uint32_t value;
        unsigned size;
    } rows[] = {
        {"nor anything else", 56, 0xef52, 2},
        {"revision", 76, 2, 4},
        {"block size", 24, 7, 4},
        {"number of blocks", 4, 0, 4},
        {"first data block", 20, 2, 4},
        {"blocks per group", 32, 0, 4},
        {"blocks per group", 32, 0xffffffff, 4},
        {"number of inodes is", 0, 0, 4},
        {"inodes per group", 40, 0, 4},
        {"inodes per group", 40, 0x10000, 4},
        {"inode size", 88, 0, 2},
        {"inode size", 88, 384, 2},
        {"inode size", 88, 8192, 2},
        {"descriptor size", 254, 32, 2},
        {"descriptor size", 254, 96, 2},
        {"external journal", 96, 0x0008, 4},
    };
    sh_do("rm -f fs.img && truncate -s 16M fs.img && mke2fs -q -F -t ext4 -b 4096 -O 64bit fs.img");
    uint64_t size = 0;
    uint8_t *bytes = head_of("fs.img", &size);
    uint8_t *copy = malloc(EXT_HEAD_SIZE);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memcpy(copy, bytes, EXT_HEAD_SIZE);
        for (unsigned k = 0; k < rows[i].size; k++)
            copy[EXT_SUPER_OFFSET + rows[i].offset + k] = (uint8_t)(rows[i].value >> 8 * k);
        expect(copy, size, rows[i].says);
    }
    // Partitions that are too short for a superblock.
    expect(bytes, 2047, "nor anything else");
    expect(bytes, 512, "nor anything else");
    expect(bytes, 0, "nor anything else");
    free(copy);
    free(bytes);
}

static void test_others(void **state) {
    (void)state;
    static const struct {
        const char *says;
        unsigned offset;
        const char *magic;
    } rows[] = {
        {"XFS", 0, "XFSB"},           {"btrfs", 65600, "_BHRfS_M"},
        {"swap", 4086, "SWAPSPACE2"}, {"LUKS", 0, "LUKS\xba\xbe"},
        {"LVM2", 512, "LABELONE"},    {"NTFS", 3, "NTFS    "},
        {"FAT", 82, "FAT32   "},      {"FAT", 54, "FAT16   "},
        {"squashfs", 0, "hsqs"},      {"F2FS", 1024, "\x10\x20\xf5\xf2"},
        {"ISO 9660", 32769, "CD001"}, {"RAID", 4096, "\xfc\x4e\x2b\xa9"},
    };
    uint8_t *bytes = malloc(EXT_HEAD_SIZE);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(bytes, 0, EXT_HEAD_SIZE);
        memcpy(bytes + rows[i].offset, rows[i].magic, strlen(rows[i].magic));
        expect(bytes, EXT_HEAD_SIZE, rows[i].says);
        assert_non_null(ext_other_name(bytes, EXT_HEAD_SIZE));
        // A partition that ends within the signature does not have it.
        assert_null(ext_other_name(bytes, rows[i].offset + strlen(rows[i].magic) - 1));
    }
    memset(bytes, 0, EXT_HEAD_SIZE);
    assert_null(ext_other_name(bytes, EXT_HEAD_SIZE));
    free(bytes);
    // What mkswap and mkfs really write.
    sh_do("rm -f other.img && truncate -s 16M other.img && mkswap other.img");
    uint64_t size = 0;
    bytes = head_of("other.img", &size);
    expect(bytes, size, "swap");
    free(bytes);
    // A container's header before a good ext superblock: not ours to touch.
    sh_do("rm -f fs.img && truncate -s 16M fs.img && mke2fs -q -F -t ext4 fs.img");
    bytes = head_of("fs.img", &size);
    memcpy(bytes, "LUKS\xba\xbe", 6);
    expect(bytes, size, "LUKS");
    // What is left of a file system that was there before does not matter.
    memcpy(bytes, "XFSB\0\0", 6);
    struct ext_super s;
    struct failure f = {0};
    assert_int_equal(ext_read(&s, bytes, size, &f), 0);
    free(bytes);
}

// resize2fs itself is the judge of how many blocks it will make. Sizes near the end of a block
// group are the ones in doubt: a last group that is too small is left out.
static void test_grown_blocks(void **state) {
    (void)state;
    static const struct {
        const char *options;
        uint64_t group; // bytes of a block group
    } kinds[] = {
        {"-t ext2 -b 1024", 8 << 20},
        {"-t ext2 -b 1024 -r 0", 8 << 20},
        {"-t ext3 -b 1024", 8 << 20},
        {"-t ext4 -b 1024", 8 << 20},
        {"-t ext4 -b 1024 -O ^resize_inode", 8 << 20},
        {"-t ext4 -b 1024 -O 64bit,metadata_csum", 8 << 20},
        {"-t ext4 -b 1024 -O ^flex_bg", 8 << 20},
        {"-t ext4 -b 1024 -O meta_bg,^resize_inode", 8 << 20},
        {"-t ext4 -b 1024 -O sparse_super2", 8 << 20},
        {"-t ext2 -b 1024 -O ^sparse_super,^resize_inode", 8 << 20},
        {"-t ext4 -b 2048", 32 << 20},
        {"-t ext4 -b 4096 -g 2048", 8 << 20},
        {"-t ext4 -b 4096 -m 0 -O ^has_journal,^64bit", 128 << 20},
    };
    // Bytes behind the end of a group.
    static const int64_t behind[] = {-512,      0,         512,        4096,
                                     50 << 10,  52 << 10,  100 << 10,  300 << 10,
                                     500 << 10, 700 << 10, 3000 << 10, 7000 << 10};
    int dropped = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        sh_do("rm -f base.img && truncate -s 20M base.img && mke2fs -q -F %s base.img",
              kinds[k].options);
        struct ext_super s = read_file("base.img");
        for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
            uint64_t groups = kinds[k].group > 100 << 20 ? 1 : 3 + i % 3;
            uint64_t size = (uint64_t)((int64_t)(groups * kinds[k].group) + behind[i]);
            if (s.first_data_block == 1)
                size += 1024;
            sh_do("cp --sparse=always base.img fs.img && truncate -s %" PRIu64
                  " fs.img && resize2fs fs.img 2>&1",
                  size);
            uint64_t blocks = read_file("fs.img").blocks;
            if (ext_grown_blocks(&s, size) != blocks)
                fail_msg("%s on %" PRIu64 " bytes: planned %" PRIu64 ", resize2fs makes %" PRIu64,
                         kinds[k].options, size, ext_grown_blocks(&s, size), blocks);
            dropped += blocks + 4 < size / s.block_size;
        }
    }
    assert_true(dropped > 20); // or the sizes do not try what they are meant to try
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),     cmocka_unit_test(test_state),
        cmocka_unit_test(test_damage),       cmocka_unit_test(test_others),
        cmocka_unit_test(test_grown_blocks),
    };
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
