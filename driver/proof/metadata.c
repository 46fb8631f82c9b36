// libext2fs, told to read through the copy, walks the file system; what it reads is in the copy
// then, and what it would not read but e2fsck does is filled in beside.
#include "proof/metadata.h"

#include <ext2fs/ext2fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/signals.h"
#include "plan/ext.h"

enum {
    NAME_SIZE = 32,   // room for a pointer as text
    SCAN_BLOCKS = 16, // of inode tables at a time
};

struct walk {
    struct copy *copy;
    struct failure *f;
    bool failed; // *f says why; libext2fs only hears of an error
    ext2_filsys fs;
    struct ext2_inode_large *inode; // the one in hand, with room for a whole one
    blk64_t claimed;                // blocks, by all inodes so far
    bool wanted;                    // the content of the inode in hand is metadata
    enum metadata found;
};

// The part of libext2fs' interface to a device that reading needs.

static errcode_t channel_open(const char *name, int flags, io_channel *result);

static errcode_t channel_close(io_channel channel) {
    if (--channel->refcount == 0)
        ext2fs_free_mem(&channel);
    return 0;
}

static errcode_t channel_set_blksize(io_channel channel, int size) {
    channel->block_size = size;
    return 0;
}

// A negative count is one of bytes.
static errcode_t channel_read(io_channel channel, unsigned long long block, int count, void *data) {
    struct walk *w = channel->private_data;
    const uint64_t unit = (uint64_t)channel->block_size;
    const uint64_t wanted = count < 0 ? (uint64_t) - (int64_t)count : (uint64_t)count * unit;
    if (block > copy_size(w->copy) / unit || wanted > copy_size(w->copy) - block * unit)
        return EXT2_ET_SHORT_READ;
    if (!w->failed)
        w->failed = copy_read(w->copy, data, wanted, block * unit, w->f) != 0;
    return w->failed ? EXT2_ET_SHORT_READ : 0;
}

static errcode_t channel_read_32(io_channel channel, unsigned long block, int count, void *data) {
    return channel_read(channel, block, count, data);
}

static errcode_t channel_write(io_channel channel, unsigned long long block, int count,
                               const void *data) {
    (void)channel, (void)block, (void)count, (void)data;
    return EXT2_ET_RO_FILSYS;
}

static errcode_t channel_write_32(io_channel channel, unsigned long block, int count,
                                  const void *data) {
    return channel_write(channel, block, count, data);
}

static errcode_t channel_flush(io_channel channel) {
    (void)channel;
    return 0;
}

static struct struct_io_manager manager = {
    .magic = EXT2_ET_MAGIC_IO_MANAGER,
    .name = "copy",
    .open = channel_open,
    .close = channel_close,
    .set_blksize = channel_set_blksize,
    .read_blk = channel_read_32,
    .read_blk64 = channel_read,
    .write_blk = channel_write_32,
    .write_blk64 = channel_write,
    .flush = channel_flush,
};

// The name is all that libext2fs hands through: it is the walk's address.
static errcode_t channel_open(const char *name, int flags, io_channel *result) {
    (void)flags;
    void *walk = NULL;
    io_channel channel = NULL;
    if (sscanf(name, "%p", &walk) != 1)
        return EXT2_ET_BAD_DEVICE_NAME;
    const errcode_t e = ext2fs_get_memzero(sizeof *channel, &channel);
    if (e != 0)
        return e;
    *channel = (struct struct_io_channel){.magic = EXT2_ET_MAGIC_IO_CHANNEL,
                                          .manager = &manager,
                                          .block_size = EXT2_MIN_BLOCK_SIZE,
                                          .refcount = 1,
                                          .private_data = walk};
    *result = channel;
    return 0;
}

// The walk.

static void partly(struct walk *w) {
    if (w->found == METADATA_ALL)
        w->found = METADATA_SOME;
}

static bool going(struct walk *w) {
    if (!w->failed && signals_first() != 0) {
        w->failed = true;
        failure_set(w->f, signals_exit_id(), NULL, "the proof was interrupted");
    }
    return !w->failed && w->found != METADATA_TOO_MUCH;
}

