// From what the user names to URLs and digests.
#include "iso/wanted.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iso/source.h"

static const char by_catalogue[] = "that of the catalogue";
static const char by_user[] = "the one given by --sha256";

void urls_free(char **urls, size_t count) {
    for (size_t i = 0; urls != NULL && i < count; i++)
        free(urls[i]);
    free(urls);
}

// Takes the new URL over.
static int push(char ***urls, size_t *count, char *url) {
    char **more = url == NULL ? NULL : realloc(*urls, (*count + 1) * sizeof *more);
    if (more == NULL) {
        free(url);
        return -1;
    }
    *urls = more;
    more[(*count)++] = url;
    return 0;
}

// base/path, with one slash between.
static char *joined(const char *base, const char *path) {
    size_t n = strlen(base);
    char *url = NULL;
    while (n > 0 && base[n - 1] == '/')
        n--;
    return asprintf(&url, "%.*s/%s", (int)n, base, path) < 0 ? NULL : url;
}

char **urls_on_mirrors(const struct iso_request *q, const struct catalogue *c, const char *path,
                       size_t *count) {
    char **urls = NULL;
    const char *mirror = q->mirror != NULL ? q->mirror : catalogue_mirror_at(c, 0);
    *count = 0;
    for (size_t i = 1; mirror != NULL; i++) {
        if (push(&urls, count, joined(mirror, path)) != 0) {
            urls_free(urls, *count);
            *count = 0;
            return NULL;
        }
        mirror = q->mirror != NULL ? NULL : catalogue_mirror_at(c, i);
    }
    return urls;
}

char **urls_with_suffix(const struct wanted *w, const char *suffix) {
    char **urls = NULL;
    size_t count = 0;
    for (size_t i = 0; i < w->count; i++) {
        char *url = NULL;
        if (asprintf(&url, "%s%s", w->urls[i], suffix) < 0 || push(&urls, &count, url) != 0) {
            urls_free(urls, count);
            return NULL;
        }
    }
    return urls;
}

// --sha256, if it was given and nothing else is known.
static int take_users_digest(struct wanted *w, const struct iso_request *q, struct failure *f) {
    char sha256[DIGEST_HEX + 1];
    if (q->sha256 == NULL)
        return 0;
    if (!digest_is_hex(q->sha256, sha256))
        return failure_set(f, EXIT_ID_USAGE, "give what sha256sum prints first",
                           "--sha256 takes 64 hexadecimal digits, not '%s'", q->sha256);
    if (w->pin != NULL && strcmp(w->sha256, sha256) != 0)
        return failure_set(f, EXIT_ID_USAGE, "leave --sha256 out, or mend the catalogue",
                           "--sha256 is %s, and the catalogue has %s for %s", sha256, w->sha256,
                           w->name);
    if (w->pin == NULL) {
        memcpy(w->sha256, sha256, sizeof w->sha256);
        w->pin = by_user;
    }
    return 0;
}

static void take_release(struct wanted *w, const struct release *r) {
    (void)snprintf(w->sha256, sizeof w->sha256, "%s", r->sha256);
    w->size = r->size;
    w->pin = by_catalogue;
}

int wanted_release(struct wanted *w, const struct iso_request *q, const struct catalogue *c,
                   const char *version, struct failure *f) {
    *w = (struct wanted){0};
    (void)snprintf(w->version, sizeof w->version, "%s", version);
    const struct release *r = catalogue_release(c, version);
    w->name = catalogue_name(c, version);
    char *path = catalogue_path(c, version);
    if (w->name == NULL || path == NULL) {
        free(path);
        return failure_no_memory(f);
    }
    if (r != NULL)
        take_release(w, r);
    if (r != NULL && r->url != NULL && push(&w->urls, &w->count, strdup(r->url)) != 0) {
        free(path);
        return failure_no_memory(f);
    }
    if (w->count == 0)
        w->urls = urls_on_mirrors(q, c, path, &w->count);
    free(path);
    if (w->count == 0)
        return failure_set(f, EXIT_ID_CATALOGUE_BAD, "add one, or name one by --mirror=URL",
                           "the catalogue has no mirrors");
    return take_users_digest(w, q, f);
}

int wanted_newest(struct wanted *w, const struct iso_request *q, const struct catalogue *c,
                  const struct newest *n, struct failure *f) {
    if (wanted_release(w, q, c, n->version, f) != 0)
        return -1;
    if (w->pin == NULL) { // its server's word is no more than a checksum
        memcpy(w->sha256, n->sha256, sizeof w->sha256);
        w->size = n->size;
        return 0;
    }
    if (n->sha256[0] != '\0' && strcmp(n->sha256, w->sha256) != 0)
        return failure_set(f, EXIT_ID_ISO_MISMATCH, "try another mirror by --mirror=URL",
                           "the server names SHA-256 %s for %s, and %s is %s", n->sha256, w->name,
                           w->pin, w->sha256);
    return 0;
}

int wanted_url(struct wanted *w, const struct iso_request *q, const struct catalogue *c,
               const char *url, struct failure *f) {
    *w = (struct wanted){0};
    const size_t length = strcspn(url, "?#");
    const char *base = (const char *)memrchr(url, '/', length) + 1; // after "://" at least
    w->name = strndup(base, length - (size_t)(base - url));
    if (w->name == NULL || push(&w->urls, &w->count, strdup(url)) != 0)
        return failure_no_memory(f);
    if (w->name[0] == '\0')
        return failure_set(f, EXIT_ID_USAGE, "give the URL of a file", "%s names no file", url);
    const struct release *r = NULL;
    for (size_t i = 0; q->sha256 == NULL && (r = catalogue_release_at(c, i)) != NULL; i++) {
        char *name = catalogue_name(c, r->version);
        const bool same = name != NULL && strcmp(name, w->name) == 0;
        free(name);
        if (!same)
            continue;
        take_release(w, r);
        break;
    }
    return take_users_digest(w, q, f);
}

void wanted_free(struct wanted *w) {
    free(w->name);
    urls_free(w->urls, w->count);
    *w = (struct wanted){0};
}

char *wanted_key(const struct wanted *w) {
    char *key = NULL;
    if (w->sha256[0] != '\0')
        return strdup(w->sha256);
    if (asprintf(&key, "name-%.200s", w->name) < 0)
        return NULL;
    for (char *c = key; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            *c = '_';
    return key;
}
