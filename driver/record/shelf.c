// Folders are named by the second and the process, so that their names sort by age. Whoever writes
// to one holds a lock (flock) on it.
#include "record/shelf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAME_SIZE = 48, STAMP_DIGITS = 14 };

static int cannot(const char *path, int why, struct failure *f) {
    const bool full = why == ENOSPC || why == EDQUOT;
    return failure_set(f, full ? EXIT_ID_HOST_FULL : EXIT_ID_OUTPUT_UNWRITABLE,
                       "name another folder by --transcript, or add --no-transcript",
                       "%s cannot be made: %s", path, strerror(why));
}

static char *shelf_folder(struct failure *f) {
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    char *path = NULL;
    int n = -1;
    if (state != NULL && state[0] == '/')
        n = asprintf(&path, "%s/qemu-grow", state);
    else if (home != NULL && home[0] == '/')
        n = asprintf(&path, "%s/.local/state/qemu-grow", home);
    else
        (void)failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE, "set $HOME or $XDG_STATE_HOME",
                          "there is no folder for recordings");
    return n < 0 ? NULL : path;
}

// Makes a folder and those that it is in.
static int make_all(const char *path, struct failure *f) {
    char *copy = strdup(path);
    int rc = copy == NULL ? failure_no_memory(f) : 0;
    for (char *slash = copy; rc == 0 && slash != NULL;) {
        slash = strchr(slash + 1, '/');
        if (slash != NULL)
            *slash = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST && access(copy, X_OK) != 0)
            rc = cannot(copy, errno, f);
        if (slash != NULL)
            *slash = '/';
    }
    free(copy);
    return rc;
}

static int is_ours(const struct dirent *e) {
    return strspn(e->d_name, "0123456789") == STAMP_DIGITS && e->d_name[STAMP_DIGITS] == '-';
}

// Removes a folder of files.
static void remove_folder(int shelf, const char *name) {
    const int fd = openat(shelf, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    DIR *dir = flock(fd, LOCK_EX | LOCK_NB) == 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) { // somebody writes to it
        (void)close(fd);
        return;
    }
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        (void)unlinkat(fd, e->d_name, 0);
    (void)closedir(dir);
    (void)unlinkat(shelf, name, AT_REMOVEDIR);
}

static void remove_old(const char *path) {
    struct dirent **all = NULL;
    const int shelf = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int count = shelf < 0 ? -1 : scandirat(shelf, ".", &all, is_ours, alphasort);
    for (int i = 0; i < count; i++) {
        if (i < count - SHELF_KEPT)
            remove_folder(shelf, all[i]->d_name);
        free(all[i]);
    }
    free(all);
    if (shelf >= 0)
        (void)close(shelf);
}

char *shelf_new(struct failure *f) {
    char *shelf = shelf_folder(f);
    char name[NAME_SIZE] = "";
    char *path = NULL;
    const time_t t = time(NULL);
    struct tm utc;
    if (shelf != NULL && make_all(shelf, f) == 0 && gmtime_r(&t, &utc) != NULL &&
        strftime(name, sizeof name, "%Y%m%d%H%M%S", &utc) > 0 &&
        asprintf(&path, "%s/%s-%ld", shelf, name, (long)getpid()) < 0)
        path = NULL;
    if (path != NULL && mkdir(path, 0700) != 0) {
        (void)cannot(path, errno, f);
        free(path);
        path = NULL;
    }
    if (path != NULL)
        remove_old(shelf);
    free(shelf);
    return path;
}

char *shelf_last(struct failure *f) {
    struct dirent **all = NULL;
    char *path = NULL;
    char *shelf = shelf_folder(f);
    if (shelf == NULL)
        return NULL;
    const int count = scandir(shelf, &all, is_ours, alphasort);
    if (count <= 0)
        (void)failure_set(f, EXIT_ID_RECORDING_BAD, "name a folder that --transcript has made",
                          "there is no recording in %s", shelf);
    else if (asprintf(&path, "%s/%s", shelf, all[count - 1]->d_name) < 0)
        path = NULL;
    for (int i = 0; i < count; i++)
        free(all[i]);
    free(all);
    free(shelf);
    return path;
}

void shelf_hold(int folder) {
    (void)flock(folder, LOCK_EX | LOCK_NB);
}
