// The order of things: what is meant, is it in the cache, else lock, look again, gather what will
// vouch for it, fetch, judge, look at it, keep it.
#include "iso/iso.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iso/catalogue.h"
#include "iso/evidence.h"
#include "iso/own.h"
#include "iso/releases.h"
#include "iso/source.h"
#include "iso/wanted.h"

// What the steps share.
struct work {
    const struct iso_request *q;
    const struct iso_watch *watch;
    struct catalogue *catalogue;
    struct fetcher with; // transfer is NULL while nothing was fetched, or with --offline
    struct wanted wanted;
    struct iso *iso;
};

static int need_network(struct work *k, const char *what, struct failure *f) {
    if (k->q->offline)
        return failure_set(f, EXIT_ID_ISO_OFFLINE,
                           "run once without --offline, or give an ISO of your own by --iso=FILE",
                           "%s is not in the cache, and --offline forbids the network", what);
    if (k->with.transfer != NULL)
        return 0;
    k->with.watch = k->watch;
    k->with.manner = catalogue_manner(k->catalogue);
    k->with.transfer = transfer_new(&k->with.manner, k->q->plain_http, k->watch, f);
    return k->with.transfer == NULL ? -1 : 0;
}

// The signer counts only while the catalogue has the key.
static bool has_signer(const struct catalogue *c, const char *fingerprint) {
    const struct release_key *key = NULL;
    for (size_t i = 0; fingerprint != NULL && (key = catalogue_key_at(c, i)) != NULL; i++)
        if (strcmp(key->fingerprint, fingerprint) == 0)
            return true;
    return false;
}

// What a record's word is worth today.
static enum trust record_trust(const struct work *k, const struct record *r) {
    if (catalogue_digest(k->catalogue, r->sha256) != NULL)
        return TRUST_PINNED;
    if (strcmp(r->trust, trust_words[TRUST_SIGNED]) == 0 && has_signer(k->catalogue, r->signer))
        return TRUST_SIGNED;
    if (strcmp(r->trust, trust_words[TRUST_CHECKSUM]) == 0)
        return TRUST_CHECKSUM;
    return TRUST_NONE;
}

// The one line.
static void say_how(struct iso *iso, const struct wanted *w, const char *signer) {
    const char *version = iso->look.version;
    switch (iso->trust) {
    case TRUST_PINNED:
        (void)snprintf(iso->how, sizeof iso->how, "Alpine %s, pinned: its SHA-256 %s is %s",
                       version, iso->sha256, w->pin == NULL ? "that of the catalogue" : w->pin);
        return;
    case TRUST_SIGNED:
        (void)snprintf(iso->how, sizeof iso->how,
                       "Alpine %s, signed: by the release key %s (SHA-256 %s)", version, signer,
                       iso->sha256);
        return;
    case TRUST_CHECKSUM:
        (void)snprintf(iso->how, sizeof iso->how,
                       "Alpine %s, same-host checksum: only its own server vouches for it "
                       "(SHA-256 %s)",
                       version, iso->sha256);
        return;
    case TRUST_NONE:
    case TRUST_COUNT:
        break;
    }
    (void)snprintf(iso->how, sizeof iso->how,
                   "Alpine %s, none: nothing vouches for it (SHA-256 %s)", version, iso->sha256);
}

// Looks at the file, and that it is the release that was asked for: a genuine older one under a
// newer one's name is not.
static int look(struct work *k, const char *path, const char *name, struct failure *f) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failure_set(f, EXIT_ID_ISO_UNREADABLE, "run again", "%s cannot be read: %s", path,
                           strerror(errno));
    const int result = look_file(&k->iso->look, fd, name, f);
    (void)close(fd);
    if (result != 0)
        return -1;
    const char *asked = k->wanted.version;
    if (asked[0] != '\0' && strcmp(asked, k->iso->look.version) != 0)
        return failure_set(f, EXIT_ID_ISO_WRONG, "try another mirror by --mirror=URL",
                           "%s is release %s and not %s (label '%s')", name, k->iso->look.version,
                           asked, k->iso->look.label);
    return 0;
}

