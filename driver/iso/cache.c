// Names, locks by flock, and stamps that save reading a file again.
#include "iso/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "iso/digest.h"
#include "iso/fetch.h"
#include "iso/scratch.h"

enum {
    LOCK_TURN_MS = 200, // how often a lock that somebody else has is asked for
    SETTLED_S =
        2, // a file touched less long ago may be touched again within its stamp's resolution
};

static int cannot(const char *path, const char *what, int error, struct failure *f) {
    const bool full = error == ENOSPC || error == EDQUOT;
    return failure_set(f, full ? EXIT_ID_CACHE_FULL : EXIT_ID_CACHE_UNWRITABLE,
                       full ? "make room, or name another folder by $XDG_CACHE_HOME"
                            : "name another folder by $XDG_CACHE_HOME, or add --no-cache",
                       "%s cannot be %s: %s", path, what, strerror(error));
}

int cache_open(struct cache *c, bool temporary, struct failure *f) {
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int n = -1;
    *c = (struct cache){.temporary = temporary,
                        .suffix = ".iso",
                        .work = "fetching this ISO",
                        .scratch = -1,
                        .held = -1};
    if (temporary) {
        c->scratch = scratch_make(&c->folder, "iso");
        n = c->folder == NULL ? -1 : 0;
        if (n == 0 && c->scratch < 0) {
            cannot(c->folder, "made", errno, f);
            free(c->folder);
            c->folder = NULL;
            return -1;
        }
    } else if (cache != NULL && cache[0] == '/')
        n = asprintf(&c->folder, "%s/qemu-grow", cache);
    else if (home != NULL && home[0] == '/')
        n = asprintf(&c->folder, "%s/.cache/qemu-grow", home);
    else
        return failure_set(f, EXIT_ID_CACHE_UNWRITABLE, "set $HOME or $XDG_CACHE_HOME",
                           "there is no folder for the cache");
    if (n < 0) {
        c->folder = NULL;
        return failure_no_memory(f);
    }
    return 0;
}

void cache_close(struct cache *c) {
    if (c->held >= 0 && c->folder != NULL)
        (void)close(c->held);
    scratch_remove(c->folder, c->folder != NULL && c->temporary ? c->scratch : -1);
    *c = (struct cache){.scratch = -1, .held = -1};
}

static const struct {
    const char *folder, *suffix, *work, *thing, *without;
    size_t most;
} kinds[CACHE_KINDS] = {
    [CACHE_WARM] = {"warm", ".state", "preparing this guest", "the prepared guest", "--no-warm", 4},
    [CACHE_BOOT] = {"boot", ".file", "unpacking this ISO's kernel", "the unpacked file",
                    "--no-cache", 8}, // two for each of four ISOs
    [CACHE_ACCEL] = {.folder = "accel", .suffix = ".yaml", .work = "trying the accelerators"},
    [CACHE_OWN] = {.folder = "own", .suffix = ".yaml", .work = "reading this ISO"},
};

int cache_part(struct cache *part, const struct cache *c, enum cache_kind kind, struct failure *f) {
    *part = (struct cache){.suffix = kinds[kind].suffix,
                           .work = kinds[kind].work,
                           .thing = kinds[kind].thing,
                           .without = kinds[kind].without,
                           .most = kinds[kind].most,
                           .scratch = -1,
                           .held = -1};
    if (asprintf(&part->folder, "%s/%s", c->folder, kinds[kind].folder) < 0)
        part->folder = NULL;
    if (part->folder != NULL)
        return 0;
    (void)failure_no_memory(f);
    return -1;
}

int cache_make(const struct cache *c, struct failure *f) {
    char *path = strdup(c->folder);
    int error = path == NULL ? ENOMEM : 0;
    for (char *slash = path == NULL ? NULL : path + 1; error == 0 && slash != NULL;) {
        slash = strchr(slash, '/');
        if (slash != NULL)
            *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST && access(path, X_OK) != 0)
            error = errno;
        if (slash != NULL)
            *slash++ = '/';
    }
    free(path);
    return error == 0 ? 0 : cannot(c->folder, "made", error, f);
}

char *cache_path(const struct cache *c, const char *key, const char *suffix) {
    char *path = NULL;
    const char *folder = c->folder == NULL ? "/dev/null" : c->folder; // no cache: no file in it
    return asprintf(&path, "%s/%s%s", folder, key, suffix) < 0 ? NULL : path;
}

// ------------------------------------------------------------------ locks

// Takes the lock of that path if nobody has it. The descriptor; -1 with errno (EWOULDBLOCK: taken).
static int try_lock(const char *path) {
    for (;;) {
        struct stat mine;
        struct stat there;
        const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            return -1;
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            const int error = errno;
            (void)close(fd);
            errno = error;
            return -1;
        }
        // Somebody may have removed the file between open and flock.
        if (fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
            mine.st_dev == there.st_dev)
            return fd;
        (void)close(fd);
    }
}

