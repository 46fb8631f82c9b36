// The superblock of ext2, ext3 and ext4: what of it a plan and a proof need.
#ifndef QEMU_GROW_PLAN_EXT_H
#define QEMU_GROW_PLAN_EXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "plan/reason.h"

enum {
    EXT_SUPER_OFFSET = 1024,    // bytes, from the partition's start
    EXT_UUID_TEXT = 37,         // characters of a UUID as text, with its NUL
    EXT_SUPER_SIZE = 1024,      // bytes
    EXT_HEAD_SIZE = 128 * 1024, // bytes from the partition's start that ext_read can make use of
};

// Bits of s_state and of the three feature words that are looked at by name.
enum {
    EXT_STATE_VALID = 0x0001,
    EXT_STATE_ERROR = 0x0002,
    EXT_COMPAT_HAS_JOURNAL = 0x0004,
    EXT_COMPAT_RESIZE_INODE = 0x0010,
    EXT_COMPAT_SPARSE_SUPER2 = 0x0200,
    EXT_INCOMPAT_RECOVER = 0x0004,
    EXT_INCOMPAT_JOURNAL_DEV = 0x0008,
    EXT_INCOMPAT_META_BG = 0x0010,
    EXT_INCOMPAT_64BIT = 0x0080,
    EXT_INCOMPAT_MMP = 0x0100,
    EXT_INCOMPAT_FLEX_BG = 0x0200,
    EXT_RO_COMPAT_SPARSE_SUPER = 0x0001,
    EXT_RO_COMPAT_GDT_CSUM = 0x0010,
    EXT_RO_COMPAT_BIGALLOC = 0x0200,
    EXT_RO_COMPAT_METADATA_CSUM = 0x0400,
    EXT_RO_COMPAT_SHARED_BLOCKS = 0x4000,
    EXT_RO_COMPAT_ORPHAN_PRESENT = 0x10000,
};

struct ext_super {
    int version; // 2, 3 or 4: ext2, ext3, ext4, as blkid would say from the features
    uint64_t blocks;
    uint32_t block_size; // bytes
    uint16_t state;      // s_state
    uint32_t compat, incompat, ro_compat;
    uint8_t uuid[16];
    char label[17]; // NUL-terminated
    // The layout of a block group, which decides what a grown file system can end in.
    uint32_t first_data_block;
    uint32_t blocks_per_group;
    uint32_t inodes_per_group;
    uint32_t inode_table_blocks; // per group
    uint32_t descriptors_per_block;
    uint32_t reserved_gdt_blocks;
    uint32_t backup_groups[2]; // with sparse_super2
    uint64_t mmp_block;        // with mmp
    uint32_t journal_inode;    // 0: the journal, if there is one, is on another device
};

// What the block of multiple mount protection says.
enum ext_mmp { EXT_MMP_CLEAN, EXT_MMP_IN_USE, EXT_MMP_FSCK };

// Takes the superblock apart. bytes: the partition's first `size` bytes, EXT_HEAD_SIZE or all of
// it. Returns 0, or -1 with a refusal in *r, naming what the partition holds instead where that is
// easily told (ext.c's table: xfs, btrfs, swap, LUKS, LVM2 ...), or what no ext file system can
// have.
int ext_take(struct ext_super *s, const uint8_t *bytes, uint64_t size, struct reasons *r);

// The same with the refusal as a failure: EXIT_ID_NOT_EXT.
int ext_read(struct ext_super *s, const uint8_t *bytes, uint64_t size, struct failure *f);

// What a partition or disk that begins with these bytes holds, if it is one of the things ext_read
// knows besides ext: a name for a person, or NULL.
const char *ext_other_name(const uint8_t *bytes, uint64_t size);

// False when e2fsck has something to do before the file system can be trusted: not unmounted,
// errors noted, a journal or an orphan file to be replayed.
bool ext_is_clean(const struct ext_super *s);

// A UUID as 8-4-4-4-12 digits.
void ext_uuid_text(char text[EXT_UUID_TEXT], const uint8_t uuid[16]);

// What the bytes of the MMP block (at least 8 of them) say.
enum ext_mmp ext_mmp_state(const uint8_t *bytes);

// Block groups of a file system of that many blocks, and the blocks that hold their descriptors.
uint64_t ext_groups(const struct ext_super *s, uint64_t blocks);
uint64_t ext_descriptor_blocks(const struct ext_super *s, uint64_t blocks);

// Whether the last of `groups` block groups holds a copy of the superblock and the descriptors.
bool ext_last_group_has_super(const struct ext_super *s, uint64_t groups);

// The blocks that `resize2fs DEVICE` gives the file system on a device of that many bytes, on a
// machine with pages of 4096 bytes: the device rounded down to whole pages, and without a last
// block group that would be too small for its own tables.
uint64_t ext_grown_blocks(const struct ext_super *s, uint64_t device_bytes);

#endif
