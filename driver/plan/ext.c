// Reads the superblock, and tells other things that partitions hold by their signatures.
#include "plan/ext.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

enum { EXT_MAGIC = 0xef53, BLOCK_SIZE_LOG_MAX = 6, PAGE = 4096 };

// Byte offsets in the superblock.
enum {
    S_INODES = 0,
    S_BLOCKS_LO = 4,
    S_FIRST_DATA_BLOCK = 20,
    S_LOG_BLOCK_SIZE = 24,
    S_BLOCKS_PER_GROUP = 32,
    S_INODES_PER_GROUP = 40,
    S_MAGIC = 56,
    S_STATE = 58,
    S_REVISION = 76,
    S_INODE_SIZE = 88,
    S_COMPAT = 92,
    S_INCOMPAT = 96,
    S_RO_COMPAT = 100,
    S_UUID = 104,
    S_LABEL = 120,
    S_RESERVED_GDT_BLOCKS = 206,
    S_JOURNAL_INODE = 224,
    S_DESC_SIZE = 254,
    S_BLOCKS_HI = 336,
    S_MMP_BLOCK = 360,
    S_BACKUP_GROUPS = 588,
};

// The features that ext3 knows; any other makes a file system ext4.
enum {
    EXT3_INCOMPAT = 0x0002 | EXT_INCOMPAT_RECOVER | 0x0010, // filetype, recover, meta_bg
    EXT3_RO_COMPAT = 0x0001 | 0x0002 | 0x0004,              // sparse_super, large_file, btree_dir
};

// What a partition may hold instead. A container wins over an ext superblock behind its header:
// what looks like ext there is left over, or the half of a mirror.
static const struct other {
    const char *name;
    uint32_t offset; // bytes from the start
    uint32_t size;   // bytes of magic
    const char *magic;
    bool container;
    enum reason_id id;
} others[] = {
    {"a LUKS container", 0, 6, "LUKS\xba\xbe", true, REASON_LUKS},
    {"an LVM2 physical volume", 512, 8, "LABELONE", true, REASON_LVM},
    {"an LVM2 physical volume", 0, 8, "LABELONE", true, REASON_LVM},
    {"an LVM2 physical volume", 1024, 8, "LABELONE", true, REASON_LVM},
    {"an LVM2 physical volume", 1536, 8, "LABELONE", true, REASON_LVM},
    {"a BitLocker volume", 3, 8, "-FVE-FS-", true, REASON_OTHER_CONTENT},
    {"a member of a Linux RAID", 0, 4, "\xfc\x4e\x2b\xa9", true, REASON_RAID_MEMBER},
    {"a member of a Linux RAID", 4096, 4, "\xfc\x4e\x2b\xa9", true, REASON_RAID_MEMBER},
    {"an XFS file system", 0, 4, "XFSB", false, REASON_XFS},
    {"a btrfs file system", 65600, 8, "_BHRfS_M", false, REASON_BTRFS},
    {"swap space", 4086, 10, "SWAPSPACE2", false, REASON_SWAP},
    {"swap space", 4086, 10, "SWAP-SPACE", false, REASON_SWAP},
    {"an NTFS file system", 3, 8, "NTFS    ", false, REASON_OTHER_CONTENT},
    {"an exFAT file system", 3, 8, "EXFAT   ", false, REASON_OTHER_CONTENT},
    {"a FAT file system", 82, 8, "FAT32   ", false, REASON_OTHER_CONTENT},
    {"a FAT file system", 54, 8, "FAT16   ", false, REASON_OTHER_CONTENT},
    {"a FAT file system", 54, 8, "FAT12   ", false, REASON_OTHER_CONTENT},
    {"a squashfs file system", 0, 4, "hsqs", false, REASON_OTHER_CONTENT},
    {"an F2FS file system", 1024, 4, "\x10\x20\xf5\xf2", false, REASON_OTHER_CONTENT},
    {"an EROFS file system", 1024, 4, "\xe2\xe1\xf5\xe0", false, REASON_OTHER_CONTENT},
    {"an ISO 9660 file system", 32769, 5, "CD001", false, REASON_OTHER_CONTENT},
    {"a JFS file system", 32768, 4, "JFS1", false, REASON_OTHER_CONTENT},
    {"a ReiserFS file system", 65588, 8, "ReIsErFs", false, REASON_OTHER_CONTENT},
    {"a ReiserFS file system", 65588, 9, "ReIsEr2Fs", false, REASON_OTHER_CONTENT},
    {"a ReiserFS file system", 65588, 9, "ReIsEr3Fs", false, REASON_OTHER_CONTENT},
    {"a NILFS2 file system", 1030, 2, "\x34\x34", false, REASON_OTHER_CONTENT},
    {"an HFS+ file system", 1024, 2, "H+", false, REASON_OTHER_CONTENT},
    {"an APFS container", 32, 4, "NXSB", false, REASON_OTHER_CONTENT},
    {"a UFS file system", 9564, 4, "\x54\x19\x01\x00", false, REASON_OTHER_CONTENT},
    {"a UFS file system", 66908, 4, "\x19\x01\x54\x19", false, REASON_OTHER_CONTENT},
    {"a romfs file system", 0, 8, "-rom1fs-", false, REASON_OTHER_CONTENT},
    {"a cramfs file system", 0, 4, "\x45\x3d\xcd\x28", false, REASON_OTHER_CONTENT},
    {"a UBI image", 0, 4, "UBI#", false, REASON_OTHER_CONTENT},
};

