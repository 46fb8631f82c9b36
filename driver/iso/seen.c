// The record's name is the SHA-256 of the file's path.
#include "iso/seen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "iso/record.h"

// The record's path. NULL: there is none.
static char *record_path(const struct cache *part, const char *path) {
    char key[DIGEST_HEX + 1];
    struct digest *d = digest_new(DIGEST_SHA256);
    const bool named =
        d != NULL && digest_add(d, path, strlen(path)) == 0 && digest_end(d, key) == 0;
    digest_free(d);
    return named ? cache_path(part, key, ".yaml") : NULL;
}

static bool is_of(const struct record *r, const char *path, const char *stamp) {
    return r != NULL && r->file != NULL && strcmp(r->file, path) == 0 && r->seen != NULL &&
           strcmp(r->seen, stamp) == 0;
}

static void keep(const char *record, const char *path, const struct stat *st, char *stamp,
                 char *hex) {
    char version[] = "own";
    char trust[] = "none";
    char *file = strdup(path);
    const struct record r = {.file = file,
                             .version = version,
                             .sha256 = hex,
                             .trust = trust,
                             .seen = stamp,
                             .size = (uint64_t)st->st_size};
    if (file != NULL)
        (void)record_save(&r, record);
    free(file);
}

int seen_digest(const struct cache *c, const char *path, int fd, int stop_fd,
                char hex[DIGEST_HEX + 1]) {
    struct stat st;
    struct cache part;
    struct failure ignored;
    char stamp[CACHE_STAMP];
    const time_t now = time(NULL);
    // A device's stamp does not tell that it was written to.
    if (c == NULL || c->folder == NULL || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        cache_part(&part, c, CACHE_OWN, &ignored) != 0)
        return digest_file(fd, stop_fd, hex);
    cache_stamp(stamp, &st);
    char *name = record_path(&part, path);
    struct record *r = name == NULL ? NULL : record_load(name);
    const bool same = is_of(r, path, stamp);
    int result = 0;
    if (same)
        (void)snprintf(hex, DIGEST_HEX + 1, "%s", r->sha256);
    else
        result = digest_file(fd, stop_fd, hex);
    const int error = errno;
    if (result == 0 && !same && name != NULL && cache_settled(&st, now) &&
        cache_make(&part, &ignored) == 0)
        keep(name, path, &st, stamp, hex);
    record_free(r);
    free(name);
    cache_close(&part);
    errno = error;
    return result;
}
