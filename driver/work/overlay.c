// qemu-img create, info and commit.
#include "work/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/argv.h"
#include "base/run.h"
#include "work/qemu_img.h"

const char overlay_format[] = "qcow2";

static const char commit_again[] =
    "see to what it says, then run qemu-grow --recover DISK, which does it again";

// The disk as the overlay names it: in its own folder, so that the folder can be moved; the leading
// "./" keeps QEMU from taking the name for an address. Allocated.
static char *backing_name(const struct work_files *w, struct failure *f) {
    char *name = NULL;
    if (asprintf(&name, "./%s", w->name) < 0) {
        (void)failure_no_memory(f);
        return NULL;
    }
    return name;
}

// An empty file of that name that nobody else can read: what the guest writes is the disk's
// content.
static int reserve(const struct work_files *w, struct failure *f) {
    const int fd = open(w->overlay, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0 && errno == EEXIST)
        return failure_set(f, EXIT_ID_IN_THE_WAY, "move it away and run again",
                           "%s is there already, and no journal tells of it", w->overlay);
    if (fd < 0)
        return failure_set(f, errno == ENOSPC ? EXIT_ID_HOST_FULL : EXIT_ID_OUTPUT_UNWRITABLE,
                           "see to it that files can be made beside the disk, or use --in-place",
                           "%s cannot be made: %s", w->overlay, strerror(errno));
    (void)close(fd);
    return 0;
}

char **overlay_make_argv(const struct work_files *w, const char *format, uint64_t size,
                         const char *qemu_img) {
    char bytes[32];
    struct failure no_memory;
    (void)snprintf(bytes, sizeof bytes, "%" PRIu64, size);
    char *backing = backing_name(w, &no_memory);
    char **argv = backing == NULL ? NULL
                                  : argv_new(qemu_img, "create", "-q", "-f", overlay_format, "-b",
                                             backing, "-F", format, "--", w->overlay, bytes, NULL);
    free(backing);
    return argv;
}

int overlay_make(const struct work_files *w, const char *format, uint64_t size,
                 const char *qemu_img, int stop_fd, struct failure *f) {
    char **argv = overlay_make_argv(w, format, size, qemu_img);
    int result = argv == NULL ? failure_no_memory(f) : reserve(w, f);
    if (result == 0)
        result = qemu_img_run(argv, stop_fd, EXIT_ID_RESIZE_FAILED,
                              "check the disk with qemu-img info and qemu-img check", f);
    argv_free(argv);
    return result;
}

static bool is_text(const json_t *json, const char *key, const char *wanted) {
    const char *text = json_string_value(json_object_get(json, key));
    return text != NULL && strcmp(text, wanted) == 0;
}

static int other_overlay(struct failure *f, const struct work_files *w, const char *why) {
    return failure_set(f, EXIT_ID_COMMIT_FAILED,
                       "find out who has changed it; the disk must not be used before",
                       "%s is not the overlay that was proved: %s", w->overlay, why);
}

int overlay_check(const struct work_files *w, const char *format, uint64_t size,
                  const char *qemu_img, struct failure *f) {
    char *argv[] = {(char *)qemu_img,       "info", "--output=json", "-f",
                    (char *)overlay_format, "--",   w->overlay,      NULL};
    struct run_result r;
    char *backing = backing_name(w, f);
    if (backing == NULL)
        return -1;
    int result = run_program(&r, argv, -1, f);
    json_t *info = result == 0 && run_ok(&r) ? json_loadb(r.out, r.out_size, 0, NULL) : NULL;
    if (result == 0 && info == NULL) {
        r.err[strcspn(r.err, "\n")] = '\0';
        result = other_overlay(f, w, r.err);
    } else if (result == 0 && (!is_text(info, "backing-filename", backing) ||
                               !is_text(info, "backing-filename-format", format))) {
        result = other_overlay(f, w, "it has another backing file");
    } else if (result == 0 &&
               (uint64_t)json_integer_value(json_object_get(info, "virtual-size")) != size) {
        result = other_overlay(f, w, "it has another size");
    }
    json_decref(info);
    run_free(&r);
    free(backing);
    return result;
}

char **overlay_commit_argv(const struct work_files *w, const char *qemu_img) {
    // -d: the overlay keeps its content until the disk is proved.
    return argv_new(qemu_img, "commit", "-q", "-d", "-f", overlay_format, "--", w->overlay, NULL);
}

int overlay_commit(const struct work_files *w, const char *format, const char *qemu_img, bool again,
                   struct failure *f) {
    char **commit = overlay_commit_argv(w, qemu_img);
    // Two formats have tables from which a killed commit may have taken clusters for nothing.
    char *check[] = {(char *)qemu_img, "check", "-q",    "-r", "leaks", "-f",
                     (char *)format,   "--",    w->disk, NULL};
    int result = commit == NULL ? failure_no_memory(f)
                                : qemu_img_run(commit, -1, EXIT_ID_COMMIT_FAILED, commit_again, f);
    argv_free(commit);
    if (result != 0)
        return -1;
    if (again && (strcmp(format, "qcow2") == 0 || strcmp(format, "qed") == 0) &&
        qemu_img_run(check, -1, EXIT_ID_COMMIT_FAILED, commit_again, f) != 0)
        return -1;
    return file_sync(w->disk, f);
}
