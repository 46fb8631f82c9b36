// From a recording's folder: what became of the run, and the bundle of it.
#include "look_back.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/run.h"
#include "base/signals.h"
#include "bundle/bundle.h"
#include "bundle/clean.h"
#include "options/version.h"
#include "page/page.h"
#include "record/read.h"
#include "record/shelf.h"
#include "report/explain.h"
#include "report/screen.h"

// The files that a recording may have; no others are packed.
static const char *const files[] = {"events.jsonl", "output.log",   "input.log",
                                    "timing.log",   "session.cast", "mdev.log"};

// The folder, to be freed.
static char *folder_of(const char *name, struct failure *f) {
    if (name == NULL || strcmp(name, "last") == 0)
        return shelf_last(f);
    char *copy = strdup(name);
    if (copy == NULL)
        (void)failure_no_memory(f);
    return copy;
}

static struct diagnosis_style style_of(const struct options *o) {
    return (struct diagnosis_style){.all = o->verbosity > 0,
                                    .utf8 = !screen_is_live(stdout) || screen_is_utf8()};
}

int look_back_explain(const struct options *o, struct failure *f) {
    struct reading r;
    char *folder = folder_of(o->explain, f);
    if (folder == NULL || reading_open(&r, folder, f) != 0) {
        free(folder);
        return -1;
    }
    const struct diagnosis_style style = style_of(o);
    explain_print(stdout, &r, &style);
    reading_free(&r);
    int rc = fflush(stdout) == 0 ? 0
                                 : failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE, "",
                                               "the output cannot be written: %s", strerror(errno));
    if (rc == 0 && o->page != NULL)
        rc = page_write(o->page, folder, o->scripts, f);
    free(folder);
    return rc;
}

// ---- The bundle.

struct packing {
    const struct options *o;
    struct bundle *bundle;
    struct redact *redact;
};

static int add(struct packing *p, const char *name, const char *bytes, size_t size,
               struct failure *f) {
    char *clean = clean_file(p->redact, name, bytes, &size);
    if (clean == NULL)
        return failure_no_memory(f);
    const int rc = bundle_add(p->bundle, name, clean, size, f);
    free(clean);
    return rc;
}

// A file's bytes, to be freed; NULL with errno.
static char *read_whole(int folder, const char *name, size_t *size) {
    const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    char *bytes = NULL;
    *size = 0;
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= READING_MAX)
        bytes = malloc((size_t)st.st_size + 1);
    for (ssize_t n = 1; bytes != NULL && n > 0 && *size < (size_t)st.st_size; *size += (size_t)n) {
        n = read(fd, bytes + *size, (size_t)st.st_size - *size);
        if (n < 0)
            break;
    }
    if (fd >= 0)
        (void)close(fd);
    return bytes;
}

static int add_recording(struct packing *p, const char *folder, struct failure *f) {
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? failure_set(f, EXIT_ID_RECORDING_BAD, "name another folder",
                                  "%s cannot be read: %s", folder, strerror(errno))
                    : 0;
    for (size_t i = 0; rc == 0 && i < sizeof files / sizeof *files; i++) {
        size_t size = 0;
        char *bytes = read_whole(fd, files[i], &size);
        if (bytes != NULL)
            rc = add(p, files[i], bytes, size, f);
        free(bytes);
    }
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

// What the program says of its version, or why it does not.
static void print_version(FILE *out, const char *program) {
    char *argv[] = {(char *)program, (char *)"--version", NULL};
    struct run_result r;
    struct failure why;
    if (run_program(&r, argv, signals_fd(), &why) != 0)
        (void)fprintf(out, "%s: %s\n", program, why.what);
    else
        (void)fprintf(out, "%s: %s\n", program, r.out);
    run_free(&r);
}

static void print_versions(FILE *out, const struct options *o) {
    struct utsname host;
    (void)fprintf(out, "As found when this was packed.\n\nqemu-grow %s\n", QEMU_GROW_VERSION);
    if (uname(&host) == 0)
        (void)fprintf(out, "%s %s %s %s\n\n", host.sysname, host.release, host.version,
                      host.machine);
    print_version(out, o->qemu);
    print_version(out, o->qemu_img);
}

static void print_options(FILE *out, const struct reading *r) {
    size_t i = 0;
    size_t k = 0;
    json_t *word = NULL;
    const json_t *words = json_object_get(reading_next(r, "start", &i), "options");
    json_array_foreach(words, k, word)(void)
        fprintf(out, "%s\n", json_is_string(word) ? json_string_value(word) : "");
}

static void print_plan(FILE *out, const struct reading *r) {
    size_t i = 0;
    const json_t *plan = json_object_get(reading_next(r, "plan", &i), "plan");
    if (plan != NULL && json_dumpf(plan, out, JSON_INDENT(2)) == 0)
        (void)fputc('\n', out);
}

// What is made of the recording for people.
static int add_made(struct packing *p, const struct reading *r, struct failure *f) {
    enum { EXPLANATION, VERSIONS, OPTIONS, PLAN, MADE };
    static const char *const names[] = {[EXPLANATION] = "explanation.txt",
                                        [VERSIONS] = "versions.txt",
                                        [OPTIONS] = "options.txt",
                                        [PLAN] = "plan.json"};
    const struct diagnosis_style all = {.all = true, .utf8 = true};
    int rc = 0;
    for (int i = 0; rc == 0 && i < MADE; i++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        if (out == NULL)
            return failure_no_memory(f);
        if (i == EXPLANATION)
            explain_print(out, r, &all);
        else if (i == VERSIONS)
            print_versions(out, p->o);
        else if (i == OPTIONS)
            print_options(out, r);
        else
            print_plan(out, r);
        rc = fclose(out) != 0 ? failure_no_memory(f) : 0;
        if (rc == 0 && size > 0)
            rc = add(p, names[i], text, size, f);
        free(text);
    }
    return rc;
}

// What was typed, and may have been echoed in another form.
static void learn(struct redact *x, const struct reading *r) {
    size_t i = 0;
    char *start = json_dumps(reading_next(r, "start", &i), JSON_COMPACT);
    if (start != NULL)
        redact_learn(x, start, strlen(start));
    free(start);
    redact_learn(x, r->input, r->input_size);
}

static int pack(struct packing *p, const char *folder, struct failure *f) {
    struct reading r;
    if (reading_open(&r, folder, f) != 0)
        return -1;
    p->redact = redact_new(p->o->redact.at, p->o->redact.count, f);
    p->bundle = p->redact == NULL ? NULL : bundle_new(p->o->bundle, f);
    if (p->redact != NULL)
        learn(p->redact, &r);
    int rc = p->bundle == NULL ? -1 : add_made(p, &r, f);
    if (rc == 0)
        rc = add_recording(p, folder, f);
    const int ended = bundle_end(p->bundle, rc == 0, f);
    redact_free(p->redact);
    reading_free(&r);
    return rc != 0 ? rc : ended;
}

int look_back_bundle(const struct options *o, struct report *r, struct failure *f) {
    struct packing p = {.o = o};
    char *folder = folder_of(o->disk, f);
    const int rc = folder == NULL ? -1 : pack(&p, folder, f);
    if (rc == 0)
        report_note(r, "%s has the recording %s", o->bundle, folder);
    free(folder);
    return rc;
}
