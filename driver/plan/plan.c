// Makes the plan: reads the image, the table and the superblock, and works out the numbers to come.
#include "plan/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/feature.h"
#include "plan/judge.h"
#include "plan/nbd.h"
#include "plan/room.h"
#include "plan/size.h"
#include "plan/subformat.h"

// The highest sector count that a partition table of 32-bit numbers, and busybox fdisk, can handle.
static const uint64_t sectors_max = UINT32_MAX;

// Of 2016: features that it knows are not worth a note.
static const char common_e2fsprogs[] = "1.43.0";

static uint64_t partition_bytes(const struct mbr_entry *e) {
    return (uint64_t)e->sectors * SECTOR_SIZE;
}

// The first two sectors: the table, and where a GPT would have its header. Returns 0 when the
// table can be worked with.
static int read_table(struct disk_state *s, struct export *disk, uint8_t *head, struct reasons *r) {
    struct failure f;
    struct ext_super ext;
    struct reasons found = {0};
    uint64_t size = s->virtual_size < EXT_HEAD_SIZE ? s->virtual_size : EXT_HEAD_SIZE;
    if (size < SECTOR_SIZE)
        return reason_add(r, REASON_NO_MBR,
                          "the disk has no MBR partition table: it has %" PRIu64 " bytes only",
                          size);
    if (export_read(disk, head, size, 0, &f) != 0)
        return reason_add_failure(r, &f);
    (void)mbr_take(&s->mbr, head, s->virtual_size / SECTOR_SIZE, &found);
    if (reasons_have(&found, REASON_NO_MBR) || reasons_have(&found, REASON_NO_TABLE)) {
        const char *name = ext_other_name(head, size);
        if (name == NULL && ext_take(&ext, head, size, NULL) == 0)
            name = "an ext file system";
        if (name != NULL)
            return reason_add(r, REASON_NO_TABLE,
                              "the disk has no partition table: all of it is %s", name);
    }
    reasons_append(r, &found);
    const bool gpt = size >= 2ULL * SECTOR_SIZE && !reasons_have(&found, REASON_GPT) &&
                     mbr_check_gpt(head + (size_t)SECTOR_SIZE, r) != 0;
    s->part = mbr_last(&s->mbr);
    return !gpt && mbr_is_usable(&s->mbr, s->virtual_size / SECTOR_SIZE) ? 0 : -1;
}

// The first bytes of a partition, which lies within the disk; *size is how many.
static int read_head(const struct mbr_entry *e, struct export *disk, uint8_t *head, uint64_t *size,
                     struct failure *f) {
    *size = partition_bytes(e) < EXT_HEAD_SIZE ? partition_bytes(e) : EXT_HEAD_SIZE;
    return export_read(disk, head, *size, (uint64_t)e->start * SECTOR_SIZE, f);
}

static void name_content(char holds[HOLDS_SIZE], const uint8_t *head, uint64_t size) {
    struct ext_super ext;
    const char *other = ext_other_name(head, size);
    if (ext_take(&ext, head, size, NULL) == 0)
        (void)snprintf(holds, HOLDS_SIZE, "ext%d", ext.version);
    else if (other != NULL)
        (void)snprintf(holds, HOLDS_SIZE, "%s", other);
}

// What the other partitions hold, for the eye only.
static void read_others(struct disk_state *s, struct export *disk, uint8_t *head) {
    uint64_t size;
    for (int i = 0; i < MBR_ENTRIES; i++) {
        const struct mbr_entry *e = &s->mbr.entry[i];
        const bool within = (uint64_t)e->start + e->sectors <= s->virtual_size / SECTOR_SIZE;
        if (e->type != 0 && within && read_head(e, disk, head, &size, NULL) == 0)
            name_content(s->holds[i], head, size);
    }
}

static void read_mmp(struct disk_state *s, struct export *disk) {
    uint8_t bytes[8];
    const struct mbr_entry *e = &s->mbr.entry[s->part - 1];
    s->mmp = EXT_MMP_IN_USE; // what cannot be read is not clean
    if ((s->fs.incompat & EXT_INCOMPAT_MMP) != 0 &&
        s->fs.mmp_block < partition_bytes(e) / s->fs.block_size &&
        export_read(disk, bytes, sizeof bytes,
                    (uint64_t)e->start * SECTOR_SIZE + s->fs.mmp_block * s->fs.block_size,
                    NULL) == 0)
        s->mmp = ext_mmp_state(bytes);
}

