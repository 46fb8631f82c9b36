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
} other_files[] = {
    {S_IFDIR, "a directory"},
    {S_IFIFO, "a FIFO"},
    {S_IFSOCK, "a socket"},
    {S_IFCHR, "a character device"},
    {S_IFBLK, "a block device, whose size qemu-img cannot change"},
};

enum { STAT_BLOCK = 512 }; // bytes that st_blocks counts in

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

// The file itself: there, regular, and we may write to it. Returns 0 when it can be read at least.
static int check_file(struct image *i, const char *disk, struct reasons *r) {
    struct stat st;
    if (stat(i->path, &st) != 0)
        return reason_add(r, REASON_DISK_UNREADABLE, "%s cannot be opened: %s", disk,
                          strerror(errno));
    for (size_t n = 0; n < sizeof other_files / sizeof other_files[0]; n++)
        if ((st.st_mode & S_IFMT) == other_files[n].type)
            return reason_add(r, REASON_DISK_KIND, "%s is %s", disk, other_files[n].name);
    i->file_size = (uint64_t)st.st_size;
    i->file_used = (uint64_t)st.st_blocks * STAT_BLOCK;
    int fd = open(i->path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        (void)reason_add(r, REASON_DISK_READ_ONLY, "%s cannot be opened for writing: %s", disk,
                         strerror(errno));
    else
        close(fd);
    return access(i->path, R_OK);
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

// What the header says of the image's state, which forbids to write in it.
static void take_state(const struct image *i, const json_t *info, const json_t *data,
                       struct reasons *r) {
    if (json_is_true(json_object_get(data, "corrupt")))
        (void)reason_add(r, REASON_MARKED_CORRUPT, "%s is marked as corrupt in its %s header",
                         i->path, i->format);
    if (json_is_true(json_object_get(info, "dirty-flag")))
        (void)reason_add(r, REASON_MARKED_DIRTY,
                         "%s was not closed in order: its %s header is marked as dirty", i->path,
                         i->format);
}

// Dirty bitmaps: one that is in use though nobody uses the image was not closed in order.
static void take_bitmaps(struct image *i, const json_t *bitmaps, struct reasons *r) {
    size_t n;
    size_t k;
    json_t *bitmap;
    json_t *flag;
    json_array_foreach(bitmaps, n, bitmap) {
        const char *name = json_string_value(json_object_get(bitmap, "name"));
        i->bitmaps++;
        json_array_foreach(json_object_get(bitmap, "flags"), k, flag) {
            const char *text = json_string_value(flag);
            if (text != NULL && strcmp(text, "in-use") == 0)
                (void)reason_add(r, REASON_BITMAP_IN_USE,
                                 "the dirty bitmap %s is marked as in use, and cannot be used any "
                                 "more",
                                 name == NULL ? "?" : name);
        }
    }
}

// The texts that qemu-img tells. Returns 0, or -1 without memory.
static int take_names(struct image *i, const json_t *info, const json_t *data) {
    const char *format = json_string_value(json_object_get(info, "format"));
    const char *backing = json_string_value(json_object_get(info, "backing-filename"));
    const char *data_file = json_string_value(json_object_get(data, "data-file"));
    i->format = strdup(format);
    i->backing = backing == NULL ? NULL : strdup(backing);
    i->data_file = data_file == NULL ? NULL : strdup(data_file);
    return i->format == NULL || (backing != NULL && i->backing == NULL) ||
                   (data_file != NULL && i->data_file == NULL)
               ? -1
               : 0;
}

// What qemu-img said into *i. Returns 0 when the content can be read.
static int take(struct image *i, const json_t *info, struct reasons *r) {
    const json_t *size = json_object_get(info, "virtual-size");
    const json_t *data = json_object_get(json_object_get(info, "format-specific"), "data");
    if (!json_is_string(json_object_get(info, "format")) || !json_is_integer(size) ||
        json_integer_value(size) < 0)
        return reason_add(r, REASON_INTERNAL,
                          "qemu-img info does not tell the format and the size");
    i->virtual_size = (uint64_t)json_integer_value(size);
    if (take_names(i, info, data) != 0)
        return reason_add(r, REASON_INTERNAL, "there is no memory");
    i->cluster_size = json_integer_value(json_object_get(info, "cluster-size"));
    i->snapshots = (int)json_array_size(json_object_get(info, "snapshots"));
    const char *compat = json_string_value(json_object_get(data, "compat"));
    if (!is_resizable(i->format)) {
        i->fixed = "qemu-img cannot resize this format";
        i->fixed_id = REASON_FORMAT_FIXED;
    } else if (compat != NULL && strcmp(compat, "0.10") == 0 && i->snapshots > 0) {
        i->fixed = "qemu-img cannot resize a version 2 qcow2 that has internal snapshots";
        i->fixed_id = REASON_OLD_SNAPSHOTS;
    }
    take_state(i, info, data, r);
    take_bitmaps(i, json_object_get(data, "bitmaps"), r);
    if (json_is_true(json_object_get(info, "encrypted")))
        return reason_add(r, REASON_ENCRYPTED, "%s is encrypted (%s), which cannot be read here",
                          i->path, i->format);
    return 0;
}

// Each backing file must be there; whether one is locked shows here, too.
static int check_backing(const struct image *i, const char *qemu_img, struct reasons *r) {
    struct failure why;
    json_t *chain = ask(i->path, "info", "--backing-chain", i->format, GOOD_INFO, qemu_img, &why);
    if (chain != NULL) {
        json_decref(chain);
        return 0;
    }
    if (why.id == EXIT_ID_DISK_LOCKED)
        return reason_add(r, REASON_DISK_LOCKED,
                          "a file that the disk is backed by cannot be read: %s", why.what);
    if (why.id != EXIT_ID_DISK_UNREADABLE && why.id != EXIT_ID_FORMAT_UNREADABLE &&
        why.id != EXIT_ID_BACKING_UNREADABLE)
        return reason_add_failure(r, &why); // not about the files
    return reason_add(r, REASON_BACKING_UNREADABLE,
                      "a file that the disk is backed by cannot be read: %s", why.what);
}

// `qemu-img check` finds what opening does not: clusters used twice or beyond the file's end. Only
// formats with tables of their own have something to check. It takes tables that are themselves cut
// off for empty ones, so the file's end is also compared with the image's, by check's own rule:
// less than one cluster may be missing.
static int check_tables(const struct image *i, const char *qemu_img, struct reasons *r) {
    struct failure f;
    if (strcmp(i->format, "qcow2") != 0 && strcmp(i->format, "qed") != 0)
        return 0;
    json_t *report = ask(i->path, "check", NULL, i->format, GOOD_CHECK, qemu_img, &f);
    if (report == NULL)
        return reason_add_failure(r, &f);
    json_int_t mistakes = json_integer_value(json_object_get(report, "corruptions")) +
                          json_integer_value(json_object_get(report, "check-errors"));
    json_int_t end = json_integer_value(json_object_get(report, "image-end-offset"));
    json_decref(report);
    if (end - (json_int_t)i->file_size >= i->cluster_size && i->cluster_size > 0)
        return reason_add(r, REASON_CUT_SHORT,
                          "%s is cut short: its %s tables reach to byte %lld, but the file has "
                          "%lld",
                          i->path, i->format, (long long)end, (long long)i->file_size);
    if (mistakes == 0)
        return 0;
    return reason_add(r, REASON_TABLES_DAMAGED,
                      "%s is damaged: qemu-img check finds %lld mistakes in its %s tables", i->path,
                      (long long)mistakes, i->format);
}

// What is no obstacle, but should be known.
static void warn_of(const struct image *i, struct reasons *r) {
    if (i->backing != NULL)
        (void)reason_add(r, REASON_HAS_BACKING,
                         "the disk is an overlay on %s: only the overlay is grown", i->backing);
    if (i->data_file != NULL)
        (void)reason_add(r, REASON_HAS_DATA_FILE,
                         "the disk's content is in a file of its own, %s, which is grown with it",
                         i->data_file);
    if (i->snapshots > 0 && i->fixed_id != REASON_OLD_SNAPSHOTS)
        (void)reason_add(r, REASON_HAS_SNAPSHOTS,
                         "the disk has %d internal snapshot%s: going back to one undoes the growth",
                         i->snapshots, i->snapshots == 1 ? "" : "s");
    if (i->bitmaps > 0 && !reasons_have(r, REASON_BITMAP_IN_USE))
        (void)reason_add(r, REASON_HAS_BITMAPS,
                         "the disk has %d dirty bitmap%s: what records changes records the growth",
                         i->bitmaps, i->bitmaps == 1 ? "" : "s");
}

int image_inspect(struct image *i, const char *disk, const char *format, const char *qemu_img,
                  struct reasons *r) {
    struct failure f;
    *i = (struct image){.probed = format == NULL};
    i->path = realpath(disk, NULL);
    if (i->path == NULL)
        return reason_add(r, REASON_DISK_UNREADABLE, "%s cannot be opened: %s", disk,
                          strerror(errno));
    if (check_file(i, disk, r) != 0)
        return -1;
    json_t *info = ask(i->path, "info", NULL, format, GOOD_INFO, qemu_img, &f);
    if (info == NULL)
        return reason_add_failure(r, &f);
    int rc = take(i, info, r);
    json_decref(info);
    if (rc == 0 && i->backing != NULL)
        rc = check_backing(i, qemu_img, r);
    if (rc == 0)
        rc = check_tables(i, qemu_img, r);
    if (i->format != NULL)
        warn_of(i, r);
    return rc;
}

void image_free(struct image *i) {
    free(i->path);
    free(i->format);
    free(i->backing);
    free(i->data_file);
    *i = (struct image){0};
}
