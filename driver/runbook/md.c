// The runbook for a person: what is planned, then the steps in their order, on the host and in the
// guest.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dialogue/outline.h"
#include "report/plan_text.h"
#include "report/text.h"
#include "runbook/md_state.h"
#include "runbook/quote.h"
#include "runbook/runbook.h"

enum { LINE_SIZE = 4096, TOLD_MAX = 64 };

// ------------------------------------------------------------------------------------ the plan

static void put_head(FILE *out, const struct runbook *b) {
    const struct options *o = b->o;
    char size[TEXT_BYTES_SIZE];
    (void)fputs("# Grow ", out);
    quote_code(out, b->plan->disk);
    (void)fprintf(out, " to %s by hand\n\n", text_bytes(size, sizeof size, b->plan->virtual_size));
    (void)fprintf(out, "The choices: `--attach=%s --seq=%s --log=%s", attach_words[o->attach],
                  moment_words[o->seq], moment_words[o->log]);
    if (o->attach == ATTACH_USB)
        (void)fprintf(out, " --plug=%s --plug-by=%s", plug_words[o->plug],
                      plug_by_words[o->plug_by]);
    (void)fputs(o->in_place ? " --in-place`" : "`", out);
    (void)fputs(".\nWhile this is done, nobody else may use the disk.\n\n", out);
    if (!b->iso)
        (void)fprintf(out,
                      "The ISO is not at hand: get it by `qemu-grow --fetch`, and put its path in "
                      "place of `%s`.\n\n",
                      RUNBOOK_NO_ISO);
}

static void put_row(FILE *out, const char *what, uint64_t now, uint64_t planned) {
    (void)fprintf(out, "| %s | %" PRIu64 " | %" PRIu64 " |\n", what, now, planned);
}

static void put_numbers(FILE *out, const struct plan *p) {
    const struct mbr_entry *old = &p->before.mbr.entry[p->part - 1];
    const struct mbr_entry *new = &p->entry;
    char clause[LINE_SIZE];
    (void)fprintf(out, "## The numbers\n\n| Partition %d | now | planned |\n|---|---:|---:|\n",
                  p->part);
    put_row(out, "disk, bytes", p->before.virtual_size, p->virtual_size);
    put_row(out, "disk, sectors", p->before.virtual_size / SECTOR_SIZE,
            p->virtual_size / SECTOR_SIZE);
    put_row(out, "first sector (StartLBA)", old->start, new->start);
    put_row(out, "last sector (EndLBA)", (uint64_t)old->start + old->sectors - 1,
            (uint64_t) new->start + new->sectors - 1);
    put_row(out, "sectors", old->sectors, new->sectors);
    (void)fprintf(out, "| type (Id) | %x | %x |\n| boot flag | %s | %s |\n", old->type, new->type,
                  old->boot == 0x80 ? "\\*" : "none", new->boot == 0x80 ? "\\*" : "none");
    (void)fprintf(out, "| ext%d, blocks of %" PRIu32 " bytes | %" PRIu64 " | %" PRIu64 " |\n\n",
                  p->before.fs.version, p->before.fs.block_size, p->before.fs.blocks, p->fs_blocks);
    (void)fputs("What stays as it is:\n\n", out);
    for (int i = 0; plan_kept(clause, sizeof clause, p, i); i++) {
        (void)fputs("- ", out);
        quote_markdown(out, clause);
        (void)fputc('\n', out);
    }
    (void)fputc('\n', out);
}

static void put_reasons(FILE *out, const struct reasons *r) {
    bool any = false;
    for (size_t i = 0; i < r->count; i++) {
        if (!any)
            (void)fputs("## To be known\n\n", out);
        any = true;
        (void)fputs("- ", out);
        quote_markdown(out, r->at[i].what);
        if (r->at[i].next[0] != '\0') {
            (void)fputs(". To do: ", out);
            quote_markdown(out, r->at[i].next);
        }
        (void)fputs(".\n", out);
    }
    if (any)
        (void)fputc('\n', out);
}

