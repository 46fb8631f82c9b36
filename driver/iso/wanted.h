// What is to be got: its name, where it may be, and what is known of it before.
#ifndef QEMU_GROW_ISO_WANTED_H
#define QEMU_GROW_ISO_WANTED_H

#include "iso/catalogue.h"
#include "iso/fetch.h"
#include "iso/iso.h"
#include "iso/releases.h"

struct wanted {
    char version[VERSION_SIZE];  // "": not known before it is looked at
    char *name;                  // the ISO's file name
    char **urls;                 // where it is, in order
    size_t count;                // of urls
    char sha256[DIGEST_HEX + 1]; // that it must have; "": not known
    uint64_t size;               // that it must have; 0: not known
    const char *pin;             // who says so, when that makes it pinned: a clause; else NULL
};

// A release. Its digest is the catalogue's, or --sha256's. 0, or -1 with EXIT_ID_USAGE or
// EXIT_ID_CATALOGUE_BAD (no mirror).
int wanted_release(struct wanted *w, const struct iso_request *q, const struct catalogue *c,
                   const char *version, struct failure *f);

// What a latest-releases.yaml has named. Also -1 with EXIT_ID_ISO_MISMATCH when the catalogue says
// otherwise.
int wanted_newest(struct wanted *w, const struct iso_request *q, const struct catalogue *c,
                  const struct newest *n, struct failure *f);

// A URL. Its digest is --sha256's, or the catalogue's if it ends with the name of a known release.
int wanted_url(struct wanted *w, const struct iso_request *q, const struct catalogue *c,
               const char *url, struct failure *f);

void wanted_free(struct wanted *w);

// URL_i + suffix, or MIRROR_i/path. Allocated, count of them in *count; NULL without memory or
// with count 0.
char **urls_with_suffix(const struct wanted *w, const char *suffix);
char **urls_on_mirrors(const struct iso_request *q, const struct catalogue *c, const char *path,
                       size_t *count);
void urls_free(char **urls, size_t count);

// The key of its lock and part in the cache: the digest, or its name made fit. Allocated, or NULL.
char *wanted_key(const struct wanted *w);

#endif
