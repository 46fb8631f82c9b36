// Asks the host's file system and qemu-img about an image, and words their refusals.
#include "plan/image.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/run.h"
#include "base/signals.h"

// The formats that `qemu-img resize` can enlarge.
static const char *const resizable[] = {"raw", "qcow2", "qed"};

// Kinds of files that are no disk image.
static const struct {
    mode_t type;
    const char *name;
    const char *advice;
} other_files[] = {
    {S_IFDIR, "a directory", "give the disk image's file"},
    {S_IFIFO, "a FIFO", "give the disk image's file"},
    {S_IFSOCK, "a socket", "give the disk image's file"},
    {S_IFCHR, "a character device", "give the disk image's file"},
    {S_IFBLK, "a block device, whose size qemu-img cannot change", "give a disk image in a file"},
};

// What the programs of QEMU say, and what it means.
static const struct {
    const char *words;
    enum exit_id id;
    const char *advice;
} messages[] = {
    {"\" lock", EXIT_ID_DISK_LOCKED, "end the QEMU or qemu-nbd that uses it, and run this again"},
    {"Could not open backing file", EXIT_ID_BACKING_UNREADABLE,
     "put the backing file back where the image expects it, or correct its name by qemu-img "
     "rebase"},
    {"Permission denied", EXIT_ID_DISK_UNREADABLE, "run this as a user who may read and write it"},
    {"No such file or directory", EXIT_ID_DISK_UNREADABLE, "check that nobody has moved it"},
    {"Unknown driver", EXIT_ID_FORMAT_UNREADABLE, "give --format one of qemu-img's formats"},
};

int image_failure(struct failure *f, const char *path, const char *format, const char *said) {
    enum exit_id id = EXIT_ID_FORMAT_UNREADABLE;
    const char *advice = "check it by qemu-img info and qemu-img check";
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        if (strstr(said, messages[i].words) != NULL) {
            id = messages[i].id;
            advice = messages[i].advice;
            break;
        }
    // "qemu-img: Could not open '/the/path': why", of which "why" is news. The path may hold
    // anything.
    const char *why = said;
    const char *at = strstr(said, path);
    if (at != NULL && strncmp(at + strlen(path), "': ", 3) == 0)
        why = at + strlen(path) + 3;
    else if (strncmp(said, "qemu-img: ", 10) == 0)
        why = said + 10;
    int length = (int)strcspn(why, "\n");
    return failure_set(f, id, advice, "QEMU cannot open %s%s%s: %.*s", path,
                       format == NULL ? "" : " as ", format == NULL ? "" : format, length, why);
}

// The file itself: there, regular, and we may write to it.
static int check_file(const char *path, const char *disk, struct failure *f) {
    struct stat st;
    if (stat(path, &st) != 0)
        return failure_set(f, EXIT_ID_DISK_UNREADABLE, "check the path", "%s cannot be opened: %s",
                           disk, strerror(errno));
    for (size_t i = 0; i < sizeof other_files / sizeof other_files[0]; i++)
        if ((st.st_mode & S_IFMT) == other_files[i].type)
            return failure_set(f, EXIT_ID_DISK_UNREADABLE, other_files[i].advice, "%s is %s", disk,
                               other_files[i].name);
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return failure_set(f, EXIT_ID_DISK_UNREADABLE, "make it writable for this user",
                           "%s cannot be opened for writing: %s", disk, strerror(errno));
    close(fd);
    return 0;
}

// Runs `qemu-img COMMAND --output=json [ARG] [-f FORMAT] -- PATH`. Returns the JSON (json_decref
// it) when the exit code's bit is set in `good`, else NULL.
static json_t *ask(const char *path, const char *command, const char *arg, const char *format,
                   unsigned good, const char *qemu_img, struct failure *f) {
    char *argv[10];
    int n = 0;
    argv[n++] = (char *)qemu_img;
    argv[n++] = (char *)command;
    argv[n++] = "--output=json";
    if (arg != NULL)
        argv[n++] = (char *)arg;
    if (format != NULL) {
        argv[n++] = "-f";
        argv[n++] = (char *)format;
    }
    argv[n++] = "--";
    argv[n++] = (char *)path;
    argv[n] = NULL;
    struct run_result r;
    json_t *json = NULL;
    if (run_program(&r, argv, signals_fd(), f) == 0) {
        int code = WIFEXITED(r.status) ? WEXITSTATUS(r.status) : 31;
        if (code > 30 || (good >> code & 1U) == 0)
            image_failure(f, path, format, r.err_size > 0 ? r.err : "qemu-img failed");
        else if ((json = json_loadb(r.out, r.out_size, 0, NULL)) == NULL)
            failure_set(f, EXIT_ID_INTERNAL, "check that this is QEMU's qemu-img",
                        "%s %s wrote something that is no JSON", qemu_img, command);
    }
    run_free(&r);
    return json;
}

enum {
    GOOD_INFO = 1 << 0,
    GOOD_CHECK = 1 << 0 | 1 << 2 | 1 << 3
}; // 2: corrupt, 3: clusters leaked

static bool is_resizable(const char *format) {
    for (size_t i = 0; i < sizeof resizable / sizeof resizable[0]; i++)
        if (strcmp(format, resizable[i]) == 0)
            return true;
    return false;
}

