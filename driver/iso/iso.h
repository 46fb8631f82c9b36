// The ISO that the guest is booted from: found, fetched if need be, verified, looked at.
#ifndef QEMU_GROW_ISO_ISO_H
#define QEMU_GROW_ISO_ISO_H

#include <stdbool.h>

#include "base/failure.h"
#include "iso/cache.h"
#include "iso/digest.h"
#include "iso/look.h"
#include "iso/trust.h"
#include "iso/watch.h"

// What the user asks for; texts are the caller's.
struct iso_request {
    const char *iso;    // --iso: see source.h; NULL: the catalogue's default
    const char *sha256; // --sha256, or NULL
    const char *isos;   // --isos: the catalogue's folder, or NULL
    const char *mirror; // --mirror: instead of the catalogue's, or NULL
    enum trust least;   // what is accepted
    bool least_given;   // by --trust: then a file of the user's own must meet it, too
    bool offline;       // no network
    bool no_cache;      // neither read nor written
    bool plain_http;    // http is allowed
};

struct iso {
    char *path;                  // absolute
    char sha256[DIGEST_HEX + 1]; // lower case
    enum trust trust;
    bool own;         // a file that was given by its path
    bool fetched;     // it came over the network in this run
    char how[1024];   // how it is trusted: one line for the user and the proof
    struct look look; // what is on it
    struct cache cache;
};

// Finds out what is asked for, and has it in *iso after success. 0, or -1 with *f; its id is one of
// EXIT_ID_ISO_*, EXIT_ID_CACHE_*, EXIT_ID_CATALOGUE_BAD, EXIT_ID_USAGE, EXIT_ID_PROGRAM_MISSING,
// EXIT_ID_INTERRUPTED, EXIT_ID_INTERNAL. *iso is to be given to iso_free in each case.
int iso_resolve(struct iso *iso, const struct iso_request *q, const struct iso_watch *w,
                struct failure *f);

// Frees it, and removes the file when it is in no cache.
void iso_free(struct iso *iso);

// Notes what is known and what is in the cache, a line each. 0, or -1 with *f.
int iso_list(const struct iso_request *q, const struct iso_watch *w, struct failure *f);

// Empties the cache and notes what that freed. 0, or -1 with *f.
int iso_clear(const struct iso_watch *w, struct failure *f);

#endif
