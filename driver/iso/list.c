// --list-isos and --clear-cache: what is known, what is there, and making room.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iso/catalogue.h"
#include "iso/iso.h"

static const char row[] = "%-10s %10s  %-8s  %-6s  %s";
enum { SIZE_TEXT = 32 };

static void size_text(char text[SIZE_TEXT], uint64_t bytes) {
    if (bytes == 0)
        (void)snprintf(text, SIZE_TEXT, "-");
    else
        (void)snprintf(text, SIZE_TEXT, "%.1f MiB", (double)bytes / 1048576.0);
}

static const struct record *record_of(struct record *const *records, size_t count,
                                      const char *sha256) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(records[i]->sha256, sha256) == 0)
            return records[i];
    return NULL;
}

// Listed without being read: the next use reads it.
static bool is_there(const struct cache *c, const char *sha256) {
    char *path = cache_path(c, sha256, ".iso");
    const bool there = path != NULL && access(path, R_OK) == 0;
    free(path);
    return there;
}

static void list_catalogue(const struct catalogue *c, const struct cache *cache,
                           struct record *const *records, size_t count, const struct iso_watch *w) {
    const struct release *r = NULL;
    const char *preset = catalogue_default(c);
    char size[SIZE_TEXT];
    for (size_t i = 0; (r = catalogue_release_at(c, i)) != NULL; i++) {
        const struct record *have = record_of(records, count, r->sha256);
        size_text(size, r->size != 0 ? r->size : have != NULL ? have->size : 0);
        const bool is_default = preset != NULL && strcmp(preset, r->version) == 0;
        char name[64];
        (void)snprintf(name, sizeof name, "%s%s", r->version, is_default ? "*" : "");
        watch_note(w, row, name, size, "pinned", is_there(cache, r->sha256) ? "yes" : "no",
                   r->sha256);
    }
}

static void list_cached(const struct catalogue *c, const struct cache *cache,
                        struct record *const *records, size_t count, const struct iso_watch *w) {
    char size[SIZE_TEXT];
    for (size_t i = 0; i < count; i++) {
        const struct record *r = records[i];
        if (catalogue_digest(c, r->sha256) != NULL || !is_there(cache, r->sha256))
            continue;
        size_text(size, r->size);
        watch_note(w, row, r->version, size, r->trust, "yes", r->sha256);
    }
}

int iso_list(const struct iso_request *q, const struct iso_watch *w, struct failure *f) {
    struct cache cache = {0};
    size_t count = 0;
    struct catalogue *c = catalogue_load(q->isos, true, f);
    if (c == NULL || cache_open(&cache, false, f) != 0) {
        catalogue_free(c);
        return -1;
    }
    struct record **records = cache_records(&cache, &count);
    watch_note(w, row, "release", "size", "trust", "cached", "SHA-256");
    list_catalogue(c, &cache, records, count, w);
    list_cached(c, &cache, records, count, w);
    watch_note(w, "* is used when --iso is not given; the cache is %s", cache.folder);
    for (size_t i = 0; i < count; i++)
        record_free(records[i]);
    free(records);
    cache_close(&cache);
    catalogue_free(c);
    return 0;
}

int iso_clear(const struct iso_watch *w, struct failure *f) {
    struct cache cache = {0};
    uint64_t bytes = 0;
    size_t busy = 0;
    if (cache_open(&cache, false, f) != 0)
        return -1;
    const int result = cache_clear(&cache, &bytes, &busy, f);
    if (result == 0)
        watch_note(w, "%s is %s now; %.1f MiB became free%s", cache.folder,
                   busy > 0 ? "not empty" : "empty", (double)bytes / 1048576.0,
                   busy > 0 ? "; what is in use was left" : "");
    cache_close(&cache);
    return result;
}
