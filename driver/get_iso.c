// Options in, notes and a line of progress out; all the rest is iso/.
#include "get_iso.h"

#include "base/signals.h"
#include "report/progress.h"

// What iso_watch's calls need.
struct show {
    struct report *report;
    struct progress progress;
};

static void on_note(void *data, const char *line) {
    struct show *s = data;
    progress_clear(&s->progress);
    report_note(s->report, "%s", line);
}

static void on_progress(void *data, const char *name, uint64_t done, uint64_t total, int over) {
    struct show *s = data;
    progress_draw(&s->progress, name, done, total, over != 0);
}

// The lines of a list are what was asked for: no time before them, and -q does not take them away.
static void on_line(void *data, const char *line) {
    (void)data;
    (void)puts(line);
}

static struct iso_watch watch_of(struct show *s) {
    return (struct iso_watch){
        .data = s, .stop_fd = signals_fd(), .note = on_note, .progress = on_progress};
}

static struct iso_request request_of(const struct options *o) {
    return (struct iso_request){.iso = o->iso,
                                .sha256 = o->sha256,
                                .isos = o->isos,
                                .mirror = o->mirror,
                                .least = o->trust,
                                .least_given = o->trust_given,
                                .offline = o->offline,
                                .no_cache = o->no_cache,
                                .plain_http = o->allow_http};
}

int get_iso(struct iso *iso, const struct options *o, struct report *r, struct failure *f) {
    struct show s = {.report = r, .progress = progress_new(stdout, o->verbosity >= 0)};
    const struct iso_watch w = watch_of(&s);
    const struct iso_request q = request_of(o);
    const int result = iso_resolve(iso, &q, &w, f);
    progress_clear(&s.progress);
    if (result != 0)
        return -1;
    report_note(r, "ISO: %s", iso->how);
    report_detail(r, "the ISO is %s, with e2fsprogs %s on it", iso->path, iso->look.e2fsprogs);
    return 0;
}

int get_iso_quietly(struct iso *iso, const struct options *o,
                    void (*note)(void *data, const char *line), struct failure *f) {
    const struct iso_watch w = {.stop_fd = signals_fd(), .note = note};
    const struct iso_request q = request_of(o);
    return iso_resolve(iso, &q, &w, f);
}

int get_iso_action(const struct options *o, struct report *r, struct failure *f) {
    const struct iso_watch w = {.stop_fd = signals_fd(), .note = on_line};
    const struct iso_request q = request_of(o);
    struct iso iso;
    if (o->action == ACTION_LIST_ISOS)
        return iso_list(&q, &w, f);
    if (o->action == ACTION_CLEAR_CACHE)
        return iso_clear(&w, f);
    const int result = get_iso(&iso, o, r, f);
    if (result == 0)
        on_line(NULL, iso.path);
    iso_free(&iso);
    return result;
}
