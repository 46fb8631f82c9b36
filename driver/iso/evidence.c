// The signature comes first; the checksum counts only where the user said so.
#include "iso/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iso/checksum.h"
#include "iso/signature.h"

char *evidence_read(const char *path, size_t *size) {
    FILE *in = fopen(path, "re");
    char *text = in == NULL ? NULL : malloc(FETCH_TEXT_MAX + 1);
    *size = 0;
    if (text != NULL) {
        *size = fread(text, 1, FETCH_TEXT_MAX, in);
        text[*size] = '\0';
    }
    if (in != NULL)
        (void)fclose(in);
    return text;
}

// The text of ISO + suffix from any of its servers. 1 got, 0 no server has it, -1 failure.
static int get(char **text, size_t *size, const struct wanted *w, const char *suffix,
               const struct fetcher *with, struct failure *f) {
    char *name = NULL;
    bool missing = false;
    char **urls = urls_with_suffix(w, suffix);
    int result = -1;
    if (urls == NULL || asprintf(&name, "%s%s", w->name, suffix) < 0) {
        failure_no_memory(f);
        name = NULL;
    } else {
        const struct fetch_job job = {.name = name, .urls = urls, .count = w->count};
        result = fetch_text(text, size, &missing, &job, with, f) == 0 ? 1 : missing ? 0 : -1;
    }
    urls_free(urls, w->count);
    free(name);
    return result;
}

// One checksum file. hex stays "" when there is none, or none for this ISO.
static int gather_one(struct evidence *e, const struct wanted *w, enum digest_kind kind, char *hex,
                      const struct fetcher *with, struct failure *f) {
    char *text = NULL;
    size_t size = 0;
    const int got = get(&text, &size, w, kind == DIGEST_SHA512 ? ".sha512" : ".sha256", with, f);
    e->checksum = got == 1 && checksum_find(text, size, w->name, kind, hex) == 0;
    if (!e->checksum)
        hex[0] = '\0';
    free(text);
    return got < 0 ? -1 : 0;
}

static int gather_checksum(struct evidence *e, struct wanted *w, const struct fetcher *with,
                           struct failure *f) {
    if (w->sha256[0] != '\0') { // latest-releases.yaml said it
        e->checksum = true;
        return 0;
    }
    if (gather_one(e, w, DIGEST_SHA256, w->sha256, with, f) != 0)
        return -1;
    return e->checksum ? 0 : gather_one(e, w, DIGEST_SHA512, e->sha512, with, f);
}

int evidence_gather(struct evidence *e, struct wanted *w, const struct iso_request *q,
                    const struct fetcher *with, struct failure *f) {
    *e = (struct evidence){0};
    if (q->least == TRUST_PINNED)
        return failure_set(
            f, EXIT_ID_ISO_UNTRUSTED, "give its digest by --sha256=HEX, or add it to the catalogue",
            "the SHA-256 of %s is not in the catalogue, and --trust=pinned wants it", w->name);
    if (get(&e->asc, &e->asc_size, w, ".asc", with, f) < 0)
        return -1;
    if (e->asc == NULL && q->least == TRUST_SIGNED)
        return failure_set(f, EXIT_ID_ISO_UNTRUSTED,
                           "give its digest by --sha256=HEX, or accept less by --trust=checksum",
                           "the SHA-256 of %s is not known, and its server has no signature of it",
                           w->name);
    if (q->least > TRUST_CHECKSUM)
        return 0;
    if (gather_checksum(e, w, with, f) != 0)
        return -1;
    if (e->asc == NULL && !e->checksum && q->least == TRUST_CHECKSUM)
        return failure_set(f, EXIT_ID_ISO_UNTRUSTED,
                           "give its digest by --sha256=HEX, or accept it by --trust=none",
                           "%s has neither a signature nor a checksum on its server", w->name);
    return 0;
}

void evidence_free(struct evidence *e) {
    free(e->asc);
    *e = (struct evidence){0};
}

// ------------------------------------------------------------------ the key

// Where the key is kept once it was right.
static char *kept_path(const struct cache *cache, const struct release_key *key) {
    char *name = NULL;
    char *path = NULL;
    if (asprintf(&name, "key-%s", key->fingerprint) < 0)
        return NULL;
    path = cache_path(cache, name, ".asc");
    free(name);
    return path;
}

static void keep_key(const char *path, const char *text, size_t size) {
    char *new = NULL;
    if (access(path, F_OK) == 0 || asprintf(&new, "%s.%d", path, (int)getpid()) < 0)
        return;
    FILE *out = fopen(new, "we");
    bool good = out != NULL && fwrite(text, 1, size, out) == size;
    if (out != NULL && fclose(out) != 0)
        good = false;
    if (!good || rename(new, path) != 0)
        (void)unlink(new);
    free(new);
}