static const struct other *find_other(const uint8_t *bytes, uint64_t size, bool containers_only) {
    for (const struct other *o = others; o < others + sizeof others / sizeof others[0]; o++)
        if ((o->container || !containers_only) && o->offset + o->size <= size &&
            memcmp(bytes + o->offset, o->magic, o->size) == 0)
            return o;
    return NULL;
}

const char *ext_other_name(const uint8_t *bytes, uint64_t size) {
    const struct other *o = find_other(bytes, size, false);
    return o == NULL ? NULL : o->name;
}

static int refuse_other(struct reasons *r, enum reason_id id, const char *name) {
    return reason_add(r, id, "the last partition holds %s, no ext2, ext3 or ext4 file system",
                      name);
}

// A number of the superblock, and what it can be in a file system that is not damaged.
struct bounds {
    const char *name;
    uint64_t value, min, max;
    bool power_of_2;
};

static int check_bounds(const struct bounds *rows, size_t count, struct reasons *r) {
    for (const struct bounds *b = rows; b < rows + count; b++)
        if (b->value < b->min || b->value > b->max ||
            (b->power_of_2 && (b->value & (b->value - 1)) != 0))
            return reason_add(r, REASON_EXT_DAMAGED,
                              "the last partition's ext superblock is damaged: its %s is %" PRIu64,
                              b->name, b->value);
    return 0;
}

static int version_of(const struct ext_super *s) {
    if ((s->incompat & ~(uint32_t)EXT3_INCOMPAT) != 0 ||
        (s->ro_compat & ~(uint32_t)EXT3_RO_COMPAT) != 0)
        return 4;
    return (s->compat & EXT_COMPAT_HAS_JOURNAL) != 0 ? 3 : 2;
}

// Why there is no superblock at all.
static int refuse_head(struct reasons *r, const uint8_t *bytes, uint64_t size) {
    const struct other *o = find_other(bytes, size, false);
    if (o != NULL)
        return refuse_other(r, o->id, o->name);
    return reason_add(r, REASON_NOT_EXT,
                      "the last partition holds no ext2, ext3 or ext4 file system, nor anything "
                      "else that is known here");
}

// Features, and the one that makes it no file system.
static int take_features(struct ext_super *s, const uint8_t *p, struct reasons *r) {
    s->compat = get_le32(p + S_COMPAT);
    s->incompat = get_le32(p + S_INCOMPAT);
    s->ro_compat = get_le32(p + S_RO_COMPAT);
    if ((s->incompat & EXT_INCOMPAT_JOURNAL_DEV) != 0)
        return refuse_other(r, REASON_JOURNAL_DEVICE,
                            "the external journal of another file system");
    return 0;
}

