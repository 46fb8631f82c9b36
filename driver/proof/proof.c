// Compares a disk's state with the plan, field by field, by what the bytes say.
#include "proof/proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_OFFSET = 446, ENTRY_SIZE = 16, ENTRIES = 4 };

static const char advice[] = "look at the disk with sfdisk and e2fsck before using it";

static int differs(struct failure *f, const char *what, uint64_t planned, uint64_t found) {
    return failure_set(f, EXIT_ID_PROOF_FAILED, advice, "%s was to be %" PRIu64 ", but is %" PRIu64,
                       what, planned, found);
}

static int differs_byte(struct failure *f, const char *what, unsigned planned, unsigned found) {
    return failure_set(f, EXIT_ID_PROOF_FAILED, advice, "%s was to be %02x, but is %02x", what,
                       planned, found);
}

// The sector of the table, but for the entry of the partition that was grown: all as before.
static int compare_sector(const struct mbr *now, const struct plan *p, struct failure *f) {
    const uint8_t *before = p->before.mbr.raw;
    for (int i = 0; i < SECTOR_SIZE; i++) {
        int number = i < TABLE_OFFSET ? 0 : (i - TABLE_OFFSET) / ENTRY_SIZE + 1;
        if (number == p->part || before[i] == now->raw[i])
            continue;
        if (number >= 1 && number <= ENTRIES)
            return failure_set(f, EXIT_ID_PROOF_FAILED, advice,
                               "the table's entry %d was to stay, but has changed", number);
        const char *what = i < 440   ? "the boot code"
                           : i < 444 ? "the disk signature (PARTUUID)"
                                     : "the sector of the partition table";
        return failure_set(f, EXIT_ID_PROOF_FAILED, advice,
                           "%s was to stay, but has changed at byte %d: %02x before, %02x now",
                           what, i, before[i], now->raw[i]);
    }
    return 0;
}

static int compare_entry(const struct mbr_entry *now, const struct plan *p, struct failure *f) {
    const struct mbr_entry *planned = &p->entry;
    if (now->start != planned->start)
        return differs(f, "the partition's first sector", planned->start, now->start);
    if (now->sectors != planned->sectors)
        return differs(f, "the partition's number of sectors", planned->sectors, now->sectors);
    if (now->type != planned->type)
        return differs_byte(f, "the partition's type", planned->type, now->type);
    if (now->boot != planned->boot)
        return differs_byte(f, "the partition's boot flag", planned->boot, now->boot);
    return 0;
}

static void uuid_text(char text[37], const uint8_t uuid[16]) {
    char *p = text;
    for (int i = 0; i < 16; i++)
        p += snprintf(p, 4, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
}

static int compare_fs(const struct ext_super *now, const struct plan *p, struct failure *f) {
    const struct ext_super *before = &p->before.fs;
    if (memcmp(now->uuid, before->uuid, sizeof now->uuid) != 0) {
        char was[37];
        char is[37];
        uuid_text(was, before->uuid);
        uuid_text(is, now->uuid);
        return failure_set(f, EXIT_ID_PROOF_FAILED, advice,
                           "the file system's UUID was to stay %s, but is %s", was, is);
    }
    if (memcmp(now->label, before->label, sizeof now->label) != 0)
        return failure_set(f, EXIT_ID_PROOF_FAILED, advice,
                           "the file system's label was to stay \"%s\", but is \"%s\"",
                           before->label, now->label);
    if (now->version != before->version)
        return failure_set(f, EXIT_ID_PROOF_FAILED, advice,
                           "the file system was to stay ext%d, but is ext%d", before->version,
                           now->version);
    if (now->block_size != before->block_size)
        return differs(f, "the file system's block size", before->block_size, now->block_size);
    if (now->blocks != p->fs_blocks)
        return differs(f, "the file system's number of blocks", p->fs_blocks, now->blocks);
    if (!ext_is_clean(now))
        return failure_set(f, EXIT_ID_PROOF_FAILED, "run e2fsck -f on the partition",
                           "the file system was to be clean, but %s",
                           (now->incompat & EXT_INCOMPAT_RECOVER) != 0
                               ? "its journal needs recovery"
                           : (now->state & EXT_STATE_ERROR) != 0 ? "it is marked as having errors"
                           : (now->state & EXT_STATE_VALID) == 0 ? "it is marked as mounted"
                                                                 : "it has orphans to be deleted");
    return 0;
}

int proof_compare(const struct disk_state *after, const struct plan *p, struct failure *f) {
    if (after->virtual_size != p->virtual_size)
        return differs(f, "the disk's size in bytes", p->virtual_size, after->virtual_size);
    if (compare_sector(&after->mbr, p, f) != 0 ||
        compare_entry(&after->mbr.entry[p->part - 1], p, f) != 0)
        return -1;
    if (after->part != p->part)
        return differs(f, "the number of the last partition", (uint64_t)p->part,
                       (uint64_t)after->part);
    return compare_fs(&after->fs, p, f);
}

// Refusals that say that the disk's content is no more what it was.
static bool about_content(enum exit_id id) {
    return id == EXIT_ID_NO_MBR || id == EXIT_ID_GPT || id == EXIT_ID_EXTENDED ||
           id == EXIT_ID_NO_PARTITION || id == EXIT_ID_TABLE_INCONSISTENT || id == EXIT_ID_NOT_EXT;
}

int proof_check(struct disk_state *after, const struct plan *p, const char *qemu_img,
                struct failure *f) {
    struct failure unread;
    if (disk_state_read(after, p->disk, p->format, qemu_img, &unread) == 0)
        return proof_compare(after, p, f);
    if (about_content(unread.id))
        return failure_set(f, EXIT_ID_PROOF_FAILED, advice, "%s", unread.what);
    if (f != NULL)
        *f = unread;
    return -1;
}

// Until the whole proof is here: table and superblock.
int proof_before(struct proof_before *b, const struct plan *p, bool digests, const char *qemu_img,
                 struct failure *f) {
    (void)p, (void)digests, (void)qemu_img, (void)f;
    *b = (struct proof_before){.taken = false};
    return 0;
}

int proof_run(struct proof *result, const struct plan *p, const struct proof_subject *s,
              const char *qemu_img, struct failure *f) {
    *result = (struct proof){.e2fsck_code = -1};
    struct plan there = *p;
    there.disk = (char *)s->path;
    there.format = (char *)s->format;
    int rc = proof_check(&result->after, &there, qemu_img, f);
    result->ok = rc == 0;
    return rc;
}

void proof_free(struct proof *result) {
    free(result->e2fsck_words);
    *result = (struct proof){.e2fsck_code = -1};
}
