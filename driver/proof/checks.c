// Tables of what must be as it was and what must be as planned.
#include "proof/checks.h"

#include <e2p/e2p.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

enum { TABLE_OFFSET = 446, ENTRY_SIZE = 16 };

struct proof_check *checks_add(struct proof *r, enum proof_line line, const char *name,
                               const char *what, bool ok) {
    // There is room for all that are made below; were there none, the proof would not be good.
    const bool full = r->count == PROOF_CHECKS_MAX;
    struct proof_check *c = &r->checks[full ? PROOF_CHECKS_MAX - 1 : r->count++];
    *c = (struct proof_check){.name = name, .what = what, .line = line, .ok = ok && !full};
    return c;
}

void checks_planned(struct proof_check *c, const char *text, ...) {
    va_list args;
    va_start(args, text);
    (void)vsnprintf(c->planned, sizeof c->planned, text, args);
    va_end(args);
}

void checks_found(struct proof_check *c, const char *text, ...) {
    va_list args;
    va_start(args, text);
    (void)vsnprintf(c->found, sizeof c->found, text, args);
    va_end(args);
}

// Bytes of sector 0 that stay as they are. number: of the partition whose entry it is, or 0.
static const struct {
    const char *name, *what;
    int offset, size, number;
    enum proof_line line;
} ranges[] = {
    {"boot-code", "the boot code", 0, 440, 0, PROOF_TABLE},
    {"disk-signature", "the disk signature (PARTUUID)", 440, 4, 0, PROOF_TABLE},
    {"signature-tail", "what stands between the disk signature and the table", 444, 2, 0,
     PROOF_TABLE},
    {"entry-1", "the table's entry 1", TABLE_OFFSET, ENTRY_SIZE, 1, PROOF_TABLE},
    {"entry-2", "the table's entry 2", TABLE_OFFSET + ENTRY_SIZE, ENTRY_SIZE, 2, PROOF_TABLE},
    {"entry-3", "the table's entry 3", TABLE_OFFSET + 2 * ENTRY_SIZE, ENTRY_SIZE, 3, PROOF_TABLE},
    {"entry-4", "the table's entry 4", TABLE_OFFSET + 3 * ENTRY_SIZE, ENTRY_SIZE, 4, PROOF_TABLE},
    {"boot-mark", "the mark 55aa at the table's end", 510, 2, 0, PROOF_TABLE},
};

static void check_ranges(struct proof *r, const struct plan *p, const uint8_t *now) {
    const uint8_t *before = p->before.mbr.raw;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (ranges[i].number == p->part)
            continue;
        int at = ranges[i].offset;
        const int end = at + ranges[i].size;
        while (at < end && before[at] == now[at])
            at++;
        struct proof_check *c =
            checks_add(r, ranges[i].line, ranges[i].name, ranges[i].what, at == end);
        checks_planned(c, "as before");
        if (at == end)
            checks_found(c, "as before");
        else
            checks_found(c, "changed at byte %d: %02x before, %02x now", at, before[at], now[at]);
    }
}

// Numbers that are as planned.
struct number {
    const char *name, *what;
    uint64_t planned, found;
    enum proof_line line;
    bool byte; // shown as two hexadecimal digits
};

static void check_numbers(struct proof *r, const struct number *rows, size_t count) {
    for (const struct number *n = rows; n < rows + count; n++) {
        struct proof_check *c = checks_add(r, n->line, n->name, n->what, n->planned == n->found);
        if (n->byte) {
            checks_planned(c, "%02x", (unsigned)n->planned);
            checks_found(c, "%02x", (unsigned)n->found);
        } else {
            checks_planned(c, "%" PRIu64, n->planned);
            checks_found(c, "%" PRIu64, n->found);
        }
    }
}