// The key's text, from its file, the cache or the network, in this order. NULL with the failure.
static char *get_key(const struct release_key *key, const char *kept, const struct fetcher *with,
                     size_t *size, const char **from, struct failure *f) {
    char *text = NULL;
    bool missing = false;
    if (key->file != NULL) {
        *from = key->file;
        text = evidence_read(key->file, size);
        if (text == NULL)
            failure_set(f, EXIT_ID_CATALOGUE_BAD, "mend the catalogue",
                        "the release key's file %s cannot be read: %s", key->file, strerror(errno));
        return text;
    }
    *from = kept;
    text = evidence_read(kept, size);
    if (text != NULL)
        return text;
    if (with == NULL || key->urls_count == 0) {
        failure_set(f, EXIT_ID_ISO_UNTRUSTED,
                    with == NULL ? "run once without --offline" : "name its file in the catalogue",
                    "the release key %s is not at hand", key->fingerprint);
        return NULL;
    }
    *from = key->urls[0];
    const struct fetch_job job = {
        .name = "the release key", .urls = key->urls, .count = key->urls_count};
    return fetch_text(&text, size, &missing, &job, with, f) == 0 ? text : NULL;
}

static int check_one(const char *asc, size_t asc_size, const char *file, const char *name,
                     const struct release_key *key, const struct cache *cache,
                     const struct fetcher *with, int stop_fd, struct failure *f) {
    size_t size = 0;
    const char *from = "";
    char *kept = kept_path(cache, key);
    char *text = kept == NULL ? NULL : get_key(key, kept, with, &size, &from, f);
    int result = kept == NULL ? failure_no_memory(f) : -1;
    while (text != NULL) {
        const struct signature s = {asc, asc_size, text, size, from, key->fingerprint};
        result = signature_check(&s, file, name, stop_fd, f);
        if (result == 0)
            keep_key(kept, text, size);
        free(text);
        text = NULL;
        // The kept key may have got a later date of expiry since.
        if (result != 0 && f->id == EXIT_ID_ISO_SIGNATURE && from == kept && with != NULL) {
            (void)unlink(kept);
            text = get_key(key, kept, with, &size, &from, f);
        }
    }
    free(kept);
    return result;
}

int evidence_check(const char *asc, size_t asc_size, const char *file, const char *name,
                   const struct catalogue *c, const struct cache *cache, const struct fetcher *with,
                   int stop_fd, char fingerprint[64], struct failure *f) {
    const struct release_key *key = NULL;
    failure_set(f, EXIT_ID_CATALOGUE_BAD, "add the release key's fingerprint",
                "the catalogue has no keys, so no signature can be checked");
    for (size_t i = 0; (key = catalogue_key_at(c, i)) != NULL; i++) {
        if (check_one(asc, asc_size, file, name, key, cache, with, stop_fd, f) == 0) {
            (void)snprintf(fingerprint, 64, "%s", key->fingerprint);
            return 0;
        }
        if (watch_was_stopped(f))
            break;
    }
    return -1;
}

int evidence_sha512(const char *file, const char *name, const char *sha512, const char *from,
                    int stop_fd, struct failure *f) {
    char hex[DIGEST_HEX_MAX + 1];
    const int fd = open(file, O_RDONLY | O_CLOEXEC);
    const int result = fd < 0 ? -1 : digest_file_of(DIGEST_SHA512, fd, stop_fd, hex);
    const int error = errno;
    if (fd >= 0)
        (void)close(fd);
    if (result != 0 && error == EINTR)
        return failure_set(f, watch_stop_id(), "run again", "reading %s was stopped", file);
    if (result != 0)
        return failure_set(f, EXIT_ID_ISO_UNREADABLE, "run again", "%s cannot be read: %s", file,
                           strerror(error));
    if (strcmp(hex, sha512) == 0)
        return 0;
    return failure_set(f, EXIT_ID_ISO_MISMATCH, "get the file from another server",
                       "%s has SHA-512 %s, and %s says %s", name, hex, from, sha512);
}

int evidence_judge(const struct evidence *e, const char *file, const struct wanted *w,
                   const struct iso_request *q, const struct catalogue *c,
                   const struct cache *cache, const struct fetcher *with, enum trust *trust,
                   char fingerprint[64], struct failure *f) {
    fingerprint[0] = '\0';
    if (e->sha512[0] != '\0' && evidence_sha512(file, w->name, e->sha512, "its server's .sha512",
                                                with->watch->stop_fd, f) != 0)
        return -1;
    if (e->asc != NULL) {
        if (evidence_check(e->asc, e->asc_size, file, w->name, c, cache, with, with->watch->stop_fd,
                           fingerprint, f) == 0) {
            *trust = TRUST_SIGNED;
            return 0;
        }
        // Not a bad signature, but one that could not be checked.
        const bool unchecked = f->id != EXIT_ID_ISO_SIGNATURE && !watch_was_stopped(f);
        if (!unchecked || q->least >= TRUST_SIGNED)
            return -1;
        watch_note(with->watch, "the signature of %s was not checked: %s", w->name, f->what);
    }
    *trust = e->checksum ? TRUST_CHECKSUM : TRUST_NONE;
    if (*trust < q->least)
        return failure_set(f, EXIT_ID_ISO_UNTRUSTED, "accept it by --trust=none",
                           "nothing vouches for %s", w->name);
    return 0;
}
