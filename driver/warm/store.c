// Written aside, brought to the disk, renamed; the note last.
#include "warm/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "warm/content.h"
#include "warm/note.h"

static const char note_suffix[] = ".yaml";
static const char part_suffix[] = ".part";

static int cannot(const struct cache *c, const char *what, int error, struct failure *f) {
    char other[128];
    const bool full = error == ENOSPC || error == EDQUOT;
    (void)snprintf(other, sizeof other, "name another folder by $XDG_CACHE_HOME, or add %s",
                   c->without);
    return failure_set(f, full ? EXIT_ID_CACHE_FULL : EXIT_ID_CACHE_UNWRITABLE,
                       full ? "make room, or name another folder by $XDG_CACHE_HOME" : other,
                       "%s cannot be %s: %s", c->thing, what, strerror(error));
}

static int stopped(const struct cache *c, struct failure *f) {
    return failure_set(f, watch_stop_id(), "run again", "reading %s was stopped", c->thing);
}

static void remove_file(const struct cache *c, const char *key, const char *suffix) {
    char *path = cache_path(c, key, suffix);
    if (path != NULL)
        (void)unlink(path);
    free(path);
}

// Whether the file is that of the note. 1, 0 with why in *f, or -1 when it is time to stop.
static int is_right(const struct cache *c, int fd, const struct note *n, int stop_fd,
                    struct failure *f) {
    struct stat st;
    char hex[DIGEST_HEX_XXH + 1] = "";
    if (n == NULL || n->xxh128 == NULL) {
        failure_set(f, EXIT_ID_CACHE_UNWRITABLE, "-", "it has no note that fits");
        return 0;
    }
    if (fstat(fd, &st) != 0 || (uint64_t)st.st_size != n->size) {
        failure_set(f, EXIT_ID_CACHE_UNWRITABLE, "-", "it has another size than when it was made");
        return 0;
    }
    if (content_digest(fd, stop_fd, hex) != 0) {
        if (errno == EINTR)
            return stopped(c, f);
        failure_set(f, EXIT_ID_CACHE_UNWRITABLE, "-", "it cannot be read: %s", strerror(errno));
        return 0;
    }
    if (strcmp(hex, n->xxh128) == 0)
        return 1;
    failure_set(f, EXIT_ID_CACHE_UNWRITABLE, "-", "it has another digest than when it was made");
    return 0;
}

// Says that the file is in use, unless it was removed meanwhile.
static bool hold(int fd) {
    struct stat st;
    while (flock(fd, LOCK_SH) != 0 && errno == EINTR)
        continue;
    return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

int store_find(const struct cache *c, const char *key, int stop_fd, struct failure *f) {
    char *path = cache_path(c, key, c->suffix);
    char *note_path = cache_path(c, key, note_suffix);
    *f = (struct failure){.id = EXIT_ID_OK};
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) {
        struct note *n = note_path == NULL ? NULL : note_load(note_path, key);
        const bool right = hold(fd) && is_right(c, fd, n, stop_fd, f) == 1;
        note_free(n);
        if (right)
            (void)futimens(fd, NULL); // used just now
        if (!right || lseek(fd, 0, SEEK_SET) != 0) {
            (void)close(fd);
            fd = -1;
        }
    }
    free(path);
    free(note_path);
    return fd;
}

int store_begin(const struct cache *c, const char *key, struct failure *f) {
    char *path = cache_path(c, key, part_suffix);
    if (path == NULL)
        return failure_no_memory(f);
    (void)unlink(path); // of a run that was killed: its child may still write to it
    const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        (void)cannot(c, "written", errno, f);
    free(path);
    return fd;
}

void store_give_up(const struct cache *c, const char *key) {
    remove_file(c, key, part_suffix);
}

void store_drop(const struct cache *c, const char *key) {
    remove_file(c, key, note_suffix);
    remove_file(c, key, c->suffix);
}

// ------------------------------------------------------------------ not too many

struct kept {
    char key[DIGEST_HEX + 1];
    struct timespec used;
    uint64_t size;
};

static int by_use(const void *a, const void *b) {
    const struct kept *x = a;
    const struct kept *y = b;
    if (x->used.tv_sec != y->used.tv_sec)
        return x->used.tv_sec < y->used.tv_sec ? 1 : -1;
    return x->used.tv_nsec < y->used.tv_nsec ? 1 : x->used.tv_nsec > y->used.tv_nsec ? -1 : 0;
}

// All of them, the last used first. *count; allocated, NULL for none.
static struct kept *list(const struct cache *c, size_t *count) {
    struct kept *all = NULL;
    const struct dirent *entry = NULL;
    DIR *dir = opendir(c->folder);
    *count = 0;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        struct stat st;
        const size_t n = strcspn(entry->d_name, ".");
        if (n != DIGEST_HEX || strcmp(entry->d_name + n, c->suffix) != 0 ||
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        struct kept *more = reallocarray(all, *count + 1, sizeof *all);
        if (more == NULL)
            break;
        all = more;
        struct kept *new = &all[(*count)++];
        *new = (struct kept){.used = st.st_mtim, .size = (uint64_t)st.st_size};
        memcpy(new->key, entry->d_name, n);
    }
    if (dir != NULL)
        (void)closedir(dir);
    if (all != NULL)
        qsort(all, *count, sizeof *all, by_use);
    return all;
}

// Removes what is too much; that of the key stays.
static void bound(const struct cache *c, const char *key) {
    size_t count = 0;
    uint64_t bytes = 0;
    struct kept *all = list(c, &count);
    for (size_t i = 0; i < count; i++) {
        uint64_t freed = 0;
        size_t busy = 0;
        bytes += all[i].size;
        if (strcmp(all[i].key, key) == 0 || (i < c->most && bytes <= STORE_BYTES_MAX))
            continue;
        (void)cache_clear_key(c, all[i].key, &freed, &busy); // what is in use is left
        bytes -= freed < bytes ? freed : bytes;
    }
    free(all);
}

int store_keep(const struct cache *c, const char *key, int fd, int stop_fd, struct failure *f) {
    struct stat st = {0};
    char hex[DIGEST_HEX_XXH + 1] = "";
    char *part = cache_path(c, key, part_suffix);
    char *path = cache_path(c, key, c->suffix);
    char *note_path = cache_path(c, key, note_suffix);
    struct note n = {.format = NOTE_FORMAT, .key = (char *)key, .xxh128 = hex};
    int result = 0;
    if (part == NULL || path == NULL || note_path == NULL)
        result = failure_no_memory(f);
    else if (fsync(fd) != 0 || fstat(fd, &st) != 0)
        result = cannot(c, "written", errno, f);
    else if (content_thin(fd, stop_fd, hex) != 0)
        result = errno == EINTR ? stopped(c, f) : cannot(c, "read", errno, f);
    if (result == 0) {
        n.size = (uint64_t)st.st_size;
        remove_file(c, key, note_suffix); // of the one that goes now
        if (rename(part, path) != 0 || note_save(&n, note_path) != 0)
            result = cannot(c, "kept", errno, f);
    }
    if (result == 0 && hold(fd) && lseek(fd, 0, SEEK_SET) == 0)
        bound(c, key);
    free(part);
    free(path);
    free(note_path);
    return result;
}