// That the table is one that the planner would take, too.
static void check_sound(struct proof *r, uint64_t virtual_size, const uint8_t *sector) {
    struct mbr mbr;
    struct failure why = {.what = ""};
    const bool ok = mbr_read(&mbr, sector, virtual_size / SECTOR_SIZE, &why) == 0;
    struct proof_check *c = checks_add(r, PROOF_TABLE, "table-sound", "the partition table", ok);
    checks_planned(c, "sound");
    checks_found(c, "%s", ok ? "sound" : why.what);
}

// The highest-lying partition's number, or 0.
static int last_number(const uint8_t *sector) {
    uint64_t last = 0;
    int number = 0;
    for (int i = 0; i < 4; i++) {
        const uint8_t *e = sector + TABLE_OFFSET + (size_t)i * ENTRY_SIZE;
        const uint64_t end = (uint64_t)get_le32(e + 8) + get_le32(e + 12);
        if (e[4] != 0 && end > last) {
            last = end;
            number = i + 1;
        }
    }
    return number;
}

void checks_disk(struct proof *r, const struct plan *p, uint64_t virtual_size,
                 const uint8_t sector[SECTOR_SIZE]) {
    const uint8_t *e = sector + TABLE_OFFSET + (size_t)(p->part - 1) * ENTRY_SIZE;
    const uint64_t start = get_le32(e + 8);
    const uint64_t sectors = get_le32(e + 12);
    const struct number rows[] = {
        {"virtual-size", "the disk's size in bytes", p->virtual_size, virtual_size, PROOF_PARTITION,
         false},
        {"partition-number", "the number of the last partition", (uint64_t)p->part,
         (uint64_t)last_number(sector), PROOF_PARTITION, false},
        {"partition-start", "the partition's first sector", p->entry.start, start, PROOF_PARTITION,
         false},
        {"partition-sectors", "the partition's number of sectors", p->entry.sectors, sectors,
         PROOF_PARTITION, false},
        {"partition-type", "the partition's type", p->entry.type, e[4], PROOF_PARTITION, true},
        {"partition-flag", "the partition's boot flag", p->entry.boot, e[0], PROOF_PARTITION, true},
    };
    check_ranges(r, p, sector);
    check_numbers(r, rows, sizeof rows / sizeof rows[0]);
    check_sound(r, virtual_size, sector);
}

// The file system.

static void check_names(struct proof *r, const struct ext_super *before,
                        const struct ext_super *now) {
    char text[EXT_UUID_TEXT];
    struct proof_check *c = checks_add(r, PROOF_FS, "fs-uuid", "the file system's UUID",
                                       memcmp(before->uuid, now->uuid, sizeof now->uuid) == 0);
    ext_uuid_text(text, before->uuid);
    checks_planned(c, "%s", text);
    ext_uuid_text(text, now->uuid);
    checks_found(c, "%s", text);
    c = checks_add(r, PROOF_FS, "fs-label", "the file system's label",
                   memcmp(before->label, now->label, sizeof now->label) == 0);
    checks_planned(c, "\"%s\"", before->label);
    checks_found(c, "\"%s\"", now->label);
    c = checks_add(r, PROOF_FS, "fs-version", "the file system's kind",
                   before->version == now->version);
    checks_planned(c, "ext%d", before->version);
    checks_found(c, "ext%d", now->version);
}

// The three words of features, with what may change in them: bits that only say that something is
// still to be done, and features that e2fsck gives to a file system whose content needs them.
enum {
    COMPAT_EXT_ATTR = 0x0008,
    INCOMPAT_EXTENTS = 0x0040,
    INCOMPAT_INLINE_DATA = 0x8000,
    INCOMPAT_ENCRYPT = 0x10000,
    INCOMPAT_CASEFOLD = 0x20000,
    RO_COMPAT_LARGE_FILE = 0x0002,
    RO_COMPAT_VERITY = 0x8000,
};

