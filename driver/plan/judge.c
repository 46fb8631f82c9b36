// The judgments, each with what was tried with the programs that the guest runs (reason.c has the
// table).
#include "plan/judge.h"

#include <inttypes.h>
#include <sys/resource.h>

#include "plan/feature.h"

enum { PAGE_SECTORS = 8, TYPE_LINUX = 0x83, PAGE_BYTES = 4096 };

static uint64_t entry_bytes(const struct mbr_entry *e) {
    return (uint64_t)e->sectors * SECTOR_SIZE;
}

static const struct mbr_entry *old_entry(const struct plan *p) {
    return &p->before.mbr.entry[p->part - 1];
}

void judge_table(struct plan *p) {
    const struct mbr_entry *e = old_entry(p);
    if (e->start % PAGE_SECTORS != 0)
        (void)reason_add(&p->reasons, REASON_START_UNALIGNED,
                         "partition %d starts at sector %" PRIu32
                         ", which is no multiple of 8; it stays there",
                         p->part, e->start);
    if (e->type != TYPE_LINUX)
        (void)reason_add(&p->reasons, REASON_TYPE_UNUSUAL,
                         "partition %d has the type %02x, though it holds ext%d; it keeps it",
                         p->part, e->type, p->before.fs.version);
}

// Features that decide whether e2fsck and resize2fs can be relied on.
static void judge_features(struct plan *p) {
    const struct ext_super *s = &p->before.fs;
    struct reasons *r = &p->reasons;
    char names[FEATURE_LIST_SIZE];
    if (feature_list_beyond(names, sizeof names, s, NULL) > 0)
        (void)reason_add(r, REASON_FEATURES_UNKNOWN,
                         "the file system has features that no e2fsprogs known here can handle: %s",
                         names);
    if ((s->ro_compat & EXT_RO_COMPAT_BIGALLOC) != 0)
        (void)reason_add(r, REASON_BIGALLOC,
                         "the file system has the feature bigalloc, which resize2fs does not grow "
                         "while it is not mounted");
    if ((s->compat & EXT_COMPAT_HAS_JOURNAL) != 0 && s->journal_inode == 0)
        (void)reason_add(r, REASON_EXTERNAL_JOURNAL,
                         "the file system's journal is on another device, without which e2fsck "
                         "does not make it clean");
    if ((s->compat & EXT_COMPAT_RESIZE_INODE) != 0 && (s->incompat & EXT_INCOMPAT_META_BG) != 0)
        (void)reason_add(r, REASON_RESIZE_INODE_META_BG,
                         "the file system has the features resize_inode and meta_bg, which exclude "
                         "each other: e2fsck would take resize_inode away");
    else if ((s->incompat & EXT_INCOMPAT_META_BG) != 0)
        (void)reason_add(r, REASON_META_BG,
                         "the file system has the feature meta_bg: its descriptors are spread over "
                         "it, and nothing has to be moved for more of them");
    if ((s->ro_compat & EXT_RO_COMPAT_SHARED_BLOCKS) != 0)
        (void)reason_add(r, REASON_SHARED_BLOCKS,
                         "the file system's files share blocks (shared_blocks): Linux mounts it "
                         "read-only, after the growth as before");
}

// e2fsck takes a file system in use for what it is after some waiting, but stops at once when the
// mark is that of another e2fsck.
static void judge_mmp(struct plan *p) {
    if ((p->before.fs.incompat & EXT_INCOMPAT_MMP) == 0 || p->before.mmp == EXT_MMP_CLEAN)
        return;
    if (p->before.mmp == EXT_MMP_FSCK)
        (void)reason_add(&p->reasons, REASON_MMP_FSCK,
                         "the file system is marked (mmp) as being checked by an e2fsck; that of "
                         "the guest stops at this");
    else
        (void)reason_add(
            &p->reasons, REASON_MMP,
            "the file system is marked (mmp) as mounted somewhere: e2fsck waits to see "
            "whether the mark changes, then goes on");
}

static void judge_state(struct plan *p) {
    const struct ext_super *s = &p->before.fs;
    struct reasons *r = &p->reasons;
    if ((s->incompat & EXT_INCOMPAT_RECOVER) != 0)
        (void)reason_add(r, REASON_JOURNAL_DIRTY,
                         "the file system's journal has not been replayed: e2fsck will do it");
    else if ((s->state & EXT_STATE_VALID) == 0)
        (void)reason_add(r, REASON_FS_UNCLEAN,
                         "the file system was not unmounted in order: e2fsck will check and repair "
                         "it");
    if ((s->state & EXT_STATE_ERROR) != 0)
        (void)reason_add(r, REASON_FS_ERRORS,
                         "the file system is marked as having errors: e2fsck will repair it");
    if ((s->ro_compat & EXT_RO_COMPAT_ORPHAN_PRESENT) != 0)
        (void)reason_add(r, REASON_ORPHANS,
                         "the file system has deleted files to be cleaned up: e2fsck will do it");
}