// ------------------------------------------------------------------ in the cache

// Uses the cached ISO with this digest, which was found to be right.
static int use_cached(struct work *k, const char *sha256, enum trust trust, const char *signer,
                      struct failure *f) {
    struct iso *iso = k->iso;
    iso->path = cache_path(&iso->cache, sha256, ".iso");
    if (iso->path == NULL)
        return failure_no_memory(f);
    (void)snprintf(iso->sha256, sizeof iso->sha256, "%s", sha256);
    iso->trust = trust;
    if (look(k, iso->path, k->wanted.name, f) != 0)
        return -1;
    say_how(iso, &k->wanted, signer);
    return 0;
}

// Whether the record is of an ISO that is wanted. Where nobody else vouches for it, it must be from
// where it would be fetched from now.
static bool fits(const struct work *k, const struct record *r) {
    const struct wanted *w = &k->wanted;
    if (record_trust(k, r) < k->q->least)
        return false;
    if (w->sha256[0] != '\0')
        return strcmp(r->sha256, w->sha256) == 0;
    bool from = record_trust(k, r) >= TRUST_SIGNED;
    for (size_t i = 0; !from && r->from != NULL && i < w->count; i++)
        from = strcmp(r->from, w->urls[i]) == 0;
    return from && w->name != NULL && strcmp(r->file, w->name) == 0;
}

// Of the records that fit, the one with the most trust.
static const struct record *best_record(const struct work *k, struct record *const *records,
                                        size_t count) {
    const struct record *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (fits(k, records[i]) &&
            (best == NULL || record_trust(k, records[i]) > record_trust(k, best)))
            best = records[i];
    return best;
}

// 1 used, 0 not there, -1 failure.
static int from_cache(struct work *k, struct failure *f) {
    const struct wanted *w = &k->wanted;
    enum cache_found found = CACHE_ABSENT;
    if (k->q->no_cache)
        return 0;
    if (w->pin != NULL) {
        found = cache_find(&k->iso->cache, w->sha256, k->watch, f);
        if (found == CACHE_FOUND)
            return use_cached(k, w->sha256, TRUST_PINNED, NULL, f) == 0 ? 1 : -1;
        return found == CACHE_FAILED ? -1 : 0;
    }
    size_t count = 0;
    struct record **records = cache_records(&k->iso->cache, &count);
    const struct record *r = best_record(k, records, count);
    int result = 0;
    if (r != NULL) {
        found = cache_find(&k->iso->cache, r->sha256, k->watch, f);
        result = found == CACHE_FAILED ? -1 : 0;
        if (found == CACHE_FOUND)
            result = use_cached(k, r->sha256, record_trust(k, r), r->signer, f) == 0 ? 1 : -1;
    }
    for (size_t i = 0; i < count; i++)
        record_free(records[i]);
    free(records);
    return result;
}

// ------------------------------------------------------------------ from the network

static int keep(struct work *k, const char *part, const struct fetched *done, char *signer,
                struct failure *f) {
    struct iso *iso = k->iso;
    char trust[16];
    (void)snprintf(trust, sizeof trust, "%s", trust_words[iso->trust]);
    const struct record r = {.file = k->wanted.name,
                             .version = iso->look.version,
                             .sha256 = iso->sha256,
                             .size = done->size,
                             .trust = trust,
                             .signer = signer[0] == '\0' ? NULL : signer,
                             .from = k->wanted.urls[done->which]};
    if (cache_keep(&iso->cache, part, &r, f) != 0)
        return -1;
    iso->path = cache_path(&iso->cache, iso->sha256, ".iso");
    return iso->path == NULL ? failure_no_memory(f) : 0;
}