int cache_lock(const struct cache *c, const char *key, const struct iso_watch *w,
               struct failure *f) {
    char *path = cache_path(c, key, ".lock");
    bool said = false;
    int fd = -1;
    if (path == NULL)
        return failure_no_memory(f);
    while ((fd = try_lock(path)) < 0) {
        if (errno != EWOULDBLOCK) {
            cannot(path, "locked", errno, f);
            break;
        }
        if (!said)
            watch_note(w, "another qemu-grow is %s; waiting for it", c->work);
        said = true;
        if (watch_wait(w, LOCK_TURN_MS) != 0) {
            failure_set(f, watch_stop_id(), "run again",
                        "the wait for another qemu-grow, which is %s, was stopped", c->work);
            break;
        }
    }
    free(path);
    return fd;
}

// ------------------------------------------------------------------ files

void cache_stamp(char stamp[CACHE_STAMP], const struct stat *st) {
    (void)snprintf(stamp, CACHE_STAMP, "%ju/%ju %jd %jd.%09ld %jd.%09ld", (uintmax_t)st->st_dev,
                   (uintmax_t)st->st_ino, (intmax_t)st->st_size, (intmax_t)st->st_mtim.tv_sec,
                   st->st_mtim.tv_nsec, (intmax_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

bool cache_settled(const struct stat *st, time_t now) {
    return st->st_ctim.tv_sec + SETTLED_S <= now;
}

// Reads all of it and compares. 1 right, 0 wrong, -1 with errno.
static int check_bytes(int fd, const char *sha256, int stop_fd) {
    char hex[DIGEST_HEX + 1];
    if (digest_file(fd, stop_fd, hex) != 0)
        return -1;
    return strcmp(hex, sha256) == 0 ? 1 : 0;
}

// 1 right, 0 wrong, -1 with errno. The record, if there is one, gets a new stamp.
static int check_file(int fd, const char *sha256, const char *record_path, int stop_fd) {
    struct stat st;
    char stamp[CACHE_STAMP];
    const time_t now = time(NULL);
    if (fstat(fd, &st) != 0)
        return -1;
    cache_stamp(stamp, &st);
    struct record *r = record_load(record_path);
    const bool same = r != NULL && r->seen != NULL && strcmp(r->seen, stamp) == 0;
    const int right = same ? 1 : check_bytes(fd, sha256, stop_fd);
    if (right == 1 && !same && r != NULL && cache_settled(&st, now)) {
        free(r->seen);
        r->seen = strdup(stamp);
        (void)record_save(r, record_path); // without it the file is read again the next time
    }
    record_free(r);
    return right;
}

// Opens an ISO and says to cache_clear that it is in use. A descriptor, or -1 with errno.
static int hold(const char *path) {
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -1;
    while (flock(fd, LOCK_SH) != 0 && errno == EINTR) // cache_clear has it for a moment only;
        continue; // and without locks in the file system nobody is worse off than before
    if (fstat(fd, &st) == 0 && st.st_nlink > 0)
        return fd;
    (void)close(fd);
    errno = ENOENT; // it was removed meanwhile
    return -1;
}

static enum cache_found find(struct cache *c, const char *path, const char *record_path,
                             const char *sha256, const struct iso_watch *w, struct failure *f) {
    const int fd = hold(path);
    if (fd < 0 && errno == ENOENT)
        return CACHE_ABSENT;
    const int right = fd < 0 ? -1 : check_file(fd, sha256, record_path, w->stop_fd);
    const int error = errno;
    if (right == 1) {
        c->held = fd;
        return CACHE_FOUND;
    }
    if (fd >= 0)
        (void)close(fd);
    if (right < 0 && error == EINTR)
        failure_set(f, watch_stop_id(), "run again", "reading %s was stopped", path);
    else if (right < 0)
        cannot(path, "read", error, f);
    if (right < 0)
        return CACHE_FAILED;
    if (unlink(path) != 0) {
        failure_set(f, EXIT_ID_ISO_MISMATCH, "remove it, or add --no-cache",
                    "%s in the cache was changed, and cannot be removed: %s", path,
                    strerror(errno));
        return CACHE_FAILED;
    }
    (void)unlink(record_path);
    watch_note(w, "%s in the cache was changed: its SHA-256 is not its name any more; removed",
               path);
    return CACHE_ABSENT;
}

enum cache_found cache_find(struct cache *c, const char *sha256, const struct iso_watch *w,
                            struct failure *f) {
    char *path = cache_path(c, sha256, ".iso");
    char *record_path = cache_path(c, sha256, ".yaml");
    enum cache_found found = CACHE_FAILED;
    if (path == NULL || record_path == NULL)
        failure_no_memory(f);
    else
        found = find(c, path, record_path, sha256, w, f);
    free(path);
    free(record_path);
    return found;
}

int cache_keep(struct cache *c, const char *part, const struct record *r, struct failure *f) {
    char *path = cache_path(c, r->sha256, ".iso");
    char *record_path = cache_path(c, r->sha256, ".yaml");
    int result = 0;
    if (path == NULL || record_path == NULL)
        result = failure_no_memory(f);
    else if (record_save(r, record_path) != 0)
        result = cannot(record_path, "written", errno, f);
    else if ((c->held = hold(part)) < 0 || chmod(part, 0444) != 0 || rename(part, path) != 0)
        result = cannot(path, "written", errno, f);
    if (result == 0) {
        const int folder = open(c->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder >= 0) {
            (void)fsync(folder); // a name that is lost is fetched again, no more
            (void)close(folder);
        }
        fetch_forget(part);
    }
    free(path);
    free(record_path);
    return result;
}

// ------------------------------------------------------------------ all of it

static bool ends_with(const char *text, const char *end) {
    const size_t n = strlen(text);
    const size_t m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

struct record **cache_records(const struct cache *c, size_t *count) {
    struct record **records = NULL;
    DIR *dir = opendir(c->folder);
    const struct dirent *entry = NULL;
    *count = 0;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char *path = ends_with(entry->d_name, ".yaml") ? cache_path(c, entry->d_name, "") : NULL;
        struct record *r = path == NULL ? NULL : record_load(path);
        struct record **more =
            r == NULL ? NULL : realloc(records, (*count + 1) * sizeof(struct record *));
        free(path);
        if (more == NULL) {
            record_free(r);
            continue;
        }
        records = more;
        records[(*count)++] = r;
    }
    if (dir != NULL)
        (void)closedir(dir);
    return records;
}

// Takes the key's ISO from those who may want it. A descriptor that keeps it until it is closed; -1
// with errno, EWOULDBLOCK if it is in use.
static int claim(const struct cache *c, const char *key) {
    char *path = cache_path(c, key, c->suffix);
    const int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    const bool used = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    free(path);
    if (!used)
        return fd;
    (void)close(fd);
    errno = EWOULDBLOCK;
    return -1;
}

// Removes one file of a key whose lock is held. 0, or -1 with errno.
static int clear_file(const struct cache *c, const char *name, const char *key, uint64_t *bytes,
                      size_t *busy) {
    struct stat st;
    char *path = cache_path(c, name, "");
    errno = 0;
    const int iso = claim(c, key);
    const bool used = iso < 0 && errno == EWOULDBLOCK;
    const bool there = !used && path != NULL && lstat(path, &st) == 0;
    const int result = path == NULL || (there && unlink(path) != 0) ? -1 : 0;
    const int error = errno;
    *bytes += there && result == 0 ? (uint64_t)st.st_size : 0;
    *busy += used && ends_with(name, c->suffix) ? 1 : 0;
    if (iso >= 0)
        (void)close(iso);
    free(path);
    errno = error;
    return result;
}

// Removes one file, under its key's lock.
static int clear_one(const struct cache *c, const char *name, uint64_t *bytes, size_t *busy) {
    char key[NAME_MAX + 1];
    (void)snprintf(key, sizeof key, "%.*s", (int)strcspn(name, "."), name);
    char *lock_path = cache_path(c, key, ".lock");
    const int lock = lock_path == NULL ? -1 : try_lock(lock_path);
    int result = -1;
    if (lock >= 0) {
        result = clear_file(c, name, key, bytes, busy);
        const int error = errno;
        (void)unlink(lock_path);
        (void)close(lock);
        errno = error;
    } else if (lock_path != NULL && errno == EWOULDBLOCK) {
        *busy += ends_with(name, ".lock") ? 1 : 0;
        result = 0;
    }
    free(lock_path);
    return result;
}

// Things of another kind (cache_part).
static bool is_folder(DIR *dir, const char *name) {
    struct stat st;
    return fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

int cache_clear_key(const struct cache *c, const char *key, uint64_t *bytes, size_t *busy) {
    const char *const suffixes[] = {c->suffix, ".yaml", ".part"};
    int result = 0;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes && result == 0; i++) {
        char name[NAME_MAX + 1];
        (void)snprintf(name, sizeof name, "%s%s", key, suffixes[i]);
        result = clear_one(c, name, bytes, busy);
    }
    return result;
}

static int clear_all(const struct cache *c, uint64_t *bytes, size_t *busy, struct failure *f) {
    DIR *dir = opendir(c->folder);
    const struct dirent *entry = NULL;
    int result = 0;
    if (dir == NULL)
        return errno == ENOENT ? 0 : cannot(c->folder, "read", errno, f);
    while (result == 0 && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.' && !is_folder(dir, entry->d_name) &&
            clear_one(c, entry->d_name, bytes, busy) != 0)
            result = cannot(c->folder, "cleared", errno, f);
    (void)closedir(dir);
    return result;
}

int cache_clear(const struct cache *c, uint64_t *bytes, size_t *busy, struct failure *f) {
    *bytes = 0;
    *busy = 0;
    int result = clear_all(c, bytes, busy, f);
    for (int kind = 0; kind < CACHE_KINDS && result == 0; kind++) {
        struct cache part;
        if (cache_part(&part, c, (enum cache_kind)kind, f) != 0)
            return -1;
        result = clear_all(&part, bytes, busy, f);
        (void)rmdir(part.folder); // unless something in it is in use
        cache_close(&part);
    }
    return result;
}