// What resize2fs could have used of the partition, but for its own rounding.
static void judge_fill(struct plan *p) {
    const struct ext_super *s = &p->before.fs;
    const uint64_t room = entry_bytes(old_entry(p)) / s->block_size;
    if (s->blocks > room)
        (void)reason_add(&p->reasons, REASON_FS_LARGER,
                         "the file system has %" PRIu64 " blocks of %" PRIu32
                         " bytes, but its partition has room for %" PRIu64 " only",
                         s->blocks, s->block_size, room);
    else if (s->blocks < ext_grown_blocks(s, entry_bytes(old_entry(p))))
        (void)reason_add(&p->reasons, REASON_FS_SMALLER,
                         "the file system has %" PRIu64 " blocks of %" PRIu32
                         " bytes, and its partition has room for %" PRIu64 " already",
                         s->blocks, s->block_size, room);
    if (s->block_size < PAGE_BYTES)
        (void)reason_add(&p->reasons, REASON_SMALL_BLOCKS,
                         "the file system has blocks of %" PRIu32
                         " bytes: resize2fs still ends it at a multiple of 4096 bytes",
                         s->block_size);
}

void judge_fs(struct plan *p) {
    judge_features(p);
    judge_mmp(p);
    judge_state(p);
    judge_fill(p);
}

// What resize2fs refuses because of the numbers.
static void judge_limits(struct plan *p) {
    const struct ext_super *s = &p->before.fs;
    const uint64_t device = entry_bytes(&p->entry) / s->block_size;
    const uint64_t groups = ext_groups(s, p->fs_blocks);
    const uint64_t descriptors = ext_descriptor_blocks(s, p->fs_blocks);
    if (s->blocks > device)
        (void)reason_add(&p->reasons, REASON_FS_BEYOND_PLAN,
                         "the file system has %" PRIu64
                         " blocks, and the grown partition would have room for %" PRIu64 " only",
                         s->blocks, device);
    if (descriptors + s->first_data_block > s->blocks_per_group)
        (void)reason_add(&p->reasons, REASON_TOO_MANY_GROUPS,
                         "at that size the file system would have %" PRIu64
                         " block groups, whose descriptors take %" PRIu64
                         " blocks, and a group has %" PRIu32 " blocks only",
                         groups, descriptors, s->blocks_per_group);
    if (groups * s->inodes_per_group > UINT32_MAX)
        (void)reason_add(&p->reasons, REASON_TOO_MANY_INODES,
                         "at that size the file system would have %" PRIu64
                         " inodes, and their numbers have 32 bits",
                         groups * s->inodes_per_group);
}

void judge_growth(struct plan *p) {
    const struct ext_super *s = &p->before.fs;
    const uint64_t device = entry_bytes(&p->entry) / s->block_size;
    const uint64_t descriptors = ext_descriptor_blocks(s, p->fs_blocks);
    judge_limits(p);
    if (!p->resize)
        (void)reason_add(
            &p->reasons, REASON_CUT_OFF_RUN,
            "the disk has SIZE already, but what is in it has not, as after a run that "
            "was cut off: this run goes on with it");
    const uint64_t kept = ext_descriptor_blocks(s, s->blocks) + s->reserved_gdt_blocks;
    // With meta_bg descriptors never move; else the first group must hold them all in a row. Where
    // the resize inode's own indirect block stands in that row, resize2fs 1.47.0 stops with
    // `Illegal doubly indirect block found`.
    if ((s->incompat & EXT_INCOMPAT_META_BG) == 0 && descriptors > kept)
        (void)reason_add(&p->reasons,
                         (s->compat & EXT_COMPAT_RESIZE_INODE) != 0 ? REASON_RESIZE_INODE_SMALL
                                                                    : REASON_TABLES_MOVE,
                         "the group descriptors will take %" PRIu64
                         " blocks, and the file system has %" PRIu64
                         " for them: resize2fs moves what is in the way, which takes longer",
                         descriptors, kept);
    if (device - p->fs_blocks >= PAGE_BYTES / s->block_size + 1 && device > p->fs_blocks)
        (void)reason_add(&p->reasons, REASON_REST_UNUSED,
                         "the last %" PRIu64
                         " blocks of the partition are too few for a block group of their own: "
                         "resize2fs leaves them unused",
                         device - p->fs_blocks);
}

// A raw image is as long as the disk; the others grow as they are written to.
static void judge_limit(struct plan *p) {
    struct rlimit limit;
    if (p->image.fixed == NULL && p->image.cluster_size == 0 && p->resize &&
        getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        limit.rlim_cur < p->virtual_size)
        (void)reason_add(&p->reasons, REASON_FILE_LIMIT,
                         "files may have %" PRIu64 " bytes here, and the disk shall have %" PRIu64,
                         (uint64_t)limit.rlim_cur, p->virtual_size);
}

void judge_room(struct plan *p) {
    const struct plan_room *room = &p->room;
    judge_limit(p);
    if (room->available < room->certain)
        (void)reason_add(&p->reasons, REASON_NO_ROOM,
                         "the growth takes %" PRIu64
                         " bytes at least, and the host's file system has %" PRIu64 " left",
                         room->certain, room->available);
    else if (room->available < room->possible)
        (void)reason_add(&p->reasons, REASON_ROOM_TIGHT,
                         "the growth may take up to %" PRIu64
                         " bytes, and the host's file system has %" PRIu64 " left",
                         room->possible, room->available);
}