static const struct {
    int word;            // as libe2p numbers them
    uint32_t passing;    // may come and go
    uint32_t repairable; // may come by a repair
} feature_words[] = {
    {E2P_FEATURE_COMPAT, 0, COMPAT_EXT_ATTR},
    {E2P_FEATURE_INCOMPAT, EXT_INCOMPAT_RECOVER,
     INCOMPAT_EXTENTS | INCOMPAT_INLINE_DATA | INCOMPAT_ENCRYPT | INCOMPAT_CASEFOLD},
    {E2P_FEATURE_RO_INCOMPAT, EXT_RO_COMPAT_ORPHAN_PRESENT,
     RO_COMPAT_LARGE_FILE | RO_COMPAT_VERITY},
};

// " WORD NAME" for each bit, behind what is there.
static void append_features(char text[PROOF_TEXT_SIZE], const char *verb, int word, uint32_t bits) {
    for (int bit = 0; bit < 32; bit++)
        if ((bits >> bit & 1) != 0) {
            const size_t used = strlen(text);
            (void)snprintf(text + used, PROOF_TEXT_SIZE - used, "%s%s %s", used > 0 ? ", " : "",
                           verb, e2p_feature2string(word, 1U << bit));
        }
}

static void check_features(struct proof *r, const struct ext_super *before,
                           const struct ext_super *now, bool repaired) {
    const uint32_t was[] = {before->compat, before->incompat, before->ro_compat};
    const uint32_t is[] = {now->compat, now->incompat, now->ro_compat};
    char bad[PROOF_TEXT_SIZE] = "";
    char good[PROOF_TEXT_SIZE] = "";
    for (size_t i = 0; i < sizeof feature_words / sizeof feature_words[0]; i++) {
        const uint32_t steady = ~feature_words[i].passing;
        const uint32_t may_come = repaired ? feature_words[i].repairable : 0;
        const uint32_t come = is[i] & ~was[i] & steady;
        append_features(bad, "lost", feature_words[i].word, was[i] & ~is[i] & steady);
        append_features(bad, "gained", feature_words[i].word, come & ~may_come);
        append_features(good, "e2fsck added", feature_words[i].word, come & may_come);
    }
    struct proof_check *c =
        checks_add(r, PROOF_FS, "fs-features", "the file system's features", bad[0] == '\0');
    checks_planned(c, "as before");
    checks_found(c, "%s", bad[0] != '\0' ? bad : good[0] != '\0' ? good : "as before");
}

static void check_state(struct proof *r, const struct ext_super *now) {
    const bool ok = ext_is_clean(now);
    struct proof_check *c = checks_add(r, PROOF_FS, "fs-state", "the file system", ok);
    checks_planned(c, "clean");
    checks_found(c, "%s",
                 ok                                            ? "clean"
                 : (now->incompat & EXT_INCOMPAT_RECOVER) != 0 ? "its journal needs recovery"
                 : (now->state & EXT_STATE_ERROR) != 0         ? "marked as having errors"
                 : (now->state & EXT_STATE_VALID) == 0         ? "marked as mounted"
                                                               : "it has orphans to be deleted");
}

void checks_fs(struct proof *r, const struct plan *p, const struct ext_super *now, bool repaired) {
    const struct ext_super *before = &p->before.fs;
    const struct number rows[] = {
        {"fs-blocks", "the file system's number of blocks", p->fs_blocks, now->blocks, PROOF_FS,
         false},
        {"fs-block-size", "the file system's block size", before->block_size, now->block_size,
         PROOF_FS, false},
        {"fs-first-block", "the file system's first data block", before->first_data_block,
         now->first_data_block, PROOF_FS, false},
        {"fs-group-blocks", "the file system's blocks per group", before->blocks_per_group,
         now->blocks_per_group, PROOF_FS, false},
        {"fs-group-inodes", "the file system's inode table blocks per group",
         before->inode_table_blocks, now->inode_table_blocks, PROOF_FS, false},
    };
    check_names(r, before, now);
    check_features(r, before, now, repaired);
    check_numbers(r, rows, sizeof rows / sizeof rows[0]);
    check_state(r, now);
}

const struct proof_check *checks_first_bad(const struct proof *r) {
    for (int i = 0; i < r->count; i++)
        if (!r->checks[i].ok)
            return &r->checks[i];
    return NULL;
}
