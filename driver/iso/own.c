// Looked at and hashed; --trust and --sha256 are demands on it, no more.
#include "iso/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "iso/checksum.h"
#include "iso/evidence.h"
#include "iso/seen.h"

static const char check_path[] = "check the path given by --iso";

// A small file beside the ISO; NULL when there is none.
static char *beside(const struct iso *iso, const char *suffix, size_t *size, struct failure *f) {
    char *path = NULL;
    if (asprintf(&path, "%s%s", iso->path, suffix) < 0) {
        failure_set(f, EXIT_ID_INTERNAL, "free some memory", "there is no memory");
        return NULL;
    }
    char *text = evidence_read(path, size);
    if (text == NULL)
        failure_set(f, EXIT_ID_ISO_UNTRUSTED, "put it there, or leave --trust out",
                    "%s, which --trust needs, cannot be read: %s", path, strerror(errno));
    free(path);
    return text;
}

static int by_signature(struct iso *iso, const struct catalogue *c, const struct fetcher *with,
                        const struct iso_watch *w, struct failure *f) {
    char fingerprint[64];
    size_t size = 0;
    char *asc = beside(iso, ".asc", &size, f);
    if (asc == NULL)
        return -1;
    const int result = evidence_check(asc, size, iso->path, iso->path, c, &iso->cache, with,
                                      w->stop_fd, fingerprint, f);
    free(asc);
    if (result != 0)
        return -1;
    iso->trust = TRUST_SIGNED;
    (void)snprintf(iso->how, sizeof iso->how, "%s, signed by the release key %s", iso->path,
                   fingerprint);
    return 0;
}

// The digest that the checksum file beside the ISO has for it. 1 got, 0 there is no such file, -1
// failure.
static int checksum_beside(const struct iso *iso, enum digest_kind kind, const char *suffix,
                           char *hex, struct failure *f) {
    size_t size = 0;
    char *text = beside(iso, suffix, &size, f);
    if (text == NULL)
        return f->id == EXIT_ID_ISO_UNTRUSTED ? 0 : -1;
    const int found = checksum_find(text, size, strrchr(iso->path, '/') + 1, kind, hex);
    free(text);
    if (found != 0)
        return failure_set(f, EXIT_ID_ISO_UNTRUSTED, "mend it, or leave --trust out",
                           "%s%s has no digest for it", iso->path, suffix);
    return 1;
}

// .sha256, and .sha512 where there is none.
static int by_checksum(struct iso *iso, const struct iso_watch *w, struct failure *f) {
    char hex[DIGEST_HEX_MAX + 1] = "";
    struct failure none;
    int got = checksum_beside(iso, DIGEST_SHA256, ".sha256", hex, f);
    if (got < 0)
        return -1;
    if (got == 1 && strcmp(hex, iso->sha256) != 0)
        return failure_set(f, EXIT_ID_ISO_MISMATCH, "get the file again",
                           "%s has SHA-256 %s, and %s.sha256 says %s", iso->path, iso->sha256,
                           iso->path, hex);
    if (got == 0) { // the failure about .sha256 stays if there is no .sha512, either
        got = checksum_beside(iso, DIGEST_SHA512, ".sha512", hex, &none);
        if (got < 0)
            *f = none;
        if (got <= 0 ||
            evidence_sha512(iso->path, iso->path, hex, "the .sha512 beside it", w->stop_fd, f) != 0)
            return -1;
    }
    iso->trust = TRUST_CHECKSUM;
    (void)snprintf(iso->how, sizeof iso->how, "%s, as the checksum beside it says", iso->path);
    return 0;
}

// Digest against --sha256 and the catalogue, then what --trust wants beyond that.
static int judge(struct iso *iso, const struct iso_request *q, const struct catalogue *c,
                 const struct fetcher *with, const struct iso_watch *w, struct failure *f) {
    char given[DIGEST_HEX + 1];
    const struct release *r = catalogue_digest(c, iso->sha256);
    if (q->sha256 != NULL && !digest_is_hex(q->sha256, given))
        return failure_set(f, EXIT_ID_USAGE, "give what sha256sum prints first",
                           "--sha256 takes 64 hexadecimal digits, not '%s'", q->sha256);
    if (q->sha256 != NULL && strcmp(given, iso->sha256) != 0)
        return failure_set(f, EXIT_ID_ISO_MISMATCH, "get the file again, or mend --sha256",
                           "%s has SHA-256 %s, and --sha256 says %s", iso->path, iso->sha256,
                           given);
    if (r != NULL || q->sha256 != NULL) {
        iso->trust = TRUST_PINNED;
        (void)snprintf(iso->how, sizeof iso->how, "%s, pinned: its SHA-256 is %s%s", iso->path,
                       r != NULL ? "that of the catalogue for " : "the one given by --sha256",
                       r != NULL ? r->version : "");
        return 0;
    }
    iso->trust = TRUST_NONE;
    (void)snprintf(iso->how, sizeof iso->how, "%s, a file of your own (SHA-256 %s)", iso->path,
                   iso->sha256);
    if (!q->least_given || q->least == TRUST_NONE)
        return 0;
    if (q->least == TRUST_SIGNED)
        return by_signature(iso, c, with, w, f);
    if (q->least == TRUST_CHECKSUM)
        return by_checksum(iso, w, f);
    return failure_set(
        f, EXIT_ID_ISO_UNTRUSTED, "give its digest by --sha256=HEX, or leave --trust out",
        "the SHA-256 of %s is not in the catalogue, and --trust=pinned wants it", iso->path);
}

// Where the file's digest may be noted, and taken from: NULL where it is to be read in any case,
// for a demand on it.
static const struct cache *notes(const struct iso *iso, const struct iso_request *q) {
    const bool demand = q->sha256 != NULL || (q->least_given && q->least != TRUST_NONE);
    return q->no_cache || demand ? NULL : &iso->cache;
}

int own_file(struct iso *iso, const struct iso_request *q, const struct catalogue *c,
             const struct fetcher *with, const struct iso_watch *w, struct failure *f) {
    struct stat st;
    iso->own = true;
    const int fd = open(q->iso, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0 || (iso->path = realpath(q->iso, NULL)) == NULL) {
        failure_set(f, EXIT_ID_ISO_UNREADABLE, check_path, "the ISO %s cannot be read: %s", q->iso,
                    strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    int result = 0;
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        result =
            failure_set(f, EXIT_ID_ISO_UNREADABLE, check_path, "the ISO %s is no file", q->iso);
    else if (look_file(&iso->look, fd, iso->path, f) != 0)
        result = -1;
    else if (seen_digest(notes(iso, q), iso->path, fd, w->stop_fd, iso->sha256) != 0)
        result =
            errno == EINTR
                ? failure_set(f, watch_stop_id(), "run again", "reading %s was stopped", iso->path)
                : failure_set(f, EXIT_ID_ISO_UNREADABLE, check_path,
                              "the ISO %s cannot be read: %s", q->iso, strerror(errno));
    (void)close(fd);
    return result != 0 ? -1 : judge(iso, q, c, with, w, f);
}
