// qemu-img convert into a folder beside the disk: the copy has the disk's own name there, since
// some formats write it into the image.
#include "work/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/argv.h"
#include "plan/subformat.h"
#include "work/overlay.h"
#include "work/qemu_img.h"

enum {
    ATTRIBUTES_MAX = 64 * 1024, // bytes of their names, and of a value: Linux' own limits
};

static const char refused_next[] =
    "convert it first: qemu-img convert -O qcow2 DISK NEW.qcow2, and grow that";

static int failed(struct failure *f, const char *what, const char *path) {
    return failure_set(f, EXIT_ID_IO_ERROR, "see to it that files can be made beside the disk",
                       "%s %s: %s", path, what, strerror(errno));
}

// All extended attributes of one file to the other. 0, or -1 with the name of the one that could
// not be kept in *lost (errno), or NULL there when the list could not be read.
static int keep_attributes(int from, int to, const char *names, size_t size, const char **lost) {
    char *value = malloc(ATTRIBUTES_MAX);
    int result = value == NULL ? -1 : 0;
    *lost = NULL;
    for (size_t at = 0; at < size && result == 0; at += strlen(names + at) + 1) {
        const ssize_t n = fgetxattr(from, names + at, value, ATTRIBUTES_MAX);
        if (n < 0 || fsetxattr(to, names + at, value, (size_t)n, 0) != 0) {
            *lost = names + at;
            result = -1;
        }
    }
    const int saved = errno;
    free(value);
    errno = saved;
    return result;
}

// Owner, mode, attributes: of the open file `from`.
static int dress(int from, int to, const struct work_files *w, struct failure *f) {
    struct stat st;
    const char *lost = NULL;
    char *names = malloc(ATTRIBUTES_MAX);
    if (names == NULL)
        return failure_no_memory(f);
    ssize_t size = flistxattr(from, names, ATTRIBUTES_MAX);
    if (size < 0 && errno == ENOTSUP)
        size = 0;
    int result = size < 0 ? -1 : fstat(from, &st);
    if (result == 0 && fchown(to, st.st_uid, st.st_gid) != 0) {
        lost = "owner and group";
        result = -1;
    }
    if (result == 0)
        result = keep_attributes(from, to, names, (size_t)size, &lost);
    // After the owner, whose change takes the set-user-id bits away, and after an ACL.
    if (result == 0)
        result = fchmod(to, st.st_mode & 07777);
    if (result != 0)
        result = failure_set(f, EXIT_ID_COPY_REFUSED, refused_next,
                             "a grown copy of %s cannot be given its %s: %s", w->disk,
                             lost != NULL ? lost : "mode and attributes", strerror(errno));
    free(names);
    return result;
}

// VirtualBox knows a VDI by its UUIDs.
static int keep_uuids(int from, int to, const char *format, const struct work_files *w,
                      struct failure *f) {
    char uuids[COPY_VDI_UUIDS_SIZE];
    if (strcmp(format, "vdi") != 0)
        return 0;
    if (pread(from, uuids, sizeof uuids, COPY_VDI_UUIDS) != (ssize_t)sizeof uuids ||
        pwrite(to, uuids, sizeof uuids, COPY_VDI_UUIDS) != (ssize_t)sizeof uuids)
        return failed(f, "cannot be given the disk's UUIDs", w->copy);
    return 0;
}

char **copy_convert_argv(const struct work_files *w, const char *format, int disk,
                         const char *qemu_img, struct failure *f) {
    char options[SUBFORMAT_SIZE];
    if (subformat_options(options, format, disk, f) != 0)
        return NULL;
    char **argv = argv_new(qemu_img, "convert", "-q", "-f", overlay_format, "-O", format, "-o",
                           options, "--", w->overlay, w->copy, NULL);
    if (argv == NULL)
        (void)failure_no_memory(f);
    return argv;
}

static int convert(const struct work_files *w, const char *format, int disk, const char *qemu_img,
                   int stop_fd, struct failure *f) {
    char **argv = copy_convert_argv(w, format, disk, qemu_img, f);
    const int result = argv == NULL ? -1
                                    : qemu_img_run(argv, stop_fd, EXIT_ID_COMMIT_FAILED,
                                                   "see to what it says and run again", f);
    argv_free(argv);
    return result;
}

char **copy_compare_argv(const struct work_files *w, const char *format, const char *qemu_img,
                         struct failure *f) {
    char **argv = argv_new(qemu_img, "compare", "-q", "-f", overlay_format, "-F", format, "--",
                           w->overlay, w->copy, NULL);
    if (argv == NULL)
        (void)failure_no_memory(f);
    return argv;
}

static int compare(const struct work_files *w, const char *format, const char *qemu_img,
                   int stop_fd, struct failure *f) {
    char **argv = copy_compare_argv(w, format, qemu_img, f);
    const int result =
        argv == NULL ? -1
                     : qemu_img_run(argv, stop_fd, EXIT_ID_PROOF_FAILED,
                                    "run again; look after the host's disk when it comes back", f);
    argv_free(argv);
    return result;
}

int copy_make(const struct work_files *w, const char *format, const char *qemu_img, int stop_fd,
              struct failure *f) {
    if (copy_remove(w, f) != 0)
        return -1;
    if (mkdir(w->copy_folder, S_IRWXU) != 0)
        return failed(f, "cannot be made", w->copy_folder);
    const int disk = open(w->disk, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (disk < 0)
        return failed(f, "cannot be read", w->disk);
    int result = convert(w, format, disk, qemu_img, stop_fd, f);
    const int copy = result == 0 ? open(w->copy, O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;
    if (result == 0 && copy < 0)
        result = failed(f, "cannot be opened", w->copy);
    if (result == 0)
        result = keep_uuids(disk, copy, format, w, f);
    if (result == 0)
        result = compare(w, format, qemu_img, stop_fd, f);
    if (result == 0)
        result = dress(disk, copy, w, f);
    if (result == 0)
        result = file_sync(w->copy, f);
    if (copy >= 0)
        (void)close(copy);
    (void)close(disk);
    return result;
}

int copy_rename(const struct work_files *w, struct failure *f) {
    return file_rename(w->folder, w->copy, w->disk, f);
}

int copy_remove(const struct work_files *w, struct failure *f) {
    if ((unlink(w->copy) != 0 && errno != ENOENT && errno != ENOTDIR) ||
        (rmdir(w->copy_folder) != 0 && errno != ENOENT))
        return failure_set(f, EXIT_ID_IO_ERROR, "remove it by hand", "%s cannot be removed: %s",
                           w->copy_folder, strerror(errno));
    return 0;
}
