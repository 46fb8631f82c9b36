// Name, look, lock, look again, unpack, keep.
#include "boot_kept.h"

#include <unistd.h>

#include "base/signals.h"
#include "iso/boot_file.h"
#include "iso/unpack.h"
#include "warm/key.h"
#include "warm/store.h"

struct kept {
    const char *iso;
    const char *name; // on it
    bool (*unpack)(int packed, int out);
    struct report *report;
    struct cache cache;
    char key[DIGEST_HEX + 1];
    struct iso_watch watch;
};

static void note_line(void *report, const char *line) {
    report_note(report, "%s", line);
}

// All that the file depends on.
static int name_it(struct kept *k, const struct iso *iso, struct failure *f) {
    struct key *key = key_new();
    if (key == NULL)
        return failure_no_memory(f);
    key_text(key, "program", QEMU_GROW_VERSION);
    key_text(key, "iso", iso->sha256);
    key_text(key, "name", k->name);
    const int result = key_end(key, k->key, f);
    key_free(key);
    return result;
}

// The file, if there is one that is right. -1 with EXIT_ID_OK: there is none.
static int look(struct kept *k, bool tell, struct failure *f) {
    const int fd = store_find(&k->cache, k->key, signals_fd(), f);
    if (fd >= 0)
        report_detail(k->report, "%s: unpacked before", k->name);
    if (fd < 0 && f->id != EXIT_ID_OK && !watch_was_stopped(f)) {
        if (tell)
            report_note(k->report, "%s, unpacked, in the cache is thrown away: %s", k->name,
                        f->what);
        f->id = EXIT_ID_OK;
    }
    return fd;
}

// Under the lock. packed: a descriptor of the packed file. -1 with EXIT_ID_OK: it stays packed.
static int make(struct kept *k, int packed, struct failure *f) {
    store_drop(&k->cache, k->key);
    const int fd = store_begin(&k->cache, k->key, f);
    if (fd < 0)
        return -1;
    f->id = EXIT_ID_OK;
    if (k->unpack(packed, fd) && store_keep(&k->cache, k->key, fd, signals_fd(), f) == 0) {
        report_detail(k->report, "%s: unpacked, and kept in the cache", k->name);
        return fd;
    }
    (void)close(fd);
    store_give_up(&k->cache, k->key);
    return -1;
}

// What the cache has, or has from now on. -1 with EXIT_ID_OK: it stays packed.
static int look_or_make(struct kept *k, int packed, struct failure *f) {
    const int lock =
        cache_make(&k->cache, f) != 0 ? -1 : cache_lock(&k->cache, k->key, &k->watch, f);
    if (lock < 0)
        return -1;
    int fd = look(k, true, f); // another run may have been quicker
    if (fd < 0 && f->id == EXIT_ID_OK)
        fd = make(k, packed, f);
    (void)close(lock);
    return fd;
}

// The cache has none that is right.
static int unpack(struct kept *k, struct failure *f) {
    const int packed = boot_file_open(k->iso, k->name, f);
    if (packed < 0)
        return -1;
    int fd = look_or_make(k, packed, f);
    if (fd < 0 && watch_was_stopped(f)) {
        (void)close(packed);
        return -1;
    }
    if (fd < 0 && f->id != EXIT_ID_OK) {
        report_detail(k->report, "%s, unpacked, is not kept: %s", k->name, f->what);
        fd = unpack_sealed(packed, k->name, k->unpack);
    }
    if (fd < 0)
        return packed;
    (void)close(packed);
    return fd;
}

static int open_kept(struct kept *k, const struct iso *iso, bool no_cache, struct report *report,
                     struct failure *f) {
    k->iso = iso->path;
    k->report = report;
    k->watch = (struct iso_watch){.data = report, .stop_fd = signals_fd(), .note = note_line};
    if (no_cache || iso->cache.folder == NULL)
        return boot_file_unpacked(k->iso, k->name, k->unpack, f);
    if (name_it(k, iso, f) != 0 || cache_part(&k->cache, &iso->cache, CACHE_BOOT, f) != 0)
        return -1;
    int fd = look(k, false, f);
    if (fd < 0 && f->id == EXIT_ID_OK)
        fd = unpack(k, f);
    cache_close(&k->cache);
    return fd;
}

int boot_kept_kernel(const struct iso *iso, bool no_cache, struct report *report,
                     struct failure *f) {
    struct kept k = {.name = BOOT_FILE_KERNEL, .unpack = unpack_kernel};
    return open_kept(&k, iso, no_cache, report, f);
}

int boot_kept_initramfs(const struct iso *iso, bool no_cache, struct report *report,
                        struct failure *f) {
    struct kept k = {.name = BOOT_FILE_INITRAMFS, .unpack = unpack_initramfs};
    return open_kept(&k, iso, no_cache, report, f);
}
