// The plan of plan/, and what only the other parts know.
#include "whole_plan.h"

#include <stdlib.h>
#include <string.h>

#include "get_iso.h"
#include "guest/command.h"
#include "work/files.h"
#include "work/journal.h"

static void no_note(void *data, const char *text) {
    (void)data;
    (void)text;
}

// The ISO, as far as it is at hand: what is not is no reason.
static void judge_iso(struct plan *p, const struct options *o, char **path) {
    struct iso iso;
    struct failure f;
    struct options offline = *o;
    offline.offline = true;
    if (get_iso_quietly(&iso, &offline, no_note, &f) == 0) {
        (void)plan_judge_iso(p, iso.look.e2fsprogs, NULL);
        if (path != NULL && iso.path != NULL)
            *path = strdup(iso.path);
    } else if (f.id == EXIT_ID_ISO_OFFLINE) {
        (void)plan_judge_iso(p, NULL, NULL);
    } else {
        plan_refuse(p, &f);
    }
    iso_free(&iso);
}

// A run that was cut off while it wrote to the disk comes before all others.
static void judge_journal(struct plan *p) {
    struct work_files files;
    struct journal j;
    struct failure f;
    if (p->disk == NULL)
        return;
    const int found = files_of(&files, p->disk, &f) == 0 ? journal_load(&j, &files, &f) : -1;
    if (found < 0)
        plan_refuse(p, &f);
    else if (found == 1 && j.phase >= PHASE_COMMIT) {
        (void)failure_set(&f, EXIT_ID_RECOVER_NEEDED, "finish it: qemu-grow --recover DISK",
                          "a run on the disk was cut off while it wrote to it");
        plan_refuse(p, &f);
    }
    files_free(&files);
}

static void judge_qemu(struct plan *p, const struct options *o) {
    struct failure f;
    if (qemu_find(o->qemu, &f) != 0)
        plan_refuse(p, &f);
}

void whole_plan(struct plan *p, const struct options *o, char **iso) {
    const struct plan_request request = {.disk = o->disk,
                                         .size = o->size,
                                         .format = o->format,
                                         .qemu_img = o->qemu_img,
                                         .in_place = o->in_place};
    if (iso != NULL)
        *iso = NULL;
    (void)plan_make(p, &request, NULL);
    if (p->verdict == PLAN_UNCHANGED)
        return;
    judge_journal(p);
    judge_qemu(p, o);
    judge_iso(p, o, iso);
}
