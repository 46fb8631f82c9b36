// Kept as a note in the cache; found out under its lock, once.
#include "accel/verdict.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/signals.h"
#include "warm/key.h"
#include "warm/note.h"

static const char automatic[] = "auto";

// QEMU's own words for an accelerator.
static const char *const choosing[] = {"-accel", "-enable-kvm", "--accel", "--enable-kvm",
                                       "accel="};

static bool chooses(char *const *args) {
    for (; args != NULL && *args != NULL; args++)
        for (size_t i = 0; i < sizeof choosing / sizeof *choosing; i++)
            if (strstr(*args, choosing[i]) != NULL)
                return true;
    return false;
}

bool verdict_wanted(const struct options *o) {
    if (o->accel != NULL)
        return strcasecmp(o->accel, automatic) == 0;
    return o->fast && !o->no_cache && !chooses(o->qemu_args);
}

static int name_of(char hex[DIGEST_HEX + 1], const char *qemu, struct failure *f) {
    struct key *k = key_new();
    if (k == NULL)
        return failure_no_memory(f);
    key_text(k, "program", QEMU_GROW_VERSION);
    int result = key_qemu(k, qemu, f);
    key_host(k, true);
    if (result == 0)
        result = key_end(k, hex, f);
    key_free(k);
    return result;
}

// What is remembered. True when there is such a verdict.
static bool remembered(struct race_result *result, const char *path, const char *key) {
    struct note *n = note_load(path, key);
    const bool there = n != NULL && n->word != NULL && n->word[0] != '\0' &&
                       strlen(n->word) < sizeof result->name &&
                       strspn(n->word, "abcdefghijklmnopqrstuvwxyz") == strlen(n->word);
    if (there) {
        (void)snprintf(result->name, sizeof result->name, "%s", n->word);
        (void)snprintf(result->why, sizeof result->why, "%s", n->why == NULL ? "" : n->why);
    }
    note_free(n);
    return there;
}

static void show(const struct race *race, const struct race_result *result, bool known) {
    report_detail(race->report, "accelerator: %s%s (%s)", result->name,
                  known ? ", as found out before" : "", result->why);
}

static int find_out(struct race_result *result, struct race *race,
                    int (*files)(void *data, struct race *race, struct failure *f), void *data,
                    struct failure *f) {
    report_note(race->report, "trying which of QEMU's accelerators is the quickest here");
    if (files(data, race, f) != 0 || race_run(result, race, f) != 0)
        return -1;
    show(race, result, false);
    return 0;
}

static void note_line(void *data, const char *line) {
    report_note(data, "%s", line);
}

static int remember(struct race_result *result, struct race *race, const struct cache *part,
                    const char *path, char *key,
                    int (*files)(void *data, struct race *race, struct failure *f), void *data,
                    struct failure *f) {
    const struct iso_watch w = {.data = race->report, .stop_fd = signals_fd(), .note = note_line};
    struct note n = {.format = NOTE_FORMAT, .key = key, .word = result->name, .why = result->why};
    const int lock = cache_make(part, f) != 0 ? -1 : cache_lock(part, key, &w, f);
    if (lock < 0 && signals_is(f->id))
        return -1;
    int rc = 0;
    if (lock < 0)
        rc = find_out(result, race, files, data, f); // and it cannot be remembered
    else if (remembered(result, path, key))          // by whoever had the lock
        show(race, result, true);
    else if ((rc = find_out(result, race, files, data, f)) == 0)
        (void)note_save(&n, path);
    if (lock >= 0)
        (void)close(lock);
    return rc;
}

int verdict_find(struct race_result *result, struct race *race, const struct cache *cache,
                 int (*files)(void *data, struct race *race, struct failure *f), void *data,
                 struct failure *f) {
    struct cache part = {.scratch = -1, .held = -1};
    char key[DIGEST_HEX + 1];
    if (cache == NULL || cache->folder == NULL)
        return find_out(result, race, files, data, f);
    if (name_of(key, race->qemu, f) != 0 || cache_part(&part, cache, CACHE_ACCEL, f) != 0)
        return -1;
    char *path = cache_path(&part, key, ".yaml");
    int rc = 0;
    if (path == NULL)
        rc = failure_no_memory(f);
    else if (remembered(result, path, key))
        show(race, result, true);
    else
        rc = remember(result, race, &part, path, key, files, data, f);
    free(path);
    cache_close(&part);
    return rc;
}

void verdict_forget(const char *qemu, const struct cache *cache) {
    struct cache part = {.scratch = -1, .held = -1};
    char key[DIGEST_HEX + 1];
    struct failure ignored;
    if (cache == NULL || cache->folder == NULL || name_of(key, qemu, &ignored) != 0 ||
        cache_part(&part, cache, CACHE_ACCEL, &ignored) != 0)
        return;
    char *path = cache_path(&part, key, ".yaml");
    if (path != NULL)
        (void)unlink(path);
    free(path);
    cache_close(&part);
}
