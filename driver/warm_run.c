// Name, look, lock, look again, prepare, keep.
#include "warm_run.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/signals.h"
#include "warm/key.h"
#include "warm/store.h"

struct warm {
    const struct guest_run *like;
    struct guest_run maker;
    struct cache cache;
    char key[DIGEST_HEX + 1];
    struct iso_watch watch;
};

static void note_line(void *report, const char *line) {
    report_note(report, "%s", line);
}

// All that the prepared guest depends on.
static int name_it(struct warm *w, struct failure *f) {
    const struct options *o = w->like->o;
    struct key *k = key_new();
    if (k == NULL)
        return failure_no_memory(f);
    key_text(k, "program", QEMU_GROW_VERSION);
    key_text(k, "iso", w->like->iso->sha256);
    key_text(k, "append", o->append);
    key_text(k, "console", o->console ? "yes" : "no");
    key_command(k, w->maker.command.argv);
    key_host(k, false);
    int result = key_qemu(k, o->qemu, f);
    if (result == 0)
        result = key_scripts(k, w->like->scripts, f);
    if (result == 0)
        result = key_end(k, w->key, f);
    key_free(k);
    return result;
}

// The state, if there is one that is right. -1 with EXIT_ID_OK: there is none.
static int look(struct warm *w, bool tell, struct failure *f) {
    const int fd = store_find(&w->cache, w->key, signals_fd(), f);
    if (fd < 0 && f->id != EXIT_ID_OK && !watch_was_stopped(f)) {
        if (tell)
            report_note(w->like->report, "the prepared guest in the cache is thrown away: %s",
                        f->what);
        f->id = EXIT_ID_OK;
    }
    return fd;
}

// Under the lock.
static int prepare(struct warm *w, struct failure *f) {
    enum stage stage = STAGE_UNTOUCHED;
    store_drop(&w->cache, w->key);
    w->maker.state = store_begin(&w->cache, w->key, f);
    if (w->maker.state < 0)
        return -1;
    report_note(w->like->report, "preparing a guest, for this run and later ones");
    if (guest_run(&w->maker, &stage, f) == 0 &&
        store_keep(&w->cache, w->key, w->maker.state, signals_fd(), f) == 0)
        return w->maker.state;
    (void)close(w->maker.state);
    store_give_up(&w->cache, w->key);
    return -1;
}

static int look_or_prepare(struct warm *w, bool anew, bool *made, struct failure *f) {
    int fd = anew ? -1 : look(w, false, f);
    if (fd >= 0 || (!anew && f->id != EXIT_ID_OK))
        return fd;
    const int lock =
        cache_make(&w->cache, f) != 0 ? -1 : cache_lock(&w->cache, w->key, &w->watch, f);
    if (lock < 0)
        return -1;
    f->id = EXIT_ID_OK;
    fd = anew ? -1 : look(w, true, f); // another run may have been quicker
    if (fd < 0 && f->id == EXIT_ID_OK) {
        *made = true;
        fd = prepare(w, f);
    }
    (void)close(lock);
    return fd;
}

int warm_open(struct guest_run *g, bool anew, bool *made, struct failure *f) {
    struct warm w = {.like = g,
                     .maker = {.o = g->o,
                               .iso = g->iso,
                               .plan = g->plan,
                               .scripts = g->scripts,
                               .report = g->report,
                               .lock = -1,
                               .prepares = true},
                     .cache = {.scratch = -1, .held = -1},
                     .watch = {.data = g->report, .stop_fd = signals_fd(), .note = note_line}};
    *made = false;
    if (g->iso->cache.folder == NULL)
        return failure_set(f, EXIT_ID_CACHE_UNWRITABLE, "set $HOME or $XDG_CACHE_HOME",
                           "there is no folder for the cache");
    int fd = -1;
    if (cache_part(&w.cache, &g->iso->cache, CACHE_WARM, f) == 0 &&
        guest_run_prepare(&w.maker, f) == 0 && name_it(&w, f) == 0)
        fd = look_or_prepare(&w, anew, made, f);
    guest_run_end(&w.maker);
    cache_close(&w.cache);
    g->state = fd;
    return fd < 0 ? -1 : 0;
}