// The numbers, checked: later arithmetic relies on their bounds.
static int take_layout(struct ext_super *s, const uint8_t *p, bool dynamic, struct reasons *r) {
    bool is_64bit = (s->incompat & EXT_INCOMPAT_64BIT) != 0;
    s->blocks = get_le32(p + S_BLOCKS_LO);
    if (is_64bit)
        s->blocks |= (uint64_t)get_le32(p + S_BLOCKS_HI) << 32;
    s->first_data_block = get_le32(p + S_FIRST_DATA_BLOCK);
    s->blocks_per_group = get_le32(p + S_BLOCKS_PER_GROUP);
    s->reserved_gdt_blocks = get_le16(p + S_RESERVED_GDT_BLOCKS);
    s->backup_groups[0] = get_le32(p + S_BACKUP_GROUPS);
    s->backup_groups[1] = get_le32(p + S_BACKUP_GROUPS + 4);
    s->mmp_block = get_le64(p + S_MMP_BLOCK);
    s->journal_inode = get_le32(p + S_JOURNAL_INODE);
    uint64_t inodes = get_le32(p + S_INODES_PER_GROUP);
    uint64_t inode_size = dynamic ? get_le16(p + S_INODE_SIZE) : 128;
    uint32_t desc_size = is_64bit ? get_le16(p + S_DESC_SIZE) : 32;
    uint64_t bits = (uint64_t)s->block_size * 8; // of a bitmap, which is one block
    // With bigalloc a bit stands for a cluster of up to 64 Ki blocks.
    uint64_t group_max = (s->ro_compat & EXT_RO_COMPAT_BIGALLOC) != 0 ? UINT32_MAX : bits;
    const struct bounds rows[] = {
        {"first data block", s->first_data_block, 0, 1, false},
        {"number of blocks", s->blocks, (uint64_t)s->first_data_block + 1, UINT64_MAX, false},
        {"number of blocks per group", s->blocks_per_group, 8, group_max, false},
        {"number of inodes", get_le32(p + S_INODES), 1, UINT32_MAX, false},
        {"number of inodes per group", inodes, 1, bits, false},
        {"inode size", inode_size, 128, s->block_size, true},
        {"group descriptor size", desc_size, is_64bit ? 64 : 32, s->block_size, true},
    };
    if (check_bounds(rows, sizeof rows / sizeof rows[0], r) != 0)
        return -1;
    s->inodes_per_group = (uint32_t)inodes;
    s->inode_table_blocks = (uint32_t)((inodes * inode_size + s->block_size - 1) / s->block_size);
    s->descriptors_per_block = s->block_size / desc_size;
    return 0;
}

int ext_take(struct ext_super *s, const uint8_t *bytes, uint64_t size, struct reasons *r) {
    *s = (struct ext_super){0};
    const struct other *container = find_other(bytes, size, true);
    if (container != NULL)
        return refuse_other(r, container->id, container->name);
    const uint8_t *p = bytes + EXT_SUPER_OFFSET;
    if (size < EXT_SUPER_OFFSET + EXT_SUPER_SIZE || get_le16(p + S_MAGIC) != EXT_MAGIC)
        return refuse_head(r, bytes, size);
    uint32_t revision = get_le32(p + S_REVISION);
    uint32_t log_block_size = get_le32(p + S_LOG_BLOCK_SIZE);
    const struct bounds rows[] = {
        {"revision", revision, 0, 1, false},
        {"block size (log2 of its KiB)", log_block_size, 0, BLOCK_SIZE_LOG_MAX, false},
    };
    if (check_bounds(rows, sizeof rows / sizeof rows[0], r) != 0)
        return -1;
    bool dynamic = revision > 0; // revision 0 has no features, and one inode size
    if (dynamic && take_features(s, p, r) != 0)
        return -1;
    s->block_size = UINT32_C(1024) << log_block_size;
    s->version = version_of(s);
    s->state = get_le16(p + S_STATE);
    memcpy(s->uuid, p + S_UUID, sizeof s->uuid);
    memcpy(s->label, p + S_LABEL, sizeof s->label - 1);
    return take_layout(s, p, dynamic, r);
}