// The part is complete: what is it worth? A file that is not used is removed.
static int judge(struct work *k, const char *part, const struct evidence *e,
                 const struct fetched *done, struct failure *f) {
    struct iso *iso = k->iso;
    char signer[64] = "";
    (void)snprintf(iso->sha256, sizeof iso->sha256, "%s", done->sha256);
    iso->trust = TRUST_PINNED;
    int result = 0;
    if (k->wanted.pin == NULL && catalogue_digest(k->catalogue, iso->sha256) == NULL)
        result = evidence_judge(e, part, &k->wanted, k->q, k->catalogue, &iso->cache, &k->with,
                                &iso->trust, signer, f);
    if (result == 0)
        result = look(k, part, k->wanted.name, f);
    if (result != 0) {
        if (!watch_was_stopped(f))
            fetch_forget(part);
        return -1;
    }
    say_how(iso, &k->wanted, signer);
    return keep(k, part, done, signer, f);
}

static int fetch_and_judge(struct work *k, const char *key, struct failure *f) {
    struct wanted *w = &k->wanted;
    struct evidence e = {0};
    struct fetched done;
    char *part = cache_path(&k->iso->cache, key, ".part");
    int result = part == NULL ? failure_no_memory(f) : 0;
    if (result == 0 && w->pin == NULL)
        result = evidence_gather(&e, w, k->q, &k->with, f);
    if (result == 0) {
        const struct fetch_job job = {.name = w->name,
                                      .urls = w->urls,
                                      .count = w->count,
                                      .part = part,
                                      .size = w->size,
                                      .sha256 = w->sha256[0] == '\0' ? NULL : w->sha256};
        watch_note(k->watch, "fetching %s from %s", w->name, w->count > 0 ? w->urls[0] : "nowhere");
        result = fetch_file(&done, &job, &k->with, f);
    }
    if (result == 0)
        result = judge(k, part, &e, &done, f);
    k->iso->fetched = result == 0;
    evidence_free(&e);
    free(part);
    return result;
}

static int from_network(struct work *k, struct failure *f) {
    const struct cache *cache = &k->iso->cache;
    if (need_network(k, k->wanted.name, f) != 0 || cache_make(cache, f) != 0)
        return -1;
    char *key = wanted_key(&k->wanted);
    const int lock = key == NULL ? failure_no_memory(f) : cache_lock(cache, key, k->watch, f);
    int result = -1;
    if (lock >= 0) {
        const int found = from_cache(k, f); // another run may have been quicker
        result = found != 0 ? (found > 0 ? 0 : -1) : fetch_and_judge(k, key, f);
        (void)close(lock);
    }
    free(key);
    return result;
}

// ------------------------------------------------------------------ what is meant

// The newest release of a branch (NULL: of all) that the servers have.
static int ask_newest(struct work *k, const char *branch, struct failure *f) {
    struct newest n;
    size_t count = 0;
    char *text = NULL;
    size_t size = 0;
    bool missing = false;
    if (need_network(k, branch == NULL ? "the newest release" : branch, f) != 0)
        return -1;
    char *path = catalogue_newest(k->catalogue, branch);
    char **urls = path == NULL ? NULL : urls_on_mirrors(k->q, k->catalogue, path, &count);
    int result = -1;
    if (path == NULL)
        failure_no_memory(f);
    else if (count == 0)
        failure_set(f, EXIT_ID_CATALOGUE_BAD, "add one, or name one by --mirror=URL",
                    "the catalogue has no mirrors");
    else {
        const struct fetch_job job = {.name = "latest-releases.yaml", .urls = urls, .count = count};
        result = fetch_text(&text, &size, &missing, &job, &k->with, f);
        if (result != 0 && missing)
            failure_set(f, EXIT_ID_ISO_UNKNOWN, "see --list-isos, or name a release",
                        "no server has a branch %s", branch == NULL ? "latest-stable" : branch);
    }
    if (result == 0)
        result = releases_newest(&n, text, size, branch, "latest-releases.yaml", f);
    if (result == 0)
        watch_note(k->watch, "the newest release%s%s is %s", branch == NULL ? "" : " of ",
                   branch == NULL ? "" : branch, n.version);
    if (result == 0)
        result = wanted_newest(&k->wanted, k->q, k->catalogue, &n, f);
    urls_free(urls, count);
    free(path);
    free(text);
    return result;
}

