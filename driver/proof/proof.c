// Reads the image through qemu-nbd, makes all checks, and says what the first bad one found.
#include "proof/proof.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/monotonic.h"
#include "plan/nbd.h"
#include "proof/checks.h"
#include "proof/fsck.h"
#include "proof/region.h"

enum { BOOT_BLOCK = EXT_SUPER_OFFSET }; // bytes of a partition before its superblock

static const char advice[] = "look at the disk with sfdisk and e2fsck before using it";

// Fails with the first bad check, if there is one.
static int conclude(struct proof *r, struct failure *f) {
    const struct proof_check *bad = checks_first_bad(r);
    r->ok = bad == NULL;
    if (bad == NULL)
        return 0;
    return failure_set(f, EXIT_ID_PROOF_FAILED, advice, "%s was to be %s, but is %s", bad->what,
                       bad->planned, bad->found);
}

// The images that a proof reads.
struct hands {
    struct export *disk, *base;
    const struct plan *plan;
    const struct proof_subject *subject;
    uint64_t start, end; // bytes: of the partition as planned, as far as the disk reaches
};

// Where the temporary copy goes: $TMPDIR, else the disk's own folder, which has room for a disk.
static char *temporary_folder(const char *path) {
    const char *given = getenv("TMPDIR");
    const char *slash = strrchr(path, '/');
    if (given != NULL && given[0] != '\0')
        return strdup(given);
    return slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static int read_partition(void *data, void *bytes, size_t size, uint64_t offset,
                          struct failure *f) {
    struct hands *h = data;
    return export_read(h->disk, bytes, size, h->start + offset, f);
}

static struct copy_source partition_source(struct hands *h) {
    return (struct copy_source){.size = h->end - h->start, .read = read_partition, .data = h};
}

static void set_partition(struct hands *h, const struct mbr_entry *e) {
    const uint64_t size = export_size(h->disk);
    const uint64_t end = ((uint64_t)e->start + e->sectors) * SECTOR_SIZE;
    h->start = (uint64_t)e->start * SECTOR_SIZE;
    h->end = end < size ? end : size;
    h->start = h->start < h->end ? h->start : h->end;
}

// Table and superblock, and what the disk is now for the report.
static int check_head(struct proof *r, const struct hands *h, struct failure *f) {
    uint8_t sector[SECTOR_SIZE];
    struct failure why;
    const uint64_t left = h->end - h->start;
    const uint64_t size = left < EXT_HEAD_SIZE ? left : EXT_HEAD_SIZE;
    uint8_t *head = malloc(EXT_HEAD_SIZE);
    if (head == NULL)
        return failure_no_memory(f);
    r->after.virtual_size = export_size(h->disk);
    int rc = r->after.virtual_size < SECTOR_SIZE
                 ? failure_set(f, EXIT_ID_PROOF_FAILED, advice,
                               "the disk has %" PRIu64 " bytes only", r->after.virtual_size)
                 : export_read(h->disk, sector, SECTOR_SIZE, 0, f);
    if (rc == 0)
        rc = export_read(h->disk, head, size, h->start, f);
    if (rc == 0) {
        checks_disk(r, h->plan, r->after.virtual_size, sector);
        const bool table =
            mbr_read(&r->after.mbr, sector, r->after.virtual_size / SECTOR_SIZE, NULL) == 0;
        r->after.part = table ? mbr_last(&r->after.mbr) : 0;
        const bool fs = ext_read(&r->after.fs, head, size, &why) == 0;
        struct proof_check *c =
            checks_add(r, PROOF_FS, "fs-superblock", "the partition's content", fs);
        checks_planned(c, "an ext file system");
        checks_found(c, "%s", fs ? "an ext file system" : why.what);
        if (fs)
            checks_fs(r, h->plan, &r->after.fs, h->subject->repair_count > 0);
        r->readable = table && fs;
        if (h->subject->digests || h->base == NULL)
            rc = EVP_Digest(sector, SECTOR_SIZE, r->mbr, NULL, EVP_sha256(), NULL) == 1 &&
                         (size < BOOT_BLOCK + EXT_SUPER_SIZE ||
                          EVP_Digest(head + BOOT_BLOCK, EXT_SUPER_SIZE, r->super, NULL,
                                     EVP_sha256(), NULL) == 1)
                     ? 0
                     : failure_no_memory(f);
    }
    free(head);
    return rc;
}

// "as before", or where not.
static void add_before(struct proof *r, const char *name, const char *what, bool ok,
                       const char *found) {
    struct proof_check *c = checks_add(r, PROOF_BEFORE, name, what, ok);
    checks_planned(c, "as before");
    checks_found(c, "%s", ok ? "as before" : found);
}

// From `from` to `to`, against the base, byte for byte.
static int compare_with_base(struct proof *r, const struct hands *h, const char *name,
                             const char *what, uint64_t from, uint64_t to, struct failure *f) {
    uint64_t first = to;
    char found[PROOF_TEXT_SIZE];
    // What the base does not have it cannot have had.
    if (to > export_size(h->base))
        first = from;
    else if (region_compare(h->disk, h->base, h->subject->overlay, from, to, &first, f) != 0)
        return -1;
    (void)snprintf(found, sizeof found, "changed from byte %" PRIu64 " of the disk on", first);
    add_before(r, name, what, first == to, found);
    return 0;
}

static int check_before(struct proof *r, const struct hands *h, struct failure *f) {
    static const char region_name[] = "bytes-before";
    static const char region_what[] = "what lies before the partition";
    static const char block_name[] = "fs-boot-block";
    static const char block_what[] = "the partition's first 1024 bytes";
    const struct proof_before *before = h->subject->before;
    const uint64_t block_end = h->start + BOOT_BLOCK;
    uint8_t block[PROOF_DIGEST_SIZE];
    if (block_end > h->end)
        return failure_set(f, EXIT_ID_PROOF_FAILED, advice,
                           "the disk ends before the file system begins");
    if (h->base == NULL || h->subject->digests) {
        if (region_digest(h->disk, SECTOR_SIZE, h->start, r->region, f) != 0)
            return -1;
        r->hashed = true;
    }
    if (h->base != NULL)
        return compare_with_base(r, h, region_name, region_what, SECTOR_SIZE, h->start, f) != 0 ||
                       compare_with_base(r, h, block_name, block_what, h->start, block_end, f) != 0
                   ? -1
                   : 0;
    if (before == NULL || !before->taken)
        return failure_set(f, EXIT_ID_INTERNAL, NULL,
                           "nothing is known of the disk before the run");
    if (region_digest(h->disk, h->start, block_end, block, f) != 0)
        return -1;
    add_before(r, region_name, region_what,
               memcmp(before->region, r->region, sizeof r->region) == 0, "of another SHA-256");
    add_before(r, block_name, block_what, memcmp(before->boot_block, block, sizeof block) == 0,
               "of another SHA-256");
    return 0;
}

// e2fsck's first line that is no heading, on one line with what there is room for.
static void first_complaint(char *text, size_t size, const char *words) {
    const char *line = words;
    while (*line == '\n' || strncmp(line, "Pass ", 5) == 0)
        line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n');
    (void)snprintf(text, size, "%.*s", (int)strcspn(line, "\n"), line);
}

static int check_fsck(struct proof *r, struct hands *h, struct failure *f) {
    struct fsck k;
    char complaint[PROOF_TEXT_SIZE - 16];
    const struct copy_source source = partition_source(h);
    char *folder = temporary_folder(h->subject->path);
    int rc = folder == NULL ? failure_no_memory(f) : 0;
    if (rc != 0)
        return rc;
    rc = fsck_check(&k, &source, folder, f);
    free(folder);
    if (rc == 0) {
        struct proof_check *c =
            checks_add(r, PROOF_FSCK, "fs-check", "e2fsck -fn's verdict on the host", k.clean);
        checks_planned(c, "clean");
        first_complaint(complaint, sizeof complaint, k.words);
        checks_found(c, "%s%s", k.clean ? "clean" : "not clean: ", k.clean ? "" : complaint);
        r->e2fsck_code = k.code;
        r->e2fsck_words = k.words;
        k.words = NULL;
        (void)snprintf(r->e2fsck_version, sizeof r->e2fsck_version, "%s", k.version);
        r->copied = k.copied;
        r->copied_all = k.copied_all;
        r->times.copy = k.copy_seconds;
        r->times.e2fsck = k.check_seconds;
    }
    fsck_free(&k);
    return rc;
}

static int prove(struct proof *r, struct hands *h, const char *qemu_img, struct failure *f) {
    const struct proof_subject *s = h->subject;
    double start = monotonic_seconds();
    h->disk = (s->overlay ? export_open_chain : export_open)(s->path, s->format, qemu_img, f);
    if (h->disk == NULL)
        return -1;
    if (s->base_path != NULL) {
        h->base = export_open(s->base_path, s->base_format, qemu_img, f);
        if (h->base == NULL)
            return -1;
    }
    set_partition(h, &h->plan->entry);
    int rc = check_head(r, h, f);
    r->times.table = monotonic_seconds() - start;
    start = monotonic_seconds();
    if (rc == 0)
        rc = check_before(r, h, f);
    r->times.region = monotonic_seconds() - start;
    // On what is no ext file system e2fsck has nothing to say.
    if (rc == 0 && r->after.fs.blocks > 0)
        rc = check_fsck(r, h, f);
    return rc;
}

int proof_run(struct proof *result, const struct plan *p, const struct proof_subject *s,
              const char *qemu_img, struct failure *f) {
    struct hands h = {.plan = p, .subject = s};
    *result = (struct proof){.e2fsck_code = -1};
    int rc = prove(result, &h, qemu_img, f);
    export_close(h.disk);
    export_close(h.base);
    return rc == 0 ? conclude(result, f) : rc;
}

void proof_free(struct proof *result) {
    free(result->e2fsck_words);
    *result = (struct proof){.e2fsck_code = -1};
}

int proof_before(struct proof_before *b, const struct plan *p, bool digests, const char *qemu_img,
                 struct failure *f) {
    const struct proof_subject subject = {.path = p->disk, .format = p->format};
    struct hands h = {.plan = p, .subject = &subject};
    *b = (struct proof_before){.taken = false};
    h.disk = export_open(p->disk, p->format, qemu_img, f);
    char *folder = temporary_folder(p->disk);
    int rc = h.disk == NULL ? -1 : folder == NULL ? failure_no_memory(f) : 0;
    if (rc == 0) {
        set_partition(&h, &p->before.mbr.entry[p->part - 1]);
        const struct copy_source source = partition_source(&h);
        rc = fsck_possible(&source, folder, f);
    }
    if (rc == 0 && digests) {
        rc = region_digest(h.disk, SECTOR_SIZE, h.start, b->region, f);
        if (rc == 0)
            rc = region_digest(h.disk, h.start, h.start + BOOT_BLOCK, b->boot_block, f);
        b->taken = rc == 0;
    }
    export_close(h.disk);
    free(folder);
    return rc;
}

// Table and superblock alone.

int proof_compare(const struct disk_state *after, const struct plan *p, struct failure *f) {
    struct proof r = {.e2fsck_code = -1};
    checks_disk(&r, p, after->virtual_size, after->mbr.raw);
    checks_fs(&r, p, &after->fs, true);
    return conclude(&r, f);
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