static void fill(struct walk *w, blk64_t block, blk64_t count) {
    if (w->failed)
        return;
    const uint64_t unit = w->fs->blocksize;
    if (block >= ext2fs_blocks_count(w->fs->super))
        partly(w);
    else
        w->failed = copy_fill(w->copy, block * unit, count * unit, w->f) != 0;
}

// In a sound file system every block has one owner at most.
static void claim(struct walk *w, blk64_t blocks) {
    w->claimed += blocks;
    if (w->claimed > ext2fs_blocks_count(w->fs->super))
        w->found = METADATA_TOO_MUCH;
}

// Superblock and descriptors of a group, where it has a copy of them, and its bitmaps. e2fsck
// compares the superblocks.
static void walk_groups(struct walk *w) {
    for (dgrp_t group = 0; group < w->fs->group_desc_count && going(w); group++) {
        blk64_t super = 0;
        blk64_t old_desc = 0;
        blk64_t new_desc = 0;
        if (ext2fs_super_and_bgd_loc2(w->fs, group, &super, &old_desc, &new_desc, NULL) != 0)
            partly(w);
        if (super != 0)
            fill(w, super, 1);
        if (new_desc != 0)
            fill(w, new_desc, 1);
        fill(w, ext2fs_block_bitmap_loc(w->fs, group), 1);
        fill(w, ext2fs_inode_bitmap_loc(w->fs, group), 1);
    }
}

static int on_block(ext2_filsys fs, blk64_t *block, e2_blkcnt_t number, blk64_t ref_block,
                    int ref_offset, void *data) {
    (void)fs, (void)ref_block, (void)ref_offset;
    struct walk *w = data;
    claim(w, 1);
    if (w->wanted && number >= 0)
        fill(w, *block, 1);
    return going(w) ? 0 : BLOCK_ABORT;
}

static void walk_mapped(struct walk *w, ext2_ino_t ino) {
    if (ext2fs_block_iterate3(w->fs, ino, BLOCK_FLAG_READ_ONLY, NULL, on_block, w) != 0)
        partly(w);
}

static void walk_extents(struct walk *w, ext2_ino_t ino) {
    ext2_extent_handle_t handle = NULL;
    struct ext2fs_extent extent;
    if (ext2fs_extent_open2(w->fs, ino, (struct ext2_inode *)w->inode, &handle) != 0) {
        partly(w);
        return;
    }
    errcode_t e = ext2fs_extent_get(handle, EXT2_EXTENT_ROOT, &extent);
    while (e == 0 && going(w)) {
        if ((extent.e_flags & EXT2_EXTENT_FLAGS_SECOND_VISIT) == 0) {
            const bool leaf = (extent.e_flags & EXT2_EXTENT_FLAGS_LEAF) != 0;
            claim(w, leaf ? extent.e_len : 1);
            if (leaf && w->wanted)
                fill(w, extent.e_pblk, extent.e_len);
        }
        e = ext2fs_extent_get(handle, EXT2_EXTENT_NEXT, &extent);
    }
    if (e != 0 && e != EXT2_ET_EXTENT_NO_NEXT)
        partly(w);
    ext2fs_extent_free(handle);
}

// Whether e2fsck reads what is in this inode's blocks.
static bool content_counts(const struct walk *w, ext2_ino_t ino) {
    const struct ext2_super_block *s = w->fs->super;
    const ext2_ino_t read[] = {s->s_usr_quota_inum, s->s_grp_quota_inum, s->s_prj_quota_inum,
                               s->s_orphan_file_inum};
    for (size_t i = 0; i < sizeof read / sizeof read[0]; i++)
        if (ino == read[i])
            return true;
    return LINUX_S_ISDIR(w->inode->i_mode) || LINUX_S_ISLNK(w->inode->i_mode) ||
           (w->inode->i_flags & EXT4_EA_INODE_FL) != 0;
}

// Of the journal, which has been replayed, e2fsck reads the superblock.
static void fill_journal_super(struct walk *w, ext2_ino_t ino) {
    blk64_t block = 0;
    if (ext2fs_bmap2(w->fs, ino, (struct ext2_inode *)w->inode, NULL, 0, 0, NULL, &block) != 0)
        partly(w);
    else
        fill(w, block, 1);
}

