// The man page's section of the plan: its JSON, and the table of reasons.
#include <stdio.h>

#include "options/print.h"
#include "plan/reason.h"

static const char head[] =
    ".Sh THE PLAN\n"
    "Every run begins with a plan, and\n"
    ".Fl Fl plan\n"
    "shows it without doing anything: the disk as a map and as a table, now and as\n"
    "planned, the steps with the dialogue files that they are in, what stays as it is,\n"
    "and every reason to refuse the disk, to warn of something, or to note it.\n"
    "A reason has a name that does not change.\n"
    ".Ss The plan as JSON\n"
    "With\n"
    ".Fl Fl json\n"
    "the plan is one object on standard output, also when the disk is refused.\n"
    "What is not known is null or not there.\n"
    "Members may be added; when one changes its meaning, schema becomes 2.\n"
    ".Bl -tag -width exit_codex -compact\n"
    ".It schema\n"
    "1\n"
    ".It verdict\n"
    "grow, unchanged or refused\n"
    ".It exit_code , exit_name\n"
    "what\n"
    ".Fl Fl plan\n"
    "ends with\n"
    ".It disk\n"
    "its path\n"
    ".It image\n"
    "format, probed, file_bytes, file_used_bytes, backing_file, data_file, snapshots, bitmaps\n"
    ".It now , planned\n"
    "bytes; table: an array in the order on the disk, each with partition (null: unused),\n"
    "first_sector, last_sector, sectors, bytes, boot, type and holds; file_system: version, "
    "blocks,\n"
    "block_bytes, bytes, groups, and in now uuid, label, clean and features; in now "
    "disk_signature\n"
    "and last_partition; in planned resize, and room: certain_bytes, possible_bytes,\n"
    "available_bytes\n"
    ".It steps\n"
    "an array: step (the runbook's number), dialogue (null: on the host), title\n"
    ".It kept\n"
    "an array of texts: what stays as it is\n"
    ".It reasons\n"
    "an array: code, severity (refuse, warn, note), exit_code, what, next\n"
    ".El\n"
    ".Ss Reasons\n"
    "The exit code of a refused run is that of the first reason to refuse.\n"
    ".Bl -tag -width Ds\n";

static const char *const severity_names[] = {
    [SEVERITY_REFUSE] = "refused", [SEVERITY_WARN] = "warning", [SEVERITY_NOTE] = "note"};

void man_plan_print(FILE *out) {
    (void)fputs(head, out);
    for (int i = 0; i < REASON_COUNT; i++) {
        const struct reason_row *r = &reason_rows[i];
        (void)fprintf(out, ".It %s\n%s", r->code, severity_names[r->severity]);
        if (r->severity == SEVERITY_REFUSE)
            (void)fprintf(out, ", exit code %d", exit_rows[r->exit].code);
        (void)fprintf(out, ": %s", r->meaning);
        if (r->next[0] != '\0')
            (void)fprintf(out, ".\nTo do: %s", r->next);
        (void)fputs(".\n", out);
    }
    (void)fputs(".El\n", out);
}
