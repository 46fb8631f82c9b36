// Only a folder that is locked is ever removed, so nobody's new one goes.
#include "iso/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TREE_DEPTH = 8, // descriptors that nftw may use
    TRIES = 100,
};

static const char unique[] = "XXXXXX"; // of mkdtemp

static const char *parent(void) {
    const char *tmp = getenv("TMPDIR");
    return tmp == NULL || tmp[0] != '/' ? "/tmp" : tmp;
}

// Opens and locks the folder if it is this user's and nobody holds it. -1: not so.
static int hold(const char *path) {
    struct stat mine;
    struct stat there;
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(fd, &mine) == 0 && mine.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        lstat(path, &there) == 0 && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev)
        return fd;
    (void)close(fd);
    errno = EWOULDBLOCK;
    return -1;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
    (void)st, (void)kind, (void)ftw;
    (void)remove(path);
    return 0;
}

void scratch_remove(char *path, int fd) {
    if (fd >= 0) {
        (void)nftw(path, remove_one, TREE_DEPTH, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
        (void)close(fd);
    }
    free(path);
}

static bool is_of_kind(const char *name, const char *kind) {
    static const char lead[] = "qemu-grow-";
    const size_t n = strlen(kind);
    if (strncmp(name, lead, sizeof lead - 1) != 0)
        return false;
    name += sizeof lead - 1;
    return strncmp(name, kind, n) == 0 && name[n] == '-' &&
           strlen(name + n + 1) == sizeof unique - 1;
}

// What runs that were killed have left.
static void sweep(const char *kind) {
    DIR *dir = opendir(parent());
    const struct dirent *entry = NULL;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char *path = NULL;
        if (!is_of_kind(entry->d_name, kind) ||
            asprintf(&path, "%s/%s", parent(), entry->d_name) < 0)
            continue;
        scratch_remove(path, hold(path));
    }
    if (dir != NULL)
        (void)closedir(dir);
}

int scratch_make(char **path, const char *kind) {
    sweep(kind);
    for (unsigned i = 0; i < TRIES; i++) {
        if (asprintf(path, "%s/qemu-grow-%s-%s", parent(), kind, unique) < 0) {
            *path = NULL;
            errno = ENOMEM;
            return -1;
        }
        if (mkdtemp(*path) == NULL)
            return -1;
        // Between the two, another run may take it for one that was left.
        const int fd = hold(*path);
        if (fd >= 0)
            return fd;
        free(*path);
        *path = NULL;
    }
    errno = EWOULDBLOCK;
    return -1;
}
