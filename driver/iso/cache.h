// The folder of fetched ISOs: $XDG_CACHE_HOME/qemu-grow, else ~/.cache/qemu-grow.
//
// In it, for each ISO: SHA256.iso (complete and found right before it got this name), SHA256.yaml
// (its record), KEY.part and KEY.part.from (what has come of one that is being fetched), KEY.lock
// (held meanwhile). KEY is the SHA-256 where it is known before, else made of the source's name.
#ifndef QEMU_GROW_ISO_CACHE_H
#define QEMU_GROW_ISO_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "base/failure.h"
#include "iso/record.h"
#include "iso/watch.h"

struct cache {
    char *folder;
    const char *suffix; // of what is kept: ".iso"
    const char *work;   // what the lock is held for, for people: "fetching this ISO"
    // What a store (warm/store.h) keeps here, for people, the option that does without, and how
    // many of them are kept; of other kinds NULL and 0.
    const char *thing, *without;
    size_t most;
    bool temporary; // removed by cache_close, with all that is in it
    int scratch;    // holds a temporary folder; else -1
    int held;       // a descriptor of the ISO that is in use, which cache_clear leaves; else -1
};

// Finds the folder's name; makes nothing. temporary: a new folder below $TMPDIR instead, which is
// made. 0, or -1 with EXIT_ID_CACHE_UNWRITABLE.
int cache_open(struct cache *c, bool temporary, struct failure *f);
void cache_close(struct cache *c);

// Things of other kinds have folders of their own in the cache.
enum cache_kind {
    CACHE_WARM,  // guests that were prepared: KEY.state, KEY.yaml
    CACHE_BOOT,  // kernels and initramfs without their compression: KEY.file, KEY.yaml
    CACHE_ACCEL, // which accelerator works here: KEY.yaml
    CACHE_OWN,   // ISOs of the user's own, which are where they are: KEY.yaml
    CACHE_KINDS
};

// That folder as a cache of its own, to be closed as others are. 0, or -1 without memory.
int cache_part(struct cache *part, const struct cache *c, enum cache_kind kind, struct failure *f);

// Makes the folder if it is not there. 0, or -1 with EXIT_ID_CACHE_UNWRITABLE or
// EXIT_ID_CACHE_FULL.
int cache_make(const struct cache *c, struct failure *f);

// The path of KEY with the suffix (".iso", ".part", ...). Allocated; NULL without memory.
char *cache_path(const struct cache *c, const char *key, const char *suffix);

// Waits until nobody else has the key's lock, and takes it. A descriptor to be closed, or -1 with
// the failure.
int cache_lock(const struct cache *c, const char *key, const struct iso_watch *w,
               struct failure *f);

// What changes whenever the file is touched, as text.
enum { CACHE_STAMP = 160 };
void cache_stamp(char stamp[CACHE_STAMP], const struct stat *st);
// Whether it was touched so long ago that touching it now would change its stamp.
bool cache_settled(const struct stat *st, time_t now);

enum cache_found { CACHE_ABSENT, CACHE_FOUND, CACHE_FAILED };

// Whether the ISO with this SHA-256 is there; then it is in use until cache_close. Its bytes are
// read, unless its record says that they were and the file has not been touched since. A file that
// is wrong is removed and noted, and counts as absent. CACHE_FAILED: -1 with the failure.
enum cache_found cache_find(struct cache *c, const char *sha256, const struct iso_watch *w,
                            struct failure *f);

// Gives the complete part file its name in the cache, with its record; it is in use until
// cache_close. 0, or -1 with the failure.
int cache_keep(struct cache *c, const char *part, const struct record *r, struct failure *f);

// All records, in no order; *count of them, each and the array to be freed. NULL without any.
struct record **cache_records(const struct cache *c, size_t *count);

// Removes all that is not in use. *bytes: what became free; *busy: ISOs and fetches that are in
// use. 0, or -1 with EXIT_ID_CACHE_UNWRITABLE.
int cache_clear(const struct cache *c, uint64_t *bytes, size_t *busy, struct failure *f);

// Removes all that belongs to one key, unless it is in use: then *busy counts it. 0, or -1 with
// errno.
int cache_clear_key(const struct cache *c, const char *key, uint64_t *bytes, size_t *busy);

#endif