// Returns how far it came.
static enum plan_known read_state(struct disk_state *s, struct export *disk, uint8_t *head,
                                  struct reasons *r) {
    struct failure f;
    uint64_t size;
    s->virtual_size = export_size(disk);
    if (read_table(s, disk, head, r) != 0)
        return KNOWN_IMAGE;
    read_others(s, disk, head);
    if (read_head(&s->mbr.entry[s->part - 1], disk, head, &size, &f) != 0) {
        (void)reason_add_failure(r, &f);
        return KNOWN_TABLE;
    }
    if (ext_take(&s->fs, head, size, r) != 0)
        return KNOWN_TABLE;
    read_mmp(s, disk);
    return KNOWN_FS;
}

static enum plan_known open_and_read(struct disk_state *s, const char *path, const char *format,
                                     const char *qemu_img, struct reasons *r) {
    struct failure f;
    *s = (struct disk_state){0};
    uint8_t *head = malloc(EXT_HEAD_SIZE);
    struct export *disk = NULL;
    if (head == NULL)
        (void)failure_no_memory(&f);
    else
        disk = export_open(path, format, qemu_img, &f);
    if (disk == NULL)
        (void)reason_add_failure(r, &f);
    const enum plan_known known = disk == NULL ? KNOWN_NOTHING : read_state(s, disk, head, r);
    export_close(disk);
    free(head);
    return known;
}

int disk_state_read(struct disk_state *s, const char *path, const char *format,
                    const char *qemu_img, struct failure *f) {
    struct reasons r = {0};
    (void)open_and_read(s, path, format, qemu_img, &r);
    return reasons_failure(&r, f);
}

// SIZE against the present size and what an MBR can address. Returns 0 when there is a size to plan
// with.
static int plan_size(struct plan *p, const struct size *wanted, bool in_place) {
    const struct image *i = &p->image;
    struct failure f;
    if (size_apply(&p->virtual_size, wanted, i->virtual_size, &f) != 0)
        return reason_add_failure(&p->reasons, &f);
    if (p->virtual_size < i->virtual_size)
        return reason_add(&p->reasons, REASON_SIZE_SMALLER,
                          "SIZE is %" PRIu64 " bytes, but the disk has %" PRIu64 " already",
                          p->virtual_size, i->virtual_size);
    if (p->virtual_size / SECTOR_SIZE > sectors_max)
        return reason_add(&p->reasons, REASON_SIZE_BEYOND_MBR,
                          "SIZE is %" PRIu64 " bytes, but an MBR partition table addresses %" PRIu64
                          " at most",
                          p->virtual_size, sectors_max * SECTOR_SIZE);
    p->resize = p->virtual_size > i->virtual_size;
    if (p->resize && i->fixed != NULL && (in_place || !subformat_needs_copy(i->format)))
        (void)reason_add(&p->reasons, i->fixed_id, "the disk's format is %s, and %s", i->format,
                         i->fixed);
    else if (!in_place && subformat_needs_copy(i->format) &&
             subformat_check(i->path, i->format, &f) != 0)
        (void)reason_add_failure(&p->reasons, &f);
    else if (!in_place && subformat_needs_copy(i->format))
        (void)reason_add(
            &p->reasons, REASON_GROWN_COPY,
            "the disk's format is %s, which qemu-img cannot grow: a grown copy with the "
            "same options will take its place",
            i->format);
    return 0;
}

// The partition's new end and the file system's new size.
static void plan_growth(struct plan *p) {
    const struct mbr_entry *old = &p->before.mbr.entry[p->part - 1];
    p->entry = *old;
    p->entry.sectors = (uint32_t)(p->virtual_size / SECTOR_SIZE - old->start);
    p->fs_blocks = ext_grown_blocks(&p->before.fs, partition_bytes(&p->entry));
    p->known = KNOWN_GROWTH;
}

// The disk has SIZE, the partition ends where the disk does, and the clean file system fills it.
static bool is_grown(const struct plan *p) {
    const struct ext_super *fs = &p->before.fs;
    return !p->resize && p->entry.sectors == p->before.mbr.entry[p->part - 1].sectors &&
           fs->blocks >= p->fs_blocks &&
           fs->blocks <= partition_bytes(&p->entry) / fs->block_size && ext_is_clean(fs);
}

