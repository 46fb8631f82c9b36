// The table of reasons. For each it was tried what qemu-img 7.2, e2fsck 1.47.0 and resize2fs 1.47.0
// really do: a refusal is what they refuse or what they would do other than planned, a warning is
// what they cope with and a person should know before, a note is what only explains the numbers.
//
// A reason that cannot come up is not in the table: 2^32 blocks without the feature 64bit would be
// 4 TiB even with blocks of 1 KiB, and an MBR ends at 2 TiB. What the 32 bits do limit are the
// inodes (too-many-inodes); what small blocks limit are the descriptors (too-many-groups).
#include "plan/reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const severity_words[] = {"refuse", "warn", "note"};

const struct reason_row reason_rows[REASON_COUNT] = {
    [REASON_DISK_UNREADABLE] = {"disk-unreadable", SEVERITY_REFUSE, EXIT_ID_DISK_UNREADABLE,
                                "DISK cannot be opened", "check the path"},
    [REASON_DISK_KIND] = {"disk-kind", SEVERITY_REFUSE, EXIT_ID_DISK_UNREADABLE,
                          "DISK is no regular file", "give a disk image in a file"},
    [REASON_DISK_READ_ONLY] = {"disk-read-only", SEVERITY_REFUSE, EXIT_ID_DISK_UNREADABLE,
                               "DISK may not be written by this user",
                               "make it writable for this user"},
    [REASON_DISK_LOCKED] = {"disk-locked", SEVERITY_REFUSE, EXIT_ID_DISK_LOCKED,
                            "another process uses DISK or a file that it is backed by",
                            "end the QEMU or qemu-nbd that uses it, and run this again"},
    [REASON_PROGRAM_MISSING] = {"program-missing", SEVERITY_REFUSE, EXIT_ID_PROGRAM_MISSING,
                                "qemu-img or qemu-nbd cannot be run",
                                "install it (Debian: qemu-utils)"},
    [REASON_ISO_UNUSABLE] = {"iso-unusable", SEVERITY_REFUSE, EXIT_ID_ISO_UNREADABLE,
                             "the ISO that is asked for cannot be used", ""},
    [REASON_RUN_CUT_OFF] = {"run-cut-off", SEVERITY_REFUSE, EXIT_ID_RECOVER_NEEDED,
                            "a run on DISK was cut off while it wrote to it",
                            "finish it: qemu-grow --recover DISK"},
    [REASON_JOURNAL_BAD] = {"journal-bad", SEVERITY_REFUSE, EXIT_ID_JOURNAL_BAD,
                            "the journal beside DISK cannot be understood", ""},
    [REASON_NO_ROOM] = {"no-room", SEVERITY_REFUSE, EXIT_ID_HOST_ROOM,
                        "the host's file system has less room than the growth is sure to take",
                        "free some room there, or move the disk to another file system"},
    [REASON_FILE_LIMIT] = {"file-limit", SEVERITY_REFUSE, EXIT_ID_HOST_ROOM,
                           "no file of that size may be written here",
                           "raise the limit (ulimit -f), or choose a smaller SIZE"},
    [REASON_ROOM_TIGHT] = {"room-tight", SEVERITY_WARN, EXIT_ID_OK,
                           "the host's file system may become full",
                           "free some room there first, to be sure"},
    [REASON_FORMAT_UNREADABLE] = {"format-unreadable", SEVERITY_REFUSE, EXIT_ID_FORMAT_UNREADABLE,
                                  "QEMU cannot read DISK's format",
                                  "check it by qemu-img info and qemu-img check"},
    [REASON_BACKING_UNREADABLE] = {"backing-unreadable", SEVERITY_REFUSE,
                                   EXIT_ID_BACKING_UNREADABLE,
                                   "a file that DISK is backed by cannot be read",
                                   "put the file back, or correct its name by qemu-img rebase"},
    [REASON_FORMAT_FIXED] =
        {"format-fixed", SEVERITY_REFUSE, EXIT_ID_FORMAT_FIXED,
         "qemu-img cannot resize DISK's format",
         "convert it first: qemu-img convert -O qcow2 DISK NEW.qcow2, and grow that"},
    [REASON_COPY_REFUSED] =
        {"copy-refused", SEVERITY_REFUSE, EXIT_ID_COPY_REFUSED,
         "a grown copy would have to take DISK's place, and would lose something",
         "convert it first: qemu-img convert -O qcow2 DISK NEW.qcow2, and grow that"},
    [REASON_GROWN_COPY] = {"grown-copy", SEVERITY_NOTE, EXIT_ID_OK,
                           "qemu-img cannot grow DISK's format: a grown copy will take its place",
                           ""},
    [REASON_ENCRYPTED] = {"encrypted", SEVERITY_REFUSE, EXIT_ID_FORMAT_UNREADABLE,
                          "DISK is encrypted",
                          "convert it to an image without encryption, and grow that"},
    [REASON_MARKED_CORRUPT] = {"marked-corrupt", SEVERITY_REFUSE, EXIT_ID_FORMAT_UNREADABLE,
                               "DISK's header says that it is corrupt",
                               "repair it by qemu-img check -r all"},
    [REASON_MARKED_DIRTY] = {"marked-dirty", SEVERITY_REFUSE, EXIT_ID_FORMAT_UNREADABLE,
                             "DISK's header says that it was not closed in order",
                             "repair it by qemu-img check -r all"},
    [REASON_CUT_SHORT] = {"cut-short", SEVERITY_REFUSE, EXIT_ID_FORMAT_UNREADABLE,
                          "the end of DISK's file is missing", "copy it again from where it came"},
    [REASON_TABLES_DAMAGED] =
        {"tables-damaged", SEVERITY_REFUSE, EXIT_ID_FORMAT_UNREADABLE,
         "qemu-img check finds mistakes in DISK's own tables",
         "look at what qemu-img check says; a backup is better than its repair"},
    [REASON_BITMAP_IN_USE] =
        {"bitmap-in-use", SEVERITY_REFUSE, EXIT_ID_FORMAT_FIXED,
         "a dirty bitmap was not closed in order, and qemu-img resizes no such image",
         "remove it: qemu-img bitmap --remove DISK NAME"},
    [REASON_OLD_SNAPSHOTS] =
        {"old-snapshots", SEVERITY_REFUSE, EXIT_ID_FORMAT_FIXED,
         "qemu-img cannot resize a version 2 qcow2 that has internal snapshots",
         "make it version 3: qemu-img amend -o compat=1.1 DISK"},
    [REASON_HAS_BACKING] = {"has-backing", SEVERITY_WARN, EXIT_ID_OK,
                            "DISK is an overlay on another image, which stays as it is", ""},
    [REASON_HAS_SNAPSHOTS] = {"has-snapshots", SEVERITY_WARN, EXIT_ID_OK,
                              "DISK has internal snapshots; going back to one undoes the growth",
                              "make a new snapshot after the growth"},
    [REASON_HAS_BITMAPS] = {"has-bitmaps", SEVERITY_WARN, EXIT_ID_OK,
                            "DISK has dirty bitmaps, which record the growth as a change",
                            "expect the next incremental backup to be larger"},
    [REASON_HAS_DATA_FILE] = {"has-data-file", SEVERITY_WARN, EXIT_ID_OK,
                              "DISK's content is in a file of its own, which is grown with it",
                              "keep the two files together"},
    [REASON_SIZE_INVALID] = {"size-invalid", SEVERITY_REFUSE, EXIT_ID_SIZE_INVALID,
                             "SIZE is no size that a disk can have",
                             "write SIZE as 8G, 1.5G, +512M or a number of bytes"},
    [REASON_SIZE_SMALLER] = {"size-smaller", SEVERITY_REFUSE, EXIT_ID_SIZE_NOT_LARGER,
                             "SIZE is smaller than DISK", "give a larger SIZE"},
    [REASON_NOTHING_TO_GROW] = {"nothing-to-grow", SEVERITY_REFUSE, EXIT_ID_SIZE_NOT_LARGER,
                                "SIZE gives the file system not one block more",
                                "give a larger SIZE"},
    [REASON_SIZE_BEYOND_MBR] = {"size-beyond-mbr", SEVERITY_REFUSE, EXIT_ID_SIZE_BEYOND_MBR,
                                "SIZE is more than an MBR can address", "give a SIZE below 2 TiB"},
    [REASON_CUT_OFF_RUN] =
        {"cut-off-run", SEVERITY_NOTE, EXIT_ID_OK,
         "DISK has SIZE already, but what is in it has not: as after a run that was cut off", ""},
    [REASON_NO_MBR] = {"no-mbr", SEVERITY_REFUSE, EXIT_ID_NO_MBR, "DISK has no MBR partition table",
                       "check that this is the right disk"},
    [REASON_NO_TABLE] = {"no-table", SEVERITY_REFUSE, EXIT_ID_NO_MBR,
                         "DISK is one file system or container without a partition table",
                         "only disks with an MBR partition table can be grown"},
    [REASON_GPT] = {"gpt", SEVERITY_REFUSE, EXIT_ID_GPT, "DISK has a GPT",
                    "convert it to an MBR (gdisk can), or grow it by a tool for GPT"},
    [REASON_GPT_HEADER] = {"gpt-header", SEVERITY_REFUSE, EXIT_ID_GPT,
                           "DISK has a GPT's header behind an MBR that does not tell of it",
                           "convert it to an MBR (gdisk can), or grow it by a tool for GPT"},
    [REASON_EXTENDED] = {"extended", SEVERITY_REFUSE, EXIT_ID_EXTENDED,
                         "DISK has an extended partition",
                         "only disks with primary partitions alone can be grown"},
    [REASON_NO_PARTITION] = {"no-partition", SEVERITY_REFUSE, EXIT_ID_NO_PARTITION,
                             "DISK's table has no partition", "check that this is the right disk"},
    [REASON_TABLE_INCONSISTENT] = {"table-inconsistent", SEVERITY_REFUSE,
                                   EXIT_ID_TABLE_INCONSISTENT,
                                   "DISK's partition table contradicts itself",
                                   "look at the table with sfdisk or fdisk, and mend it there"},
    [REASON_BAD_BOOT_BYTE] = {"bad-boot-byte", SEVERITY_REFUSE, EXIT_ID_TABLE_INCONSISTENT,
                              "a partition's boot byte is neither 00 nor 80",
                              "look at the table with sfdisk or fdisk, and mend it there"},
    [REASON_UNUSED_NOT_EMPTY] = {"unused-not-empty", SEVERITY_REFUSE, EXIT_ID_TABLE_INCONSISTENT,
                                 "an entry of the table is unused, but not empty",
                                 "look at the table with sfdisk or fdisk, and mend it there"},
    [REASON_ZERO_PARTITION] = {"zero-partition", SEVERITY_REFUSE, EXIT_ID_TABLE_INCONSISTENT,
                               "a partition starts at sector 0 or has no sectors",
                               "look at the table with sfdisk or fdisk, and mend it there"},
    [REASON_BEYOND_END] = {"beyond-end", SEVERITY_REFUSE, EXIT_ID_TABLE_INCONSISTENT,
                           "a partition ends beyond the disk",
                           "look at the table with sfdisk or fdisk, and mend it there"},
    [REASON_OVERLAP] = {"overlap", SEVERITY_REFUSE, EXIT_ID_TABLE_INCONSISTENT,
                        "two partitions overlap",
                        "look at the table with sfdisk or fdisk, and mend it there"},
    [REASON_START_UNALIGNED] =
        {"start-unaligned", SEVERITY_WARN, EXIT_ID_OK,
         "the last partition's first sector is no multiple of 8; it stays there", ""},
    [REASON_TYPE_UNUSUAL] =
        {"type-unusual", SEVERITY_NOTE, EXIT_ID_OK,
         "the last partition holds ext, but has another type than 83; it keeps it", ""},
    [REASON_NOT_EXT] = {"not-ext", SEVERITY_REFUSE, EXIT_ID_NOT_EXT,
                        "the last partition holds nothing that is known here",
                        "only ext2, ext3 and ext4 can be grown"},
    [REASON_LVM] = {"lvm", SEVERITY_REFUSE, EXIT_ID_NOT_EXT,
                    "the last partition is a physical volume of LVM",
                    "only ext2, ext3 and ext4 can be grown; lvm2's own tools grow this"},
    [REASON_LUKS] = {"luks", SEVERITY_REFUSE, EXIT_ID_NOT_EXT,
                     "the last partition is encrypted by LUKS",
                     "only ext2, ext3 and ext4 can be grown; cryptsetup resize grows this"},
    [REASON_RAID_MEMBER] = {"raid-member", SEVERITY_REFUSE, EXIT_ID_NOT_EXT,
                            "the last partition is a member of a Linux RAID",
                            "only ext2, ext3 and ext4 can be grown; mdadm grows this"},
    [REASON_SWAP] = {"swap", SEVERITY_REFUSE, EXIT_ID_NOT_EXT, "the last partition is swap space",
                     "only ext2, ext3 and ext4 can be grown; swap space can be made anew"},
    [REASON_XFS] = {"xfs", SEVERITY_REFUSE, EXIT_ID_NOT_EXT,
                    "the last partition holds an XFS file system",
                    "only ext2, ext3 and ext4 can be grown; xfs_growfs grows this"},
    [REASON_BTRFS] = {"btrfs", SEVERITY_REFUSE, EXIT_ID_NOT_EXT,
                      "the last partition holds a btrfs file system",
                      "only ext2, ext3 and ext4 can be grown; btrfs filesystem resize grows this"},
    [REASON_OTHER_CONTENT] = {"other-content", SEVERITY_REFUSE, EXIT_ID_NOT_EXT,
                              "the last partition holds something else than ext",
                              "only ext2, ext3 and ext4 can be grown"},
    [REASON_JOURNAL_DEVICE] =
        {"journal-device", SEVERITY_REFUSE, EXIT_ID_NOT_EXT,
         "the last partition holds the external journal of another file system",
         "only ext2, ext3 and ext4 can be grown"},
    [REASON_EXT_DAMAGED] = {"ext-damaged", SEVERITY_REFUSE, EXIT_ID_NOT_EXT,
                            "the last partition's ext superblock has impossible numbers",
                            "have e2fsck look at it"},
    [REASON_FS_UNGROWABLE] = {"fs-ungrowable", SEVERITY_REFUSE, EXIT_ID_FS_UNGROWABLE,
                              "resize2fs cannot grow the file system", ""},
    [REASON_BIGALLOC] =
        {"bigalloc", SEVERITY_REFUSE, EXIT_ID_FS_UNGROWABLE,
         "the file system has the feature bigalloc, which resize2fs does not grow off-line",
         "mount it in a guest of its own and grow it there by resize2fs, which the kernel then "
         "does"},
    [REASON_EXTERNAL_JOURNAL] =
        {"external-journal", SEVERITY_REFUSE, EXIT_ID_FS_UNGROWABLE,
         "the file system's journal is on another device, and e2fsck wants it",
         "give it a journal of its own: tune2fs -O ^has_journal, then tune2fs -j"},
    [REASON_RESIZE_INODE_META_BG] =
        {"resize-inode-meta-bg", SEVERITY_REFUSE, EXIT_ID_FS_UNGROWABLE,
         "the file system has both resize_inode and meta_bg, of which e2fsck would take one away",
         "run e2fsck -f on it first"},
    [REASON_FS_BEYOND_PLAN] =
        {"fs-beyond-plan", SEVERITY_REFUSE, EXIT_ID_FS_UNGROWABLE,
         "the file system has more blocks than the grown partition; e2fsck stops at that",
         "give a SIZE that holds all of the file system"},
    [REASON_TOO_MANY_GROUPS] =
        {"too-many-groups", SEVERITY_REFUSE, EXIT_ID_FS_UNGROWABLE,
         "at SIZE the group descriptors would not fit into one block group; resize2fs refuses that",
         "give a smaller SIZE"},
    [REASON_TOO_MANY_INODES] =
        {"too-many-inodes", SEVERITY_REFUSE, EXIT_ID_FS_UNGROWABLE,
         "at SIZE there would be 2^32 inodes or more; resize2fs refuses that",
         "give a smaller SIZE"},
    [REASON_MMP_FSCK] = {"mmp-fsck", SEVERITY_REFUSE, EXIT_ID_FS_UNGROWABLE,
                         "the file system's mark against multiple mounts says that e2fsck is "
                         "running; e2fsck stops at that",
                         "make sure that nothing uses it, then run tune2fs -f -E clear_mmp on it"},
    [REASON_FEATURES_UNKNOWN] =
        {"features-unknown", SEVERITY_REFUSE, EXIT_ID_FS_TOO_NEW,
         "the file system has features that no e2fsprogs known here can handle",
         "grow it by the tools of the system that made it"},
    [REASON_FEATURES_TOO_NEW] =
        {"features-too-new", SEVERITY_REFUSE, EXIT_ID_FS_TOO_NEW,
         "the file system has features that the ISO's e2fsprogs does not know",
         "take a newer ISO (--iso)"},
    [REASON_FEATURES_UNCHECKED] = {"features-unchecked", SEVERITY_NOTE, EXIT_ID_OK,
                                   "which e2fsprogs the ISO has is not known yet", ""},
    [REASON_FS_LARGER] = {"fs-larger", SEVERITY_WARN, EXIT_ID_OK,
                          "the file system has more blocks than its partition has room for",
                          "make sure that the disk's end was not cut off"},
    [REASON_FS_SMALLER] = {"fs-smaller", SEVERITY_NOTE, EXIT_ID_OK,
                           "the file system does not fill its partition; it will", ""},
    [REASON_JOURNAL_DIRTY] = {"journal-dirty", SEVERITY_WARN, EXIT_ID_OK,
                              "the file system's journal has not been replayed; e2fsck will do it",
                              ""},
    [REASON_FS_UNCLEAN] =
        {"fs-unclean", SEVERITY_WARN, EXIT_ID_OK,
         "the file system was not unmounted in order; e2fsck will check and repair it", ""},
    [REASON_FS_ERRORS] = {"fs-errors", SEVERITY_WARN, EXIT_ID_OK,
                          "the file system is marked as having errors; e2fsck will repair it",
                          "make a copy of the disk first"},
    [REASON_ORPHANS] = {"orphans", SEVERITY_WARN, EXIT_ID_OK,
                        "the file system has deleted files to be cleaned up; e2fsck will do it",
                        ""},
    [REASON_MMP] = {"mmp", SEVERITY_WARN, EXIT_ID_OK,
                    "the file system's mark against multiple mounts is not clean; e2fsck waits "
                    "some time before it goes on",
                    "make sure that no machine has it mounted"},
    [REASON_TABLES_MOVE] = {"tables-move", SEVERITY_WARN, EXIT_ID_OK,
                            "there is no or too little room for more group descriptors: resize2fs "
                            "moves blocks and inode tables, which takes longer",
                            ""},
    [REASON_RESIZE_INODE_SMALL] =
        {"resize-inode-small", SEVERITY_WARN, EXIT_ID_OK,
         "the resize inode keeps too little room for the group descriptors: resize2fs moves "
         "blocks, "
         "and stops where its own block would have to be moved (1.47.0 does)",
         "if it stops, take the feature away (tune2fs -O ^resize_inode, e2fsck -f), and run again"},
    [REASON_META_BG] = {"meta-bg", SEVERITY_NOTE, EXIT_ID_OK,
                        "the file system has the feature meta_bg: its descriptors are spread, and "
                        "nothing has to be moved for them",
                        ""},
    [REASON_SHARED_BLOCKS] =
        {"shared-blocks", SEVERITY_WARN, EXIT_ID_OK,
         "files share blocks (shared_blocks), which no Linux mounts for writing", ""},
    [REASON_SMALL_BLOCKS] = {"small-blocks", SEVERITY_NOTE, EXIT_ID_OK,
                             "the file system has blocks of less than 4 KiB: its end is a multiple "
                             "of 4 KiB all the same",
                             ""},
    [REASON_REST_UNUSED] =
        {"rest-unused", SEVERITY_NOTE, EXIT_ID_OK,
         "the last blocks are too few for a block group; resize2fs leaves them unused", ""},
    [REASON_IO_ERROR] = {"io-error", SEVERITY_REFUSE, EXIT_ID_IO_ERROR,
                         "DISK cannot be read at some place",
                         "check the host's disk and the image"},
    [REASON_INTERNAL] = {"internal", SEVERITY_REFUSE, EXIT_ID_INTERNAL,
                         "a mistake of this program, or no memory", ""},
    [REASON_INTERRUPTED] = {"interrupted", SEVERITY_REFUSE, EXIT_ID_INTERRUPTED,
                            "Ctrl-C (SIGINT) or a hang-up ended the plan", ""},
    [REASON_TERMINATED] = {"terminated", SEVERITY_REFUSE, EXIT_ID_TERMINATED,
                           "SIGTERM ended the plan", ""},
};