// ----------------------------------------------------------------------------------- the steps

static void put_title(FILE *out, const char *step, const char *title) {
    (void)fputs("## ", out);
    if (step != NULL && step[0] != '\0')
        (void)fprintf(out, "Step %s: ", step);
    quote_markdown(out, title);
    (void)fputs("\n\n", out);
}

static void put_command(FILE *out, char *const *argv) {
    (void)fputs("On the host:\n\n```sh\n", out);
    quote_shell_argv(out, argv);
    (void)fputs("\n```\n\n", out);
}

// The host's steps from one to before another.
static void put_host(FILE *out, const struct runbook *b, enum host_step from, enum host_step to) {
    enum host_step last = HOST_STEPS;
    for (size_t i = 0; i < b->host.count; i++) {
        const struct host_command *c = &b->host.at[i];
        if (c->step < from || c->step >= to)
            continue;
        if (c->step != last)
            put_title(out, host_steps[c->step].step, host_steps[c->step].title);
        last = c->step;
        put_command(out, c->argv);
        (void)fputs("Its exit code must be 0", out);
        if (c->must != NULL) {
            (void)fputs(", and it must show ", out);
            quote_code(out, c->must);
        }
        (void)fputs(".\n\n", out);
    }
}

struct writer {
    FILE *out;
    const struct runbook *b;
    bool started;                          // QEMU's command has been shown
    unsigned item;                         // the last item's number; 0: no list has begun
    const struct dialogue *told[TOLD_MAX]; // whose tool's exit codes have been told
    size_t told_count;
};

// Once for each dialogue.
static bool tell_codes(struct writer *w, const struct dialogue *d) {
    for (size_t i = 0; i < w->told_count; i++)
        if (w->told[i] == d)
            return false;
    if (w->told_count < TOLD_MAX)
        w->told[w->told_count++] = d;
    return true;
}

static int visit(void *arg, const struct dialogue *d, const struct state *s, struct vars *v) {
    struct writer *w = arg;
    if (s->title != NULL) {
        char *title = outline_text(v, s->title);
        if (title == NULL)
            return -1;
        if (w->item > 0)
            (void)fputc('\n', w->out);
        w->item = 0;
        put_title(w->out, s->step, title);
        free(title);
    }
    if (!w->started && s->title != NULL)
        put_command(w->out, w->b->command.argv);
    w->started = w->started || s->title != NULL;
    if (!md_state_is_shown(s))
        return 0;
    const struct md_item item = {
        .scripts = w->b->scripts, .number = ++w->item, .codes = tell_codes(w, d)};
    return md_state(w->out, &item, d, s, v);
}

static void put_trouble(FILE *out, const struct runbook *b) {
    (void)fputs("## When it goes wrong\n\n", out);
    if (b->o->in_place)
        (void)fputs("The guest works on the disk itself: from fdisk's `w` on, the disk may be left "
                    "in the middle of the work, and e2fsck has to repair it.\n",
                    out);
    else {
        (void)fputs("Until the overlay is brought into the disk, the disk is byte for byte what it "
                    "was: end QEMU (Ctrl-A, then `x`) and remove the overlay. The command that "
                    "brings it into the disk is given again when it was cut off.\n\n```sh\n",
                    out);
        quote_shell_argv(out, (char *[]){"rm", "--", b->host.files.overlay, NULL});
        (void)fputs("\n```\n", out);
    }
}

int runbook_markdown(FILE *out, const struct runbook *b, struct failure *f) {
    struct writer w = {.out = out, .b = b};
    put_head(out, b);
    put_numbers(out, b->plan);
    put_reasons(out, &b->plan->reasons);
    put_host(out, b, 0, HOST_GUEST_RUNS);
    if (outline_walk(b->scripts, b->dialogue, b->vars, visit, &w, f) != 0)
        return -1;
    if (w.item > 0)
        (void)fputc('\n', out);
    put_host(out, b, HOST_GUEST_RUNS, HOST_STEPS);
    put_trouble(out, b);
    return 0;
}