// Whether a run would do something: more blocks, or (a run that was killed in the middle of
// resize2fs: the new size is there, its work is not done) a repair.
static bool is_growth(const struct plan *p) {
    const struct ext_super *fs = &p->before.fs;
    return p->fs_blocks > fs->blocks || (p->fs_blocks == fs->blocks && !ext_is_clean(fs));
}

static void judge(struct plan *p, const struct plan_request *q) {
    judge_table(p);
    judge_fs(p);
    if (p->known < KNOWN_GROWTH)
        return;
    judge_growth(p);
    if (!is_growth(p) && !reasons_have(&p->reasons, REASON_FS_BEYOND_PLAN))
        (void)reason_add(&p->reasons, REASON_NOTHING_TO_GROW,
                         "with SIZE at %" PRIu64 " bytes the file system would have %" PRIu64
                         " blocks of %" PRIu32 " bytes, and it has %" PRIu64 " already",
                         p->virtual_size, p->fs_blocks, p->before.fs.block_size,
                         p->before.fs.blocks);
    room_estimate(p, q->in_place);
    judge_room(p);
}

// The image, and what SIZE means for it. Returns 0 when its content can be read; *sized: whether
// there is a size to plan with.
static int plan_image(struct plan *p, const struct plan_request *q, bool *sized) {
    struct failure f;
    struct size wanted;
    *sized = size_read(&wanted, q->size, &f) == 0;
    if (!*sized)
        (void)reason_add_failure(&p->reasons, &f);
    const int rc = image_inspect(&p->image, q->disk, q->format, q->qemu_img, &p->reasons);
    p->disk = p->image.path;
    p->format = p->image.format;
    if (p->format == NULL) {
        *sized = false;
        return -1;
    }
    p->known = KNOWN_IMAGE;
    *sized = *sized && plan_size(p, &wanted, q->in_place) == 0;
    return rc;
}

int plan_make(struct plan *p, const struct plan_request *q, struct failure *f) {
    *p = (struct plan){.asked = q->disk};
    bool sized = false;
    if (plan_image(p, q, &sized) == 0) {
        const enum plan_known known =
            open_and_read(&p->before, p->disk, p->format, q->qemu_img, &p->reasons);
        p->known = known > p->known ? known : p->known;
    }
    p->before.virtual_size = p->image.virtual_size;
    p->part = p->before.part;
    p->partitions = mbr_count(&p->before.mbr);
    if (p->known == KNOWN_FS && sized)
        plan_growth(p);
    const bool grown = p->known == KNOWN_GROWTH && is_grown(p);
    if (p->known >= KNOWN_FS && !grown)
        judge(p, q);
    p->verdict = reasons_refusal(&p->reasons) != NULL ? PLAN_REFUSED
                 : grown                              ? PLAN_UNCHANGED
                                                      : PLAN_GROW;
    return reasons_failure(&p->reasons, f);
}

int plan_judge_iso(struct plan *p, const char *e2fsprogs, struct failure *f) {
    char names[FEATURE_LIST_SIZE];
    struct reasons found = {0};
    if (p->known < KNOWN_FS || p->verdict == PLAN_UNCHANGED)
        return 0;
    if (e2fsprogs == NULL || e2fsprogs[0] == '\0') {
        if (feature_list_beyond(names, sizeof names, &p->before.fs, common_e2fsprogs) == 0)
            return 0;
        (void)reason_add(&p->reasons, REASON_FEATURES_UNCHECKED,
                         "which e2fsprogs the ISO has is not known yet: whether it takes the file "
                         "system's newer features (%s) is looked at when the ISO is there",
                         names);
        return 0;
    }
    (void)snprintf(p->e2fsprogs, sizeof p->e2fsprogs, "%s", e2fsprogs);
    if (feature_list_beyond(names, sizeof names, &p->before.fs, e2fsprogs) == 0 ||
        reasons_have(&p->reasons, REASON_FEATURES_UNKNOWN))
        return 0;
    (void)reason_add(&found, REASON_FEATURES_TOO_NEW,
                     "the file system has features that the ISO's e2fsprogs %s does not know: %s",
                     e2fsprogs, names);
    reasons_append(&p->reasons, &found);
    p->verdict = PLAN_REFUSED;
    return reasons_failure(&found, f);
}

void plan_refuse(struct plan *p, const struct failure *f) {
    (void)reason_add_failure(&p->reasons, f);
    p->verdict = PLAN_REFUSED;
}

void plan_free(struct plan *p) {
    image_free(&p->image);
    p->disk = p->format = NULL;
}
