// qemu-grow: grows a QEMU virtual disk, its last partition and the file system in it.
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "again.h"
#include "base/signals.h"
#include "dialogue/person.h"
#include "dialogue/script.h"
#include "get_iso.h"
#include "grow.h"
#include "look_back.h"
#include "options/folder.h"
#include "options/options.h"
#include "options/print.h"
#include "report/report.h"
#include "report/screen.h"
#include "show_plan.h"
#include "show_runbook.h"
#include "work/recover.h"

// --check-scripts: says what was found to be right.
static int check_scripts(const struct options *o, struct report *r, struct failure *f) {
    char *folder = scripts_folder(o->scripts, f);
    struct scripts *s = folder == NULL ? NULL : scripts_load(folder, f);
    if (s != NULL)
        report_note(r, "%u dialogue files in %s are right", scripts_count(s), folder);
    free(folder);
    scripts_free(s);
    return s == NULL ? -1 : 0;
}

// --list-states.
static int list_states(const struct options *o, struct failure *f) {
    char *folder = scripts_folder(o->scripts, f);
    struct scripts *s = folder == NULL ? NULL : scripts_load(folder, f);
    if (s != NULL)
        person_list_states(stdout, s);
    free(folder);
    scripts_free(s);
    return s == NULL ? -1 : 0;
}

static struct report *make_report(const struct options *o) {
    const bool terminal = screen_is_live(stdout);
    const bool colour = o->colour == COLOUR_ALWAYS || (o->colour == COLOUR_AUTO && terminal);
    return report_new(stdout, stderr, o->verbosity, colour, terminal && o->verbosity >= 0);
}

// A program that is started without standard input, output or error must not have a file of its own
// there.
static bool fill_descriptors(void) {
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd >= 0 && close(fd) == 0;
}

int main(int argc, char **argv) {
    struct options o = {.colour = COLOUR_NEVER};
    struct failure f = {.id = EXIT_ID_OK};
    enum stage stage = STAGE_UNTOUCHED;
    (void)setlocale(LC_CTYPE, "");
    if (!fill_descriptors())
        return exit_rows[EXIT_ID_INTERNAL].code;

    // Options; --help and its like need nothing else.
    int result = options_parse(&o, argc, argv, &f);
    if (result == 0)
        result = options_print(&o, stdout, &f);
    const bool printed = result == 1;
    if (result == 0 && o.action == ACTION_PLAY) {
        result = again_play(&o);
        options_free(&o);
        return result;
    }
    struct report *r = make_report(&o);
    if (r == NULL || signals_open() != 0)
        return exit_rows[EXIT_ID_INTERNAL].code;

    // The work. Without a disk in hand nothing is to be said of one.
    if (o.action != ACTION_GROW)
        stage = STAGE_COUNT;
    if (result == 0 && o.action == ACTION_GROW && o.plan_only)
        result = show_plan(&o, r, &f);
    else if (result == 0 && o.action == ACTION_GROW && o.runbook_given)
        result = show_runbook(&o, r, &f);
    else if (result == 0 && o.action == ACTION_GROW)
        result = grow(&o, r, &stage, &f);
    else if (result == 0 && o.action == ACTION_RECOVER)
        result = recover(o.disk, o.qemu_img, r, &stage, &f);
    else if (result == 0 && o.action == ACTION_EXPLAIN)
        result = look_back_explain(&o, &f);
    else if (result == 0 && o.action == ACTION_BUNDLE)
        result = look_back_bundle(&o, r, &f);
    else if (result == 0 && o.action == ACTION_REPLAY)
        result = again_replay(&o, &f);
    else if (result == 0 && o.action == ACTION_GUEST)
        result = again_guest(&o, r, &f);
    else if (result == 0 && o.action == ACTION_CHECK_SCRIPTS)
        result = check_scripts(&o, r, &f);
    else if (result == 0 && o.action == ACTION_LIST_STATES)
        result = list_states(&o, &f);
    else if (result == 0)
        result = get_iso_action(&o, r, &f);

    // What came of it.
    if (result < 0)
        report_failure(r, &f, stage);
    report_free(r);
    options_free(&o);
    if (result == GROW_UNCHANGED && !printed)
        return exit_rows[EXIT_ID_UNCHANGED].code;
    return result < 0 && !printed ? exit_rows[f.id].code : EXIT_SUCCESS;
}
