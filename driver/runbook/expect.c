// The runbook as a script of Expect: the engine, then tables of all that it needs.
#include <ctype.h>
#include <string.h>

#include "dialogue/builtin.h"
#include "options/version.h"
#include "runbook/expect_state.h"
#include "runbook/fixed.h"
#include "runbook/quote.h"
#include "runbook/runbook.h"

#define SCALE "3" // seconds without a byte for each second of a dialogue's budget

// ------------------------------------------------------------------------------- values, commands

static void put_set(FILE *out, const char *name, const char *value) {
    (void)fprintf(out, "set %s ", name);
    quote_tcl(out, value);
    (void)fputc('\n', out);
}

static void put_list(FILE *out, char *const *argv) {
    (void)fputc('{', out);
    for (size_t i = 0; argv[i] != NULL; i++) {
        (void)fputs(i == 0 ? "" : " ", out);
        quote_tcl(out, argv[i]);
    }
    (void)fputc('}', out);
}

// The exit codes that the engine itself ends with, by their names in capitals.
static void put_codes(FILE *out) {
    static const enum exit_id ids[] = {
        EXIT_ID_TYPING_FAILED, EXIT_ID_GUEST_STUCK,    EXIT_ID_QEMU_DIED, EXIT_ID_SCRIPTS_BAD,
        EXIT_ID_IN_THE_WAY,    EXIT_ID_ISO_UNREADABLE, EXIT_ID_USAGE,     EXIT_ID_INTERNAL,
        EXIT_ID_INTERRUPTED,   EXIT_ID_TERMINATED};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const struct exit_row *row = &exit_rows[ids[i]];
        (void)fputs("set ", out);
        for (const char *c = row->name; *c != '\0'; c++)
            (void)fputc(*c == '-' ? '_' : toupper((unsigned char)*c), out);
        (void)fprintf(out, " %d\n", row->code);
    }
}

static void put_values(FILE *out, const struct runbook *b) {
    (void)fputs("\n# What the choices and the plan give.\narray set V {\n", out);
    for (size_t i = 0; builtin_variables[i] != NULL; i++) {
        const char *value = vars_get(b->vars, builtin_variables[i]);
        if (value == NULL)
            continue;
        (void)fprintf(out, "    %s ", builtin_variables[i]);
        quote_tcl(out, value);
        (void)fputc('\n', out);
    }
    (void)fprintf(out,
                  "}\nset BUDGET %d\nset TRIES %d\nset scale_default " SCALE "\nset traces %d\n",
                  STATE_BUDGET_DEFAULT, STATE_TRIES_DEFAULT, b->o->debug_init);
}

// The exit code of a host's step that fails.
static int code_of(enum host_step step) {
    static const enum exit_id ids[HOST_STEPS] = {[HOST_ENLARGE] = EXIT_ID_RESIZE_FAILED,
                                                 [HOST_OVERLAY] = EXIT_ID_RESIZE_FAILED,
                                                 [HOST_PROVE_GUEST] = EXIT_ID_PROOF_FAILED,
                                                 [HOST_COMMIT] = EXIT_ID_COMMIT_FAILED,
                                                 [HOST_PROVE_DISK] = EXIT_ID_PROOF_FAILED};
    return exit_rows[ids[step]].code;
}

// Rows of exit code, command, what its output must have, and whether it brings the overlay into the
// disk.
static void put_commands(FILE *out, const struct runbook *b, const char *name, enum host_step from,
                         enum host_step to) {
    (void)fprintf(out, "set %s {\n", name);
    for (size_t i = 0; i < b->host.count; i++) {
        const struct host_command *c = &b->host.at[i];
        if (c->step < from || c->step >= to)
            continue;
        const char *must = c->must == NULL ? NULL : strchr(c->must, '(');
        (void)fprintf(out, "    {%d ", code_of(c->step));
        put_list(out, c->argv);
        (void)fputc(' ', out);
        quote_tcl(out, must == NULL ? "" : must);
        (void)fputs(c->step >= HOST_COMMIT ? " commit}\n" : " {}}\n", out);
    }
    (void)fputs("}\n", out);
}

// The ISO's place among QEMU's words.
static size_t iso_place(char *const *argv) {
    for (size_t i = 1; argv[i] != NULL; i++)
        if (strcmp(argv[i - 1], "-cdrom") == 0)
            return i;
    return 0;
}

static void put_host(FILE *out, const struct runbook *b) {
    const char *slash = strrchr(b->plan->disk, '/');
    char *const *argv = b->command.argv;
    const size_t place = iso_place(argv);
    (void)fputs("\n# The host's commands. The guest runs between `before` and `after`.\n", out);
    put_commands(out, b, "before", 0, HOST_GUEST_RUNS);
    put_commands(out, b, "after", HOST_GUEST_RUNS, HOST_STEPS);
    (void)fputs("set qemu ", out);
    put_list(out, argv);
    (void)fprintf(out, "\nset iso_place %zu\n", place);
    put_set(out, "iso_default", b->iso && place > 0 ? argv[place] : "");
    put_set(out, "dialogue", b->dialogue);
    put_set(out, "overlay", b->o->in_place ? "" : b->host.files.overlay);
    if (b->o->mdev_log != NULL) {
        put_set(out, "mdev_log", b->o->mdev_log);
    } else {
        put_set(out, "mdev_log", slash == NULL ? b->plan->disk : slash + 1);
        (void)fputs("append mdev_log .mdev.log\n", out);
    }
}

static void put_head(FILE *out) {
    (void)fputs("#!/usr/bin/expect -f\n"
                "# Grows a disk without qemu-grow, as it has planned (--runbook=expect, "
                "version " QEMU_GROW_VERSION
                ").\n# For this disk and these choices only: expect SCRIPT --help.\n\n",
                out);
}

int runbook_expect(FILE *out, const struct runbook *b, const char *engine, struct failure *f) {
    struct fixed x = {0};
    put_head(out);
    (void)fputs(engine, out);
    put_codes(out);
    put_values(out, b);
    put_host(out, b);
    int rc = fixed_make(&x, b->scripts, b->dialogue, b->vars, f);
    if (rc == 0)
        rc = expect_tables(out, &x, f);
    fixed_free(&x);
    (void)fputs("\nmain $argv\n", out);
    return rc;
}
