// Large files that were made once and are kept in a folder of the cache: guests that were prepared,
// as QEMU's migration has written them, and kernels without their compression.
//
// KEY.state or KEY.file (the cache's suffix) is the file, KEY.yaml its note with size and digest
// (content.h), which is written last: a file without a note that fits is none. KEY.part is one that
// is being made. All of them can be read and written by their owner alone. The cache's `most` of
// them are kept; those used longest ago go first.
#ifndef QEMU_GROW_WARM_STORE_H
#define QEMU_GROW_WARM_STORE_H

#include "iso/cache.h"

enum { STORE_BYTES_MAX = 1 << 30 }; // of all together

// The file of that name, found to be what was written: a descriptor at its beginning, which keeps
// it from being removed. -1 when there is none that is right, with why in *f (EXIT_ID_OK: there is
// none), or when the person wants to stop (watch_was_stopped).
int store_find(const struct cache *c, const char *key, int stop_fd, struct failure *f);

// A new, empty file, which is not in anybody's way. The key's lock is held. A
// descriptor, or -1 with EXIT_ID_CACHE_UNWRITABLE or EXIT_ID_CACHE_FULL.
int store_begin(const struct cache *c, const char *key, struct failure *f);

// The file is whole: from now on it is the one of that name, and what is too much beside it goes.
// 0, or -1 as store_begin or when the person wants to stop.
int store_keep(const struct cache *c, const char *key, int fd, int stop_fd, struct failure *f);

// The file is not whole: removes it.
void store_give_up(const struct cache *c, const char *key);

// Removes the file; who uses it keeps it. The key's lock is held.
void store_drop(const struct cache *c, const char *key);

#endif