// What qemu-img said into *i, refusing states of the image that nothing should be written in.
static int take(struct image *i, const json_t *info, struct failure *f) {
    const char *format = json_string_value(json_object_get(info, "format"));
    const json_t *size = json_object_get(info, "virtual-size");
    if (format == NULL || !json_is_integer(size) || json_integer_value(size) < 0)
        return failure_set(f, EXIT_ID_INTERNAL, "check that this is QEMU's qemu-img",
                           "qemu-img info does not tell the format and the size");
    i->format = strdup(format);
    i->virtual_size = (uint64_t)json_integer_value(size);
    const char *backing = json_string_value(json_object_get(info, "backing-filename"));
    i->backing = backing == NULL ? NULL : strdup(backing);
    if (i->format == NULL || (backing != NULL && i->backing == NULL))
        return failure_set(f, EXIT_ID_INTERNAL, NULL, "no memory");
    i->cluster_size = json_integer_value(json_object_get(info, "cluster-size"));
    i->snapshots = (int)json_array_size(json_object_get(info, "snapshots"));
    const json_t *data = json_object_get(json_object_get(info, "format-specific"), "data");
    const char *compat = json_string_value(json_object_get(data, "compat"));
    if (json_is_true(json_object_get(info, "encrypted")))
        return failure_set(f, EXIT_ID_FORMAT_UNREADABLE,
                           "convert it to an image without encryption, and grow that",
                           "%s is encrypted (%s), which cannot be read here", i->path, i->format);
    if (json_is_true(json_object_get(data, "corrupt")))
        return failure_set(f, EXIT_ID_FORMAT_UNREADABLE, "repair it by qemu-img check -r all",
                           "%s is marked as corrupt in its %s header", i->path, i->format);
    if (json_is_true(json_object_get(info, "dirty-flag")))
        return failure_set(f, EXIT_ID_FORMAT_UNREADABLE, "repair it by qemu-img check -r all",
                           "%s was not closed in order: its %s header is marked as dirty", i->path,
                           i->format);
    if (!is_resizable(i->format))
        i->fixed = "qemu-img cannot resize this format";
    else if (compat != NULL && strcmp(compat, "0.10") == 0 && i->snapshots > 0)
        i->fixed = "qemu-img cannot resize a version 2 qcow2 that has internal snapshots";
    return 0;
}

// Each backing file must be there; whether one is locked shows here, too.
static int check_backing(const struct image *i, const char *qemu_img, struct failure *f) {
    struct failure why;
    json_t *chain = ask(i->path, "info", "--backing-chain", i->format, GOOD_INFO, qemu_img, &why);
    if (chain != NULL) {
        json_decref(chain);
        return 0;
    }
    if (why.id != EXIT_ID_DISK_LOCKED && why.id != EXIT_ID_DISK_UNREADABLE &&
        why.id != EXIT_ID_FORMAT_UNREADABLE && why.id != EXIT_ID_BACKING_UNREADABLE) {
        if (f != NULL)
            *f = why; // not about the files
        return -1;
    }
    bool locked = why.id == EXIT_ID_DISK_LOCKED;
    return failure_set(f, locked ? EXIT_ID_DISK_LOCKED : EXIT_ID_BACKING_UNREADABLE,
                       locked ? why.next
                              : "put the file back, or correct its name by qemu-img rebase",
                       "a file that the disk is backed by cannot be read: %s", why.what);
}

// `qemu-img check` finds what opening does not: clusters used twice or beyond the file's end. Only
// formats with tables of their own have something to check. It takes tables that are themselves cut
// off for empty ones, so the file's end is also compared with the image's, by check's own rule:
// less than one cluster may be missing.
static int check_tables(const struct image *i, const char *qemu_img, struct failure *f) {
    if (strcmp(i->format, "qcow2") != 0 && strcmp(i->format, "qed") != 0)
        return 0;
    json_t *report = ask(i->path, "check", NULL, i->format, GOOD_CHECK, qemu_img, f);
    if (report == NULL)
        return -1;
    json_int_t mistakes = json_integer_value(json_object_get(report, "corruptions")) +
                          json_integer_value(json_object_get(report, "check-errors"));
    json_int_t end = json_integer_value(json_object_get(report, "image-end-offset"));
    json_decref(report);
    struct stat st;
    if (stat(i->path, &st) == 0 && end - st.st_size >= i->cluster_size && i->cluster_size > 0)
        return failure_set(f, EXIT_ID_FORMAT_UNREADABLE, "copy it again from where it came",
                           "%s is cut short: its %s tables reach to byte %lld, but the file has "
                           "%lld",
                           i->path, i->format, (long long)end, (long long)st.st_size);
    if (mistakes == 0)
        return 0;
    return failure_set(f, EXIT_ID_FORMAT_UNREADABLE,
                       "look at what qemu-img check says; a backup is better than its repair",
                       "%s is damaged: qemu-img check finds %lld mistakes in its %s tables",
                       i->path, (long long)mistakes, i->format);
}

int image_inspect(struct image *i, const char *disk, const char *format, const char *qemu_img,
                  struct failure *f) {
    *i = (struct image){.probed = format == NULL};
    i->path = realpath(disk, NULL);
    if (i->path == NULL)
        return failure_set(f, EXIT_ID_DISK_UNREADABLE, "check the path", "%s cannot be opened: %s",
                           disk, strerror(errno));
    int rc = check_file(i->path, disk, f);
    if (rc == 0) {
        json_t *info = ask(i->path, "info", NULL, format, GOOD_INFO, qemu_img, f);
        rc = info == NULL ? -1 : take(i, info, f);
        json_decref(info);
    }
    if (rc == 0 && i->backing != NULL)
        rc = check_backing(i, qemu_img, f);
    if (rc == 0)
        rc = check_tables(i, qemu_img, f);
    if (rc != 0)
        image_free(i);
    return rc;
}

void image_free(struct image *i) {
    free(i->path);
    free(i->format);
    free(i->backing);
    *i = (struct image){0};
}
