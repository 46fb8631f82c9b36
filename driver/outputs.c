// Each that was asked for.
#include "outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/mdevlog.h"
#include "page/page.h"
#include "proof/write.h"

// In the recording's folder, or DISK's name without its folder, with .mdev.log behind it.
static char *mdev_log_path(const struct options *o, const struct plan *p) {
    char *path = NULL;
    const char *base = strrchr(p->disk, '/') + 1;
    if (o->mdev_log != NULL)
        return strdup(o->mdev_log);
    const int n = o->transcript != NULL ? asprintf(&path, "%s/mdev.log", o->transcript)
                                        : asprintf(&path, "%s.mdev.log", base);
    return n < 0 ? NULL : path;
}

static int open_record(struct run *run, struct failure *f) {
    char *note = NULL;
    if (record_open(run->record, run->o, &note, f) != 0)
        return -1;
    if (note != NULL)
        report_note(run->report, "%s", note);
    free(note);
    if (record_folder(run->record) != NULL)
        report_detail(run->report, "the recording goes to %s", record_folder(run->record));
    return 0;
}

int outputs_open(struct run *run, struct failure *f) {
    const struct options *o = run->o;
    if (o->proof != NULL && proof_writable(o->proof, f) != 0)
        return -1;
    if (o->page != NULL && page_writable(o->page, f) != 0)
        return -1;
    if (open_record(run, f) != 0)
        return -1;
    if (o->page != NULL && record_folder(run->record) == NULL)
        return failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE, "name a folder with --transcript",
                           "there is no recording, of which --report's page is made");
    if (o->log == MOMENT_NO)
        return 0;
    char *path = mdev_log_path(o, &run->plan);
    if (path == NULL)
        return failure_no_memory(f);
    run->mdev_log = mdevlog_open(path, f);
    if (run->mdev_log != NULL)
        report_detail(run->report, "mdev's log goes to %s", path);
    free(path);
    return run->mdev_log == NULL ? -1 : 0;
}

int outputs_mdev_log(struct run *run, struct failure *f) {
    if (run->mdev_log == NULL)
        return 0;
    size_t count = 0;
    char *const *lines = list_get(run->talk.vars, "mdev_log", &count);
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (memory == NULL)
        return failure_no_memory(f);
    int rc = mdevlog_write(memory, lines, count, f);
    if (fclose(memory) != 0 && rc == 0)
        rc = failure_no_memory(f);
    if (rc == 0) {
        record_clean(run->record, text, size);
        if (fwrite(text, 1, size, run->mdev_log) != size || fflush(run->mdev_log) != 0)
            rc = failure_set(f, errno == ENOSPC ? EXIT_ID_HOST_FULL : EXIT_ID_MDEV_LOG_FAILED,
                             "make room, or name another file by --mdev-log",
                             "mdev's log cannot be written: %s", strerror(errno));
        record_file(run->record, "mdev.log", text, size);
    }
    free(text);
    return rc;
}

int outputs_page(const struct options *o, const char *folder, struct report *r, struct failure *f) {
    if (o->page == NULL || folder == NULL)
        return 0;
    if (page_write(o->page, folder, o->scripts, f) != 0)
        return -1;
    report_note(r, "the report is %s", o->page);
    return 0;
}
