// gpg takes the one key out of what was fetched, gpgv checks with it. Both work in a folder of
// their own, so no keyring, agent or trust of the user's has a part in it.
#include "iso/signature.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/run.h"
#include "iso/scratch.h"

enum { ID_SIZE = 64 };

static const char not_used[] = "do not use this file: get it from another mirror, or tell Alpine";

struct folder {
    char *path;
    int fd;                 // holds it
    char *key, *sig, *ring; // files in it
};

static void folder_free(struct folder *d) {
    scratch_remove(d->path, d->fd);
    free(d->key);
    free(d->sig);
    free(d->ring);
}

static int folder_make(struct folder *d, struct failure *f) {
    *d = (struct folder){0};
    d->fd = scratch_make(&d->path, "gpg");
    if (d->fd < 0)
        return failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE,
                           "name a folder for temporary files by $TMPDIR", "%s cannot be made: %s",
                           d->path == NULL ? "a folder" : d->path, strerror(errno));
    if (asprintf(&d->key, "%s/key.asc", d->path) < 0)
        d->key = NULL;
    if (asprintf(&d->sig, "%s/iso.asc", d->path) < 0)
        d->sig = NULL;
    if (asprintf(&d->ring, "%s/release.gpg", d->path) < 0)
        d->ring = NULL;
    if (d->key == NULL || d->sig == NULL || d->ring == NULL)
        return failure_no_memory(f);
    return 0;
}

static int put(const char *path, const char *text, size_t size, struct failure *f) {
    FILE *out = fopen(path, "wxe");
    bool bad = out == NULL || fwrite(text, 1, size, out) != size;
    if (out != NULL && fclose(out) != 0)
        bad = true;
    return bad ? failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE,
                             "name a folder for temporary files by $TMPDIR",
                             "%s cannot be written: %s", path, strerror(errno))
               : 0;
}

// gpg with the options that keep it to the folder, and what follows.
static int run_gpg(struct run_result *r, const struct folder *d, char *const *rest, int stop_fd,
                   struct failure *f) {
    char *argv[16] = {"gpg",          "--homedir", d->path, "--batch", "--no-tty", "--no-autostart",
                      "--no-options", "--quiet",   NULL};
    size_t n = 8;
    for (; *rest != NULL && n + 1 < sizeof argv / sizeof *argv; rest++)
        argv[n++] = *rest;
    argv[n] = NULL;
    return run_program(r, argv, stop_fd, f);
}

// Whether `--with-colons --list-keys` has a primary key with that fingerprint; first gets the first
// one that is there.
static bool has_key(const char *listing, const char *fingerprint, char first[ID_SIZE]) {
    bool primary = false;
    first[0] = '\0';
    for (const char *line = listing; *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        char id[ID_SIZE] = "";
        if (strncmp(line, "pub:", 4) == 0) {
            primary = true;
        } else if (primary && sscanf(line, "fpr:::::::::%63[0-9A-F]", id) == 1) {
            primary = false;
            if (strcmp(id, fingerprint) == 0)
                return true;
            if (first[0] == '\0')
                memcpy(first, id, sizeof id);
        }
        line += length + (line[length] == '\n' ? 1 : 0);
    }
    return false;
}

// Makes d->ring with the release key alone.
static int take_key(const struct folder *d, const struct signature *s, int stop_fd,
                    struct failure *f) {
    struct run_result r = {0};
    char fingerprint[ID_SIZE];
    (void)snprintf(fingerprint, sizeof fingerprint, "%s", s->fingerprint);
    char *const import[] = {"--import", d->key, NULL};
    char *const list[] = {"--with-colons", "--list-keys", NULL};
    char *const export[] = {"--output", d->ring, "--export", fingerprint, NULL};
    char first[ID_SIZE] = "";
    int result = run_gpg(&r, d, import, stop_fd, f); // its verdict is what the list shows
    run_free(&r);
    if (result == 0) {
        result = run_gpg(&r, d, list, stop_fd, f);
        if (result == 0 && !has_key(r.out, fingerprint, first))
            result = failure_set(f, EXIT_ID_ISO_SIGNATURE, not_used,
                                 "the key from %s %s%s, and the release key's fingerprint is %s",
                                 s->key_from, first[0] == '\0' ? "is none" : "has fingerprint ",
                                 first, fingerprint);
        run_free(&r);
    }
    if (result == 0) {
        result = run_gpg(&r, d, export, stop_fd, f);
        if (result == 0 && !run_ok(&r))
            result =
                failure_set(f, EXIT_ID_INTERNAL, "see that gpg works", "gpg failed: %s", r.err);
        run_free(&r);
    }
    return result;
}

