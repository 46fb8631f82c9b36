// The death table in a run: fatal rows end it, others are noted, and named when it fails.
#include <stdlib.h>

#include "dialogue/machine_impl.h"

// Failures that say all themselves: nobody asks what a signal or a full disk of the host comes
// from.
static const enum exit_id self_evident[] = {
    EXIT_ID_INTERRUPTED, EXIT_ID_TERMINATED, EXIT_ID_SCRIPTS_BAD,
    EXIT_ID_INTERNAL,    EXIT_ID_HOST_FULL,  EXIT_ID_IO_ERROR,
};

// Remembers a row that has been seen, and tells the person the first time.
static int remember(struct machine *m, const struct death *row, bool quietly, struct failure *f) {
    char *says = machine_expand(m, row->text.says, false, f);
    char *next = says == NULL ? NULL : machine_expand(m, row->text.next, false, f);
    if (next != NULL && deaths_remember(m->deaths, row, says, next)) {
        record_death(link_record(m->link), row->text.failure, says);
        if (quietly)
            report_detail(m->report, "death table, row %s: %s", row->text.failure, says);
        else
            report_note(m->report, "note: %s", says);
    }
    const int result = next == NULL ? -1 : 0;
    free(says);
    free(next);
    return result;
}

int machine_look_for_death(struct machine *m, bool final, struct failure *f) {
    struct failure no_memory = {.id = EXIT_ID_OK};
    const struct death *row;
    while ((row = deaths_find(m->deaths, final, m->vars, &no_memory)) != NULL) {
        const int yes = machine_holds(m, row->when, f);
        if (yes < 0)
            return -1;
        if (yes == 0)
            continue;
        if (row->how == DEATH_FATAL) {
            m->died = row;
            (void)machine_fail(m, row->text.failure, f);
            record_death(link_record(m->link), row->text.failure, f->what);
            return -1;
        }
        // What a tool says matters when it fails, which it says then itself.
        if (remember(m, row, death_is_tools(row) && row->how == DEATH_CAUSE, f) != 0)
            return -1;
    }
    if (no_memory.id == EXIT_ID_OK)
        return 0;
    *f = no_memory;
    return -1;
}

int machine_note_exit(struct machine *m, const char *dialogue, const char *code,
                      struct failure *f) {
    deaths_command_ended(m->deaths);
    const struct death *row;
    const unsigned number = (unsigned)strtoul(code, NULL, 10);
    for (size_t i = 0; (row = deaths_of_exit(m->deaths, dialogue, number, i)) != NULL; i++) {
        const int yes = machine_holds(m, row->when, f);
        if (yes < 0 || (yes == 1 && remember(m, row, row->how == DEATH_CAUSE, f) != 0))
            return -1;
    }
    return 0;
}

void machine_explain(struct machine *m, struct failure *f) {
    for (size_t i = 0; i < sizeof self_evident / sizeof *self_evident; i++)
        if (m->died == NULL && f->id == self_evident[i])
            return;
    deaths_explain(m->deaths, m->died, m->named, f);
}
