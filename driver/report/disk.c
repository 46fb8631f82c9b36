// Both blocks, that of the plan and that of the result, are made of the same three facts.
#include "report/disk.h"

#include <inttypes.h>
#include <string.h>

#include "report/plan_map.h"
#include "report/text.h"

// What one block shows of a disk.
struct facts {
    uint64_t virtual_size; // bytes
    int part;
    struct mbr_entry entry;
    int ext_version;
    uint64_t blocks;
    uint32_t block_size; // bytes
};

// The table's row has the columns of fdisk's: number, boot flag, first and last LBA, and so on.
static void print_facts(FILE *out, const char *heading, const struct facts *x) {
    char text[TEXT_BYTES_SIZE];
    const struct mbr_entry *e = &x->entry;
    (void)fprintf(out, "%-7s %s (%" PRIu64 " bytes)\n", heading,
                  text_bytes(text, sizeof text, x->virtual_size), x->virtual_size);
    (void)fprintf(out, "        partition boot      start        end    sectors        size id\n");
    (void)fprintf(out, "        %9d %4s %10" PRIu32 " %10" PRIu64 " %10" PRIu32 " %11s %2x\n",
                  x->part, e->boot == 0x80 ? "*" : "", e->start,
                  (uint64_t)e->start + e->sectors - 1, e->sectors,
                  text_bytes(text, sizeof text, (uint64_t)e->sectors * SECTOR_SIZE), e->type);
    (void)fprintf(out, "        ext%d, %" PRIu64 " blocks of %" PRIu32 " bytes (%s)\n",
                  x->ext_version, x->blocks, x->block_size,
                  text_bytes(text, sizeof text, x->blocks * x->block_size));
}

static struct facts facts_of(const struct disk_state *s) {
    return (struct facts){
        .virtual_size = s->virtual_size,
        .part = s->part,
        .entry = s->mbr.entry[s->part - 1],
        .ext_version = s->fs.version,
        .blocks = s->fs.blocks,
        .block_size = s->fs.block_size,
    };
}

void disk_print_map(FILE *out, const struct plan *p) {
    char now[MAP_COLUMNS + 1];
    char then[MAP_COLUMNS + 1];
    char size[TEXT_BYTES_SIZE];
    const bool grows = p->known == KNOWN_GROWTH && p->verdict != PLAN_UNCHANGED;
    const uint64_t old = p->before.virtual_size / SECTOR_SIZE;
    const uint64_t new = grows ? p->virtual_size / SECTOR_SIZE : old;
    struct mbr_entry entry[MBR_ENTRIES];
    memcpy(entry, p->before.mbr.entry, sizeof entry);
    plan_map(now, entry, old, new);
    (void)fprintf(out, "Map     now     |%s|\n", now);
    if (grows) {
        entry[p->part - 1] = p->entry;
        plan_map(then, entry, new, new);
        (void)fprintf(out, "        planned |%s|\n", then);
    }
    (void)fprintf(out, "        a column is %s\n",
                  text_bytes(size, sizeof size, new *SECTOR_SIZE / MAP_COLUMNS));
}

void disk_print_plan(FILE *out, const struct plan *p, const char *name) {
    struct facts before = facts_of(&p->before);
    struct facts after = before;
    after.virtual_size = p->virtual_size;
    after.part = p->part;
    after.entry = p->entry;
    after.blocks = p->fs_blocks;
    (void)fprintf(out, "Disk    %s (%s)\n", name, p->format);
    disk_print_map(out, p);
    print_facts(out, "Now", &before);
    print_facts(out, "Planned", &after);
}

void disk_print_unchanged(FILE *out, const struct plan *p, const char *name) {
    struct facts now = facts_of(&p->before);
    (void)fprintf(out, "Disk    %s (%s)\n", name, p->format);
    print_facts(out, "Now", &now);
    (void)fprintf(
        out, "Nothing to do: the disk has this size, its last partition ends where it ends, and\n"
             "the file system fills the partition. Nothing was touched.\n");
}

void disk_print_result(FILE *out, const struct plan *p, const struct disk_state *after,
                       const char *name) {
    struct facts then = facts_of(&p->before);
    struct facts now = facts_of(after);
    (void)fprintf(out, "Grown   %s (%s)\n", name, p->format);
    print_facts(out, "Before", &then);
    print_facts(out, "After", &now);
}
