// A line tells what was looked at; each check of it that is not good has a line of its own below.
#include "report/proved.h"

#include <inttypes.h>
#include <string.h>

#include "report/text.h"

enum { LINE_SIZE = 2048 };

struct page {
    FILE *out;
    const struct proof *proof;
    const struct plan *plan;
    bool utf8;
    int line; // so far
};

static void print_text(const struct page *g, const char *text) {
    char shown[LINE_SIZE];
    (void)text_printable(shown, sizeof shown, sizeof shown, text, strlen(text), g->utf8);
    (void)fputs(shown, g->out);
}

// "Proof   HEADING   "
static void begin_line(struct page *g, const char *heading) {
    (void)fprintf(g->out, "%-7s %-10s", g->line++ == 0 ? "Proof" : "", heading);
}

static bool made(const struct page *g, enum proof_line line) {
    for (int i = 0; i < g->proof->count; i++)
        if (g->proof->checks[i].line == line)
            return true;
    return false;
}

// Ends the line, and lists what is wrong.
static void end_line(const struct page *g, enum proof_line line) {
    (void)fputc('\n', g->out);
    for (int i = 0; i < g->proof->count; i++) {
        const struct proof_check *c = &g->proof->checks[i];
        if (c->line != line || c->ok)
            continue;
        (void)fprintf(g->out, "        !!        %s was to be %s, but is ", c->what, c->planned);
        print_text(g, c->found);
        (void)fputc('\n', g->out);
    }
}

// "as before", unless a check of this line says otherwise.
static const char *verdict(const struct page *g, enum proof_line line, const char *good) {
    for (int i = 0; i < g->proof->count; i++)
        if (g->proof->checks[i].line == line && !g->proof->checks[i].ok)
            return "not as planned";
    return made(g, line) ? good : "not looked at";
}

static const char *planned(const struct page *g, const char *name) {
    for (int i = 0; i < g->proof->count; i++)
        if (strcmp(g->proof->checks[i].name, name) == 0)
            return g->proof->checks[i].planned;
    return "";
}

static unsigned bits(uint32_t word) {
    unsigned count = 0;
    for (; word != 0; word &= word - 1)
        count++;
    return count;
}

static void print_fs(struct page *g) {
    const struct ext_super *fs = &g->plan->before.fs;
    char heading[LINE_SIZE];
    (void)snprintf(heading, sizeof heading, "ext%d", fs->version);
    begin_line(g, heading);
    (void)fprintf(g->out, "UUID %s, label ", planned(g, "fs-uuid"));
    print_text(g, planned(g, "fs-label"));
    (void)fprintf(g->out, ", %u features, %" PRIu64 " blocks: %s",
                  bits(fs->compat) + bits(fs->incompat) + bits(fs->ro_compat), g->plan->fs_blocks,
                  verdict(g, PROOF_FS, "as planned"));
    end_line(g, PROOF_FS);
}

static void print_repairs(struct page *g, char *const *repairs, size_t count) {
    begin_line(g, "repairs");
    if (count == 0)
        (void)fputs("e2fsck repaired nothing in the guest\n", g->out);
    else
        (void)fprintf(g->out, "e2fsck repaired in the guest:\n");
    for (size_t i = 0; i < count; i++) {
        (void)fputs("                  ", g->out);
        print_text(g, repairs[i]);
        (void)fputc('\n', g->out);
    }
}

void proved_print(FILE *out, const struct proof *proof, const struct plan *p, char *const *repairs,
                  size_t repair_count, bool utf8) {
    struct page g = {.out = out, .proof = proof, .plan = p, .utf8 = utf8};
    const struct mbr_entry *e = &p->entry;
    char size[TEXT_BYTES_SIZE];
    begin_line(&g, "table");
    (void)fprintf(out, "boot code, disk signature %08" PRIx32 ", the other entries: %s",
                  p->before.mbr.signature, verdict(&g, PROOF_TABLE, "as before"));
    end_line(&g, PROOF_TABLE);
    begin_line(&g, "partition");
    (void)fprintf(out, "%d from sector %" PRIu32 " to %" PRIu64 ", type %02x, %s: %s", p->part,
                  e->start, (uint64_t)e->start + e->sectors - 1, e->type,
                  e->boot == 0x80 ? "boot flag" : "no boot flag",
                  verdict(&g, PROOF_PARTITION, "as planned"));
    end_line(&g, PROOF_PARTITION);
    begin_line(&g, "before it");
    (void)fprintf(out, "sectors 1 to %" PRIu32 ", boot block of the partition: %s", e->start - 1,
                  verdict(&g, PROOF_BEFORE, "as before"));
    end_line(&g, PROOF_BEFORE);
    print_fs(&g);
    begin_line(&g, "e2fsck");
    (void)fprintf(out, "-fn on the host (%s, %s read): %s",
                  proof->e2fsck_version[0] != '\0' ? proof->e2fsck_version : "not run",
                  text_bytes(size, sizeof size, proof->copied), verdict(&g, PROOF_FSCK, "clean"));
    end_line(&g, PROOF_FSCK);
    print_repairs(&g, repairs, repair_count);
}