// The same without a network: the newest one in the cache.
static int newest_cached(struct work *k, const char *branch, struct failure *f) {
    size_t count = 0;
    struct record **records = cache_records(&k->iso->cache, &count);
    const struct record *best = NULL;
    int result = 0;
    for (size_t i = 0; i < count; i++) {
        const struct record *r = records[i];
        const size_t n = source_branch_length(r->version);
        const bool of_branch =
            branch == NULL || (strlen(branch) == n && strncmp(branch, r->version, n) == 0);
        if (source_is_release(r->version) && of_branch && record_trust(k, r) >= k->q->least &&
            (best == NULL || source_compare(r->version, best->version) > 0))
            best = r;
    }
    if (best == NULL)
        result = need_network(k, branch == NULL ? "any release" : branch, f);
    else
        result = wanted_release(&k->wanted, k->q, k->catalogue, best->version, f);
    for (size_t i = 0; i < count; i++)
        record_free(records[i]);
    free(records);
    return result;
}

static int find_wanted(struct work *k, const char *text, enum source_kind kind, struct failure *f) {
    const char *version = source_version(text);
    switch (kind) {
    case SOURCE_RELEASE:
        if (strlen(version) >= VERSION_SIZE)
            break;
        return wanted_release(&k->wanted, k->q, k->catalogue, version, f);
    case SOURCE_BRANCH:
    case SOURCE_LATEST: {
        const char *branch = kind == SOURCE_BRANCH ? version : NULL;
        return k->q->offline ? newest_cached(k, branch, f) : ask_newest(k, branch, f);
    }
    case SOURCE_URL:
        if (strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0)
            return wanted_url(&k->wanted, k->q, k->catalogue, text, f);
        break;
    case SOURCE_FILE:
        break;
    }
    return failure_set(f, EXIT_ID_USAGE, "see qemu-grow --help",
                       "--iso takes a file, a release, a branch, latest or an https URL, not '%s'",
                       text);
}

// Everything but a file of the user's own.
static int resolve(struct work *k, const char *text, enum source_kind kind, struct failure *f) {
    if (find_wanted(k, text, kind, f) != 0)
        return -1;
    const int found = from_cache(k, f);
    if (found != 0)
        return found > 0 ? 0 : -1;
    return from_network(k, f);
}

static int resolve_own(struct work *k, struct failure *f) {
    const bool signature = k->q->least_given && k->q->least == TRUST_SIGNED && !k->q->offline;
    if (signature && need_network(k, "the release key", f) != 0)
        return -1;
    return own_file(k->iso, k->q, k->catalogue, signature ? &k->with : NULL, k->watch, f);
}

int iso_resolve(struct iso *iso, const struct iso_request *q, const struct iso_watch *w,
                struct failure *f) {
    struct work k = {.q = q, .watch = w, .iso = iso};
    *iso = (struct iso){0};
    const bool own = q->iso != NULL && source_kind(q->iso) == SOURCE_FILE;
    int result = -1;
    k.catalogue = catalogue_load(q->isos, !own || q->isos != NULL, f);
    const char *text = q->iso;
    if (text == NULL && k.catalogue != NULL)
        text = catalogue_default(k.catalogue);
    if (k.catalogue == NULL || (cache_open(&iso->cache, q->no_cache && !own, f) != 0 && !own))
        result = -1;
    else if (text == NULL)
        failure_set(f, EXIT_ID_CATALOGUE_BAD, "name one by --iso",
                    "the catalogue names no release as the default");
    else
        result = own ? resolve_own(&k, f) : resolve(&k, text, source_kind(text), f);
    wanted_free(&k.wanted);
    transfer_free(k.with.transfer);
    catalogue_free(k.catalogue);
    return result;
}

void iso_free(struct iso *iso) {
    free(iso->path);
    iso->path = NULL;
    cache_close(&iso->cache);
}
