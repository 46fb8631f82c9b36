// Plan and dialogue files in, text out.
#include "show_runbook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dialogue/script.h"
#include "grow.h"
#include "options/folder.h"
#include "record/read.h"
#include "record/shelf.h"
#include "runbook/md_done.h"
#include "runbook/runbook.h"
#include "whole_plan.h"

// The engine of the script, beside the program's own dialogue files. Allocated; NULL with *f.
static char *read_engine(struct failure *f) {
    char *folder = scripts_folder(NULL, f);
    char *path = NULL;
    char *text = NULL;
    size_t room = 0;
    if (folder == NULL)
        return NULL;
    if (asprintf(&path, "%s/expect/engine.exp", folder) < 0)
        path = NULL;
    FILE *in = path == NULL ? NULL : fopen(path, "re");
    if (in == NULL || getdelim(&text, &room, '\0', in) <= 0) {
        (void)failure_set(f, EXIT_ID_SCRIPTS_BAD, "install the program anew",
                          "%s cannot be read: %s", path == NULL ? "a file" : path, strerror(errno));
        free(text);
        text = NULL;
    }
    if (in != NULL)
        (void)fclose(in);
    free(path);
    free(folder);
    return text;
}

static int write_runbook(FILE *out, const struct runbook *b, struct failure *f) {
    if (b->o->runbook == RUNBOOK_MD)
        return runbook_markdown(out, b, f);
    char *engine = read_engine(f);
    const int rc = engine == NULL ? -1 : runbook_expect(out, b, engine, f);
    free(engine);
    return rc;
}

static int put_all(const char *text, size_t size, struct failure *f) {
    if (fwrite(text, 1, size, stdout) == size && fflush(stdout) == 0)
        return 0;
    return failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE, "", "the output cannot be written: %s",
                       strerror(errno));
}

static struct scripts *load(const struct options *o, struct failure *f) {
    char *folder = scripts_folder(o->scripts, f);
    struct scripts *scripts = folder == NULL ? NULL : scripts_load(folder, f);
    free(folder);
    return scripts;
}

// All of it, or nothing: a runbook that ends in the middle is worse than none.
static int print(const struct runbook *b, struct failure *f) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return failure_no_memory(f);
    int rc = write_runbook(out, b, f);
    if (fclose(out) != 0 && rc == 0)
        rc = failure_no_memory(f);
    if (rc == 0)
        rc = put_all(text, size, f);
    free(text);
    return rc;
}

static int make_and_print(const struct options *o, const struct plan *p, const char *iso,
                          struct failure *f) {
    struct runbook b = {0};
    struct scripts *scripts = load(o, f);
    if (scripts == NULL)
        return -1;
    int rc = runbook_make(&b, o, p, scripts, iso, f);
    if (rc == 0)
        rc = print(&b, f);
    runbook_free(&b);
    scripts_free(scripts);
    return rc;
}

// Of a run that is over.
static int show_done(const struct options *o, struct failure *f) {
    struct reading r = {0};
    struct stat st;
    char *text = NULL;
    size_t size = 0;
    const bool last = strcmp(o->disk, "last") == 0;
    if (!last && (stat(o->disk, &st) != 0 || !S_ISDIR(st.st_mode)))
        return failure_set(f, EXIT_ID_USAGE,
                           "give a size, or the folder of a recording for what was done",
                           "SIZE is missing after DISK '%s'", o->disk);
    char *folder = last ? shelf_last(f) : strdup(o->disk);
    struct scripts *scripts = load(o, f);
    FILE *out = open_memstream(&text, &size);
    int rc = folder == NULL || scripts == NULL || out == NULL ? -1 : reading_open(&r, folder, f);
    if (rc == 0) {
        rc = runbook_done(out, &r, scripts, f);
        reading_free(&r);
    }
    if (out != NULL && fclose(out) != 0 && rc == 0)
        rc = failure_no_memory(f);
    if (rc == 0)
        rc = put_all(text, size, f);
    free(text);
    free(folder);
    scripts_free(scripts);
    return rc;
}

int show_runbook(const struct options *o, struct report *r, struct failure *f) {
    if (o->size == NULL)
        return show_done(o, f);
    struct plan p;
    char *iso = NULL;
    whole_plan(&p, o, &iso);
    int rc = reasons_failure(&p.reasons, f);
    if (rc == 0 && p.verdict == PLAN_UNCHANGED) {
        report_unchanged(r, &p);
        rc = GROW_UNCHANGED;
    } else if (rc == 0) {
        rc = make_and_print(o, &p, iso, f);
    }
    free(iso);
    plan_free(&p);
    return rc;
}
