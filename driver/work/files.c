// Names beside the disk; write, sync, rename, sync the folder.
#include "work/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char new_suffix[] = ".new"; // of a file that is being written

int files_of(struct work_files *w, const char *disk, struct failure *f) {
    *w = (struct work_files){.disk = strdup(disk)};
    if (w->disk == NULL)
        return failure_no_memory(f);
    const char *slash = strrchr(w->disk, '/');
    w->name = slash + 1;
    w->folder = slash == w->disk ? strdup("/") : strndup(w->disk, (size_t)(slash - w->disk));
    if (asprintf(&w->journal, "%s.qemu-grow-journal", disk) < 0)
        w->journal = NULL;
    if (asprintf(&w->overlay, "%s.qemu-grow-overlay", disk) < 0)
        w->overlay = NULL;
    if (asprintf(&w->copy_folder, "%s.qemu-grow-copy", disk) < 0)
        w->copy_folder = NULL;
    if (asprintf(&w->copy, "%s.qemu-grow-copy/%s", disk, w->name) < 0)
        w->copy = NULL;
    if (w->folder == NULL || w->journal == NULL || w->overlay == NULL || w->copy_folder == NULL ||
        w->copy == NULL)
        return failure_no_memory(f);
    return 0;
}

void files_free(struct work_files *w) {
    free(w->disk);
    free(w->folder);
    free(w->journal);
    free(w->overlay);
    free(w->copy_folder);
    free(w->copy);
    *w = (struct work_files){0};
}

bool file_is_there(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}

// errno of a write or sync, in words.
static int write_failed(struct failure *f, const char *path, enum exit_id other) {
    const bool full = errno == ENOSPC || errno == EDQUOT;
    return failure_set(f, full ? EXIT_ID_HOST_FULL : other,
                       full ? "free some room on the host's file system and run again"
                            : "see to it that files can be made beside the disk, or use --in-place",
                       "%s cannot be written: %s", path, strerror(errno));
}

int file_sync(const char *path, struct failure *f) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    const int result = fd < 0 || fsync(fd) != 0 ? write_failed(f, path, EXIT_ID_IO_ERROR) : 0;
    if (fd >= 0)
        (void)close(fd);
    return result;
}

// Writes all of it into a file that is not there yet, and syncs it. 0, or -1 with errno.
static int write_new(const char *path, const char *bytes, size_t size) {
    if (unlink(path) != 0 && errno != ENOENT)
        return -1;
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return -1;
    while (size > 0) {
        const ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        bytes += n;
        size -= (size_t)n;
    }
    int result = size == 0 && fsync(fd) == 0 ? 0 : -1;
    const int saved = errno;
    if (close(fd) != 0 && result == 0)
        return -1;
    errno = saved;
    return result;
}

int file_replace(const char *folder, const char *path, const char *bytes, size_t size,
                 struct failure *f) {
    char *fresh = NULL;
    if (asprintf(&fresh, "%s%s", path, new_suffix) < 0)
        return failure_no_memory(f);
    int result = 0;
    if (write_new(fresh, bytes, size) != 0) {
        result = write_failed(f, path, EXIT_ID_OUTPUT_UNWRITABLE);
        (void)unlink(fresh);
    } else {
        result = file_rename(folder, fresh, path, f);
    }
    free(fresh);
    return result;
}

int file_rename(const char *folder, const char *from, const char *to, struct failure *f) {
    if (rename(from, to) != 0)
        return write_failed(f, to, EXIT_ID_IO_ERROR);
    return file_sync(folder, f);
}

int file_remove(const char *folder, const char *path, struct failure *f) {
    char *fresh = NULL;
    if (asprintf(&fresh, "%s%s", path, new_suffix) < 0)
        return failure_no_memory(f);
    int result = 0;
    if ((unlink(fresh) != 0 && errno != ENOENT) || (unlink(path) != 0 && errno != ENOENT))
        result = failure_set(f, EXIT_ID_IO_ERROR, "remove it by hand", "%s cannot be removed: %s",
                             path, strerror(errno));
    free(fresh);
    return result != 0 ? -1 : file_sync(folder, f);
}
