// Makes the plan: reads the image, the table and the superblock, and works out the numbers to come.
#include "plan/plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/image.h"
#include "plan/nbd.h"
#include "plan/size.h"

// The highest sector count that a partition table of 32-bit numbers, and busybox fdisk, can handle.
static const uint64_t sectors_max = UINT32_MAX;

static void warn(struct plan *p, const char *text, ...) __attribute__((format(printf, 2, 3)));

static void warn(struct plan *p, const char *text, ...) {
    if (p->warning_count == PLAN_WARNINGS_MAX)
        return;
    va_list args;
    va_start(args, text);
    (void)vsnprintf(p->warnings[p->warning_count++], PLAN_WARNING_SIZE, text, args);
    va_end(args);
}

static uint64_t partition_bytes(const struct mbr_entry *e) {
    return (uint64_t)e->sectors * SECTOR_SIZE;
}

// The first two sectors: the table, and where a GPT would have its header.
static int read_table(struct disk_state *s, struct export *disk, uint8_t *head, struct failure *f) {
    uint64_t size = s->virtual_size < EXT_HEAD_SIZE ? s->virtual_size : EXT_HEAD_SIZE;
    if (size < SECTOR_SIZE)
        return failure_set(f, EXIT_ID_NO_MBR, "check that this is the right disk",
                           "the disk has no MBR partition table: it has %" PRIu64 " bytes only",
                           size);
    if (export_read(disk, head, size, 0, f) != 0)
        return -1;
    if (mbr_read(&s->mbr, head, s->virtual_size / SECTOR_SIZE, f) != 0) {
        const char *name = ext_other_name(head, size);
        struct ext_super ext;
        if (name == NULL && ext_read(&ext, head, size, NULL) == 0)
            name = "an ext file system";
        if (f != NULL && f->id == EXIT_ID_NO_MBR && name != NULL)
            failure_set(f, EXIT_ID_NO_MBR, "only disks with an MBR partition table can be grown",
                        "the disk has no partition table: all of it is %s", name);
        return -1;
    }
    return size < 2ULL * SECTOR_SIZE ? 0 : mbr_check_gpt(head + (size_t)SECTOR_SIZE, f);
}

static int read_state(struct disk_state *s, struct export *disk, uint8_t *head, struct failure *f) {
    s->virtual_size = export_size(disk);
    if (read_table(s, disk, head, f) != 0)
        return -1;
    s->part = mbr_last(&s->mbr);
    const struct mbr_entry *e = &s->mbr.entry[s->part - 1];
    uint64_t size = partition_bytes(e) < EXT_HEAD_SIZE ? partition_bytes(e) : EXT_HEAD_SIZE;
    if (export_read(disk, head, size, (uint64_t)e->start * SECTOR_SIZE, f) != 0)
        return -1;
    return ext_read(&s->fs, head, size, f);
}

int disk_state_read(struct disk_state *s, const char *path, const char *format,
                    const char *qemu_img, struct failure *f) {
    *s = (struct disk_state){0};
    uint8_t *head = malloc(EXT_HEAD_SIZE);
    if (head == NULL)
        return failure_set(f, EXIT_ID_INTERNAL, NULL, "no memory");
    struct export *disk = export_open(path, format, qemu_img, f);
    int rc = disk == NULL ? -1 : read_state(s, disk, head, f);
    export_close(disk);
    free(head);
    return rc;
}

static bool has_room(const struct ext_super *fs, uint64_t bytes) {
    return fs->blocks <= bytes && fs->blocks * fs->block_size <= bytes; // no overflow: bytes < 2^41
}