// The rest of the first status line "[GNUPG:] WORD REST"; NULL if there is none.
static const char *status_line(const char *status, const char *word) {
    static const char lead[] = "[GNUPG:] ";
    const size_t n = strlen(word);
    for (const char *line = status; line != NULL && *line != '\0';) {
        if (strncmp(line, lead, sizeof lead - 1) == 0) {
            const char *at = line + sizeof lead - 1;
            if (strncmp(at, word, n) == 0 && (at[n] == ' ' || at[n] == '\n' || at[n] == '\0'))
                return at + n;
        }
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    return NULL;
}

int signature_judge(const char *status, const char *fingerprint, const char *name,
                    struct failure *f) {
    static const struct {
        const char *word, *meaning;
    } bad[] = {
        {"BADSIG", "it is for another file, or the file was changed"},
        {"EXPKEYSIG", "the release key has expired"},
        {"REVKEYSIG", "the release key was revoked"},
        {"EXPSIG", "it has expired"},
        {"NO_PUBKEY", "it was made with another key"},
        {"ERRSIG", "it cannot be checked"},
        {"NODATA", "there is none in the .asc file"},
        {"UNEXPECTED", "the .asc file is damaged"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *rest = status_line(status, bad[i].word);
        char key[ID_SIZE] = "";
        if (rest == NULL)
            continue;
        if (strcmp(bad[i].word, "NO_PUBKEY") == 0)
            (void)sscanf(rest, " %63[0-9A-F]", key);
        return failure_set(f, EXIT_ID_ISO_SIGNATURE, not_used,
                           "the signature of %s is not good: %s%s%s", name, bad[i].meaning,
                           key[0] == '\0' ? "" : " ", key);
    }
    // VALIDSIG ends with the fingerprint of the primary key.
    const char *valid = status_line(status, "VALIDSIG");
    const size_t length = valid == NULL ? 0 : strcspn(valid, "\n");
    const size_t n = strlen(fingerprint);
    if (status_line(status, "GOODSIG") == NULL || length <= n ||
        memcmp(valid + length - n, fingerprint, n) != 0 || valid[length - n - 1] != ' ')
        return failure_set(f, EXIT_ID_ISO_SIGNATURE, not_used,
                           "the signature of %s is not good: it is none of the release key", name);
    return 0;
}

static int verify(const struct folder *d, const struct signature *s, const char *file,
                  const char *name, int stop_fd, struct failure *f) {
    struct run_result r = {0};
    char *path = strdup(file);
    char *const argv[] = {"gpgv",        "--homedir", d->path, "--keyring", d->ring,
                          "--status-fd", "1",         d->sig,  path,        NULL};
    int result = path == NULL
                     ? failure_set(f, EXIT_ID_INTERNAL, "free some memory", "there is no memory")
                     : run_program(&r, argv, stop_fd, f);
    if (result == 0)
        result = signature_judge(r.out, s->fingerprint, name, f);
    if (result == 0 && !run_ok(&r))
        result = failure_set(f, EXIT_ID_ISO_SIGNATURE, not_used,
                             "the signature of %s is not good: gpgv failed", name);
    run_free(&r);
    free(path);
    return result;
}

int signature_check(const struct signature *s, const char *file, const char *name, int stop_fd,
                    struct failure *f) {
    struct folder d;
    int result = folder_make(&d, f);
    if (result == 0)
        result = put(d.key, s->key, s->key_size, f);
    if (result == 0)
        result = put(d.sig, s->text, s->size, f);
    if (result == 0)
        result = take_key(&d, s, stop_fd, f);
    if (result == 0)
        result = verify(&d, s, file, name, stop_fd, f);
    folder_free(&d);
    return result;
}