int ext_read(struct ext_super *s, const uint8_t *bytes, uint64_t size, struct failure *f) {
    struct reasons r = {0};
    (void)ext_take(s, bytes, size, &r);
    return reasons_failure(&r, f);
}

void ext_uuid_text(char text[EXT_UUID_TEXT], const uint8_t uuid[16]) {
    char *p = text;
    for (int i = 0; i < 16; i++)
        p += snprintf(p, 4, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
}

bool ext_is_clean(const struct ext_super *s) {
    return (s->state & EXT_STATE_VALID) != 0 && (s->state & EXT_STATE_ERROR) == 0 &&
           (s->incompat & EXT_INCOMPAT_RECOVER) == 0 &&
           (s->ro_compat & EXT_RO_COMPAT_ORPHAN_PRESENT) == 0;
}

static bool is_power_of(uint64_t number, uint64_t base) {
    uint64_t power = base;
    while (power < number)
        power *= base;
    return power == number;
}

uint64_t ext_groups(const struct ext_super *s, uint64_t blocks) {
    if (blocks <= s->first_data_block)
        return 0;
    const uint64_t counted = blocks - s->first_data_block;
    return counted / s->blocks_per_group + (counted % s->blocks_per_group != 0);
}

uint64_t ext_descriptor_blocks(const struct ext_super *s, uint64_t blocks) {
    return (ext_groups(s, blocks) + s->descriptors_per_block - 1) / s->descriptors_per_block;
}

enum ext_mmp ext_mmp_state(const uint8_t *bytes) {
    const uint32_t magic = 0x004d4d50;
    const uint32_t clean = 0xff4d4d50;
    const uint32_t in_use_max = 0xe24d4d4f; // above it, and not clean: e2fsck, or nobody knows what
    const uint32_t sequence = get_le32(bytes + 4);
    if (get_le32(bytes) != magic)
        return EXT_MMP_IN_USE;
    return sequence == clean       ? EXT_MMP_CLEAN
           : sequence > in_use_max ? EXT_MMP_FSCK
                                   : EXT_MMP_IN_USE;
}

bool ext_last_group_has_super(const struct ext_super *s, uint64_t groups) {
    uint64_t last = groups - 1;
    if ((s->compat & EXT_COMPAT_SPARSE_SUPER2) != 0)
        return s->backup_groups[groups == 2 ? 0 : 1] != 0;
    if (last <= 1 || (s->ro_compat & EXT_RO_COMPAT_SPARSE_SUPER) == 0)
        return true;
    return is_power_of(last, 3) || is_power_of(last, 5) || is_power_of(last, 7);
}

uint64_t ext_grown_blocks(const struct ext_super *s, uint64_t device_bytes) {
    enum { SPARE_BLOCKS = 50 }; // data blocks that a last group must have room for
    uint64_t blocks = device_bytes / s->block_size;
    if (s->block_size < PAGE)
        blocks -= blocks % (PAGE / s->block_size);
    if ((s->incompat & EXT_INCOMPAT_64BIT) == 0 && blocks > UINT32_MAX)
        blocks = UINT32_MAX;
    if (blocks <= s->first_data_block)
        return blocks;
    uint64_t groups = ext_groups(s, blocks);
    uint64_t remainder = (blocks - s->first_data_block) % s->blocks_per_group;
    uint64_t overhead = 2 + (uint64_t)s->inode_table_blocks;
    if (ext_last_group_has_super(s, groups))
        overhead += 1 + ext_descriptor_blocks(s, blocks) + s->reserved_gdt_blocks;
    if (groups > 1 && remainder != 0 && remainder < overhead + SPARE_BLOCKS)
        blocks -= remainder;
    return blocks;
}
