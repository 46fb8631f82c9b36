// isos/*.yaml and the user's own isos.yaml: known releases, mirrors, keys, the manner of transfer.
#ifndef QEMU_GROW_ISO_CATALOGUE_H
#define QEMU_GROW_ISO_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

// A release whose SHA-256 is known.
struct release {
    char *version;
    char *sha256;  // in lower case
    uint64_t size; // bytes; 0: not known
    char *url;     // where it is, instead of on the mirrors; or NULL
};

// Who signs.
struct release_key {
    char *fingerprint; // 40 hexadecimal digits, upper case
    char *owner;       // for people; or NULL
    char *file;        // where the key is on this host; or NULL
    char **urls;       // where it is fetched from
    unsigned urls_count;
};

// How a transfer is made; each value is more than 0.
struct manner {
    unsigned slowest; // bytes a second, on average over
    unsigned stalled; // seconds, below which a server counts as stuck
    unsigned connect; // seconds to reach a server
    unsigned rounds;  // times that the list of mirrors is gone through
    unsigned pause;   // milliseconds after the first round, doubled after each
    uint64_t largest; // bytes that an ISO of unknown size may have
};

struct catalogue;

// Reads $XDG_CONFIG_HOME/qemu-grow/isos.yaml (else ~/.config/...), if it is there, and *.yaml of
// the folder: the user's lines come first. folder: --isos, or NULL: the one found beside the
// program, and then `needed` says whether it must be there. NULL with EXIT_ID_CATALOGUE_BAD.
struct catalogue *catalogue_load(const char *folder, bool needed, struct failure *f);
void catalogue_free(struct catalogue *c);

// The release of this version or this SHA-256 (lower case); NULL if it is not known.
const struct release *catalogue_release(const struct catalogue *c, const char *version);
const struct release *catalogue_digest(const struct catalogue *c, const char *sha256);

// The i-th of all, in order; NULL behind the last one.
const struct release *catalogue_release_at(const struct catalogue *c, size_t i);
const struct release_key *catalogue_key_at(const struct catalogue *c, size_t i);
const char *catalogue_mirror_at(const struct catalogue *c, size_t i);

// The release that is used when none is named; NULL if the files name none.
const char *catalogue_default(const struct catalogue *c);
struct manner catalogue_manner(const struct catalogue *c);

// The ISO's file name, its path below a mirror, and the path of a branch's latest-releases.yaml
// (branch "3.20", or NULL for the newest of all). Allocated; NULL without memory.
char *catalogue_name(const struct catalogue *c, const char *version);
char *catalogue_path(const struct catalogue *c, const char *version);
char *catalogue_newest(const struct catalogue *c, const char *branch);

#endif