// SIZE against the present size and what an MBR can address.
static int plan_size(struct plan *p, const struct image *i, const struct size *wanted,
                     struct failure *f) {
    if (size_apply(&p->virtual_size, wanted, i->virtual_size, f) != 0)
        return -1;
    if (p->virtual_size < i->virtual_size)
        return failure_set(f, EXIT_ID_SIZE_NOT_LARGER, "give a larger SIZE",
                           "SIZE is %" PRIu64 " bytes, but the disk has %" PRIu64 " already",
                           p->virtual_size, i->virtual_size);
    if (p->virtual_size / SECTOR_SIZE > sectors_max)
        return failure_set(f, EXIT_ID_SIZE_BEYOND_MBR, "give a SIZE below 2 TiB",
                           "SIZE is %" PRIu64
                           " bytes, but an MBR partition table addresses %" PRIu64 " at most",
                           p->virtual_size, sectors_max * SECTOR_SIZE);
    p->resize = p->virtual_size > i->virtual_size;
    if (p->resize && i->fixed != NULL)
        return failure_set(
            f, EXIT_ID_FORMAT_FIXED,
            "convert it first: qemu-img convert -O qcow2 DISK NEW.qcow2, and grow that",
            "the disk's format is %s, and %s", i->format, i->fixed);
    return 0;
}

// The partition's new end and the file system's new size.
static int plan_growth(struct plan *p, struct failure *f) {
    const struct mbr_entry *old = &p->before.mbr.entry[p->part - 1];
    p->entry = *old;
    p->entry.sectors = (uint32_t)(p->virtual_size / SECTOR_SIZE - old->start);
    p->fs_blocks = ext_grown_blocks(&p->before.fs, partition_bytes(&p->entry));
    if (p->fs_blocks > p->before.fs.blocks)
        return 0;
    // A run that was killed in the middle of resize2fs: the new size is there, its work is not
    // done.
    if (p->fs_blocks == p->before.fs.blocks && !ext_is_clean(&p->before.fs))
        return 0;
    return failure_set(f, EXIT_ID_SIZE_NOT_LARGER, "give a larger SIZE",
                       "with SIZE at %" PRIu64 " bytes the file system would have %" PRIu64
                       " blocks of %" PRIu32 " bytes, and it has %" PRIu64 " already",
                       p->virtual_size, p->fs_blocks, p->before.fs.block_size, p->before.fs.blocks);
}

static void plan_warnings(struct plan *p, const struct image *i) {
    const struct ext_super *fs = &p->before.fs;
    const struct mbr_entry *old = &p->before.mbr.entry[p->part - 1];
    if (i->probed && strcmp(i->format, "raw") == 0)
        warn(p, "the disk's format was taken to be raw, since it looks like no other; --format=raw "
                "says so");
    if (i->backing != NULL)
        warn(p, "the disk is an overlay on %s: only the overlay is grown", i->backing);
    if (i->snapshots > 0)
        warn(p, "the disk has %d internal snapshot%s: going back to one undoes the growth",
             i->snapshots, i->snapshots == 1 ? "" : "s");
    if (old->start % 8 != 0)
        warn(p,
             "partition %d starts at sector %" PRIu32 ", which is no multiple of 8; it stays there",
             p->part, old->start);
    if (!has_room(fs, partition_bytes(old)))
        warn(p,
             "the file system has %" PRIu64 " blocks of %" PRIu32
             " bytes, more than its partition has room for",
             fs->blocks, fs->block_size);
    if ((fs->incompat & EXT_INCOMPAT_RECOVER) != 0)
        warn(p, "the file system's journal has not been replayed: e2fsck will do it");
    else if (!ext_is_clean(fs))
        warn(p, "the file system was not unmounted in order or has errors: e2fsck will repair it");
}

int plan_make(struct plan *p, const struct plan_request *q, struct failure *f) {
    *p = (struct plan){0};
    struct size wanted;
    struct image i;
    if (size_read(&wanted, q->size, f) != 0 ||
        image_inspect(&i, q->disk, q->format, q->qemu_img, f) != 0)
        return -1;
    int rc = plan_size(p, &i, &wanted, f);
    if (rc == 0)
        rc = disk_state_read(&p->before, i.path, i.format, q->qemu_img, f);
    if (rc == 0) {
        p->part = p->before.part;
        p->partitions = mbr_count(&p->before.mbr);
        rc = plan_growth(p, f);
    }
    if (rc == 0) {
        plan_warnings(p, &i);
        p->disk = i.path;
        p->format = i.format;
        i.path = i.format = NULL;
    }
    image_free(&i);
    return rc;
}

void plan_free(struct plan *p) {
    free(p->disk);
    free(p->format);
    p->disk = p->format = NULL;
}