// The row that a refusal with this exit code belongs to.
static enum reason_id row_of_exit(enum exit_id id) {
    for (int i = 0; i < REASON_COUNT; i++)
        if (reason_rows[i].severity == SEVERITY_REFUSE && reason_rows[i].exit == id)
            return (enum reason_id)i;
    return id >= EXIT_ID_ISO_UNREADABLE && id <= EXIT_ID_CATALOGUE_BAD ? REASON_ISO_UNUSABLE
                                                                       : REASON_INTERNAL;
}

static struct reason *new_reason(struct reasons *r, enum reason_id id) {
    if (r->count == REASONS_MAX)
        return NULL;
    struct reason *new = &r->at[r->count++];
    new->id = id;
    new->exit = reason_rows[id].exit;
    return new;
}

int reason_add(struct reasons *r, enum reason_id id, const char *what, ...) {
    const struct reason_row *row = &reason_rows[id];
    const int result = row->severity == SEVERITY_REFUSE ? -1 : 0;
    struct reason *new = r == NULL ? NULL : new_reason(r, id);
    if (new == NULL)
        return result;
    va_list args;
    va_start(args, what);
    (void)vsnprintf(new->what, sizeof new->what, what, args);
    va_end(args);
    (void)snprintf(new->next, sizeof new->next, "%s", row->next);
    return result;
}

int reason_add_failure(struct reasons *r, const struct failure *f) {
    struct reason *new = r == NULL ? NULL : new_reason(r, row_of_exit(f->id));
    if (new == NULL)
        return -1;
    new->exit = f->id;
    (void)snprintf(new->what, sizeof new->what, "%s", f->what);
    (void)snprintf(new->next, sizeof new->next, "%s", f->next);
    return -1;
}

void reasons_append(struct reasons *r, const struct reasons *more) {
    for (size_t i = 0; i < more->count && r->count < REASONS_MAX; i++)
        r->at[r->count++] = more->at[i];
}

const struct reason *reasons_refusal(const struct reasons *r) {
    for (size_t i = 0; i < r->count; i++)
        if (reason_rows[r->at[i].id].severity == SEVERITY_REFUSE)
            return &r->at[i];
    return NULL;
}

bool reasons_have(const struct reasons *r, enum reason_id id) {
    for (size_t i = 0; i < r->count; i++)
        if (r->at[i].id == id)
            return true;
    return false;
}

int reasons_failure(const struct reasons *r, struct failure *f) {
    const struct reason *first = reasons_refusal(r);
    if (first == NULL)
        return 0;
    return failure_set(f, first->exit, first->next, "%s", first->what);
}