static void walk_inode(struct walk *w, ext2_ino_t ino) {
    struct ext2_inode *inode = (struct ext2_inode *)w->inode;
    if (inode->i_links_count == 0 && ino >= EXT2_FIRST_INODE(w->fs->super))
        return; // not in use; a deleted one has no blocks
    const blk64_t attributes = ext2fs_file_acl_block(w->fs, inode);
    if (attributes != 0)
        fill(w, attributes, 1);
    if (!ext2fs_inode_has_valid_blocks2(w->fs, inode))
        return;
    w->wanted = content_counts(w, ino);
    if ((inode->i_flags & EXT4_EXTENTS_FL) != 0)
        walk_extents(w, ino);
    else
        walk_mapped(w, ino);
    if (ino == w->fs->super->s_journal_inum && going(w))
        fill_journal_super(w, ino);
}

static void walk_inodes(struct walk *w) {
    ext2_inode_scan scan = NULL;
    ext2_ino_t ino = 0;
    if (ext2fs_open_inode_scan(w->fs, SCAN_BLOCKS, &scan) != 0) {
        partly(w);
        return;
    }
    while (going(w)) {
        const errcode_t e = ext2fs_get_next_inode_full(scan, &ino, (struct ext2_inode *)w->inode,
                                                       EXT2_INODE_SIZE(w->fs->super));
        if (e == EXT2_ET_BAD_BLOCK_IN_INODE_TABLE)
            continue;
        if (e != 0)
            partly(w);
        if (e != 0 || ino == 0)
            break;
        walk_inode(w, ino);
    }
    ext2fs_close_inode_scan(scan);
}

// Opens the file system; false when it cannot be understood. libext2fs takes the superblock's
// numbers as they come: those that the partition has no room for are kept from it.
static bool walk_open(struct walk *w) {
    uint8_t head[EXT_HEAD_SIZE];
    struct ext_super super;
    char name[NAME_SIZE];
    const uint64_t size = copy_size(w->copy) < sizeof head ? copy_size(w->copy) : sizeof head;
    w->failed = copy_read(w->copy, head, size, 0, w->f) != 0;
    if (w->failed || ext_read(&super, head, size, NULL) != 0 ||
        super.blocks > copy_size(w->copy) / super.block_size)
        return false;
    (void)snprintf(name, sizeof name, "%p", (void *)w);
    const int flags = EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP | EXT2_FLAG_IGNORE_CSUM_ERRORS |
                      EXT2_FLAG_SOFTSUPP_FEATURES;
    return ext2fs_open2(name, NULL, flags, 0, 0, &manager, &w->fs) == 0;
}

static void fill_mmp(struct walk *w) {
    if (ext2fs_has_feature_mmp(w->fs->super))
        fill(w, w->fs->super->s_mmp_block, 1);
}

// What is looked at before the inodes.
static void walk_head(struct walk *w) {
    const ext2_ino_t journal = w->fs->super->s_journal_inum;
    fill_mmp(w);
    if (journal != 0 && going(w)) {
        if (ext2fs_read_inode_full(w->fs, journal, (struct ext2_inode *)w->inode,
                                   EXT2_INODE_SIZE(w->fs->super)) != 0)
            partly(w);
        else
            fill_journal_super(w, journal);
    }
}

static void walk_all(struct walk *w) {
    fill_mmp(w);
    walk_groups(w);
    walk_inodes(w);
}

static int walk(struct copy *c, void (*way)(struct walk *w), enum metadata *found,
                struct failure *f) {
    struct failure own;
    struct walk w = {.copy = c, .f = f != NULL ? f : &own, .found = METADATA_ALL};
    if (walk_open(&w)) {
        w.inode = calloc(1, (size_t)EXT2_INODE_SIZE(w.fs->super));
        if (w.inode != NULL)
            way(&w);
        else
            w.failed = failure_no_memory(w.f) != 0;
        free(w.inode);
    } else {
        partly(&w);
    }
    if (w.fs != NULL)
        (void)ext2fs_close_free(&w.fs);
    *found = w.found;
    return w.failed ? -1 : 0;
}

int metadata_fill(struct copy *c, enum metadata *found, struct failure *f) {
    return walk(c, walk_all, found, f);
}

int metadata_fill_head(struct copy *c, struct failure *f) {
    enum metadata found;
    return walk(c, walk_head, &found, f);
}
