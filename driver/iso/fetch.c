// Rounds over the servers; what one transfer does with its bytes is part.c's.
#include "iso/fetch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iso/part.h"

enum {
    STEP_FORWARD = 64 * 1024, // bytes that a try must have brought not to count as a failed one
    PAUSES_MAX = 6,           // doublings of the pause
};

// One try with one server. *wait_s: what it asks for; *forward: it brought something of use.
typedef enum transfer_end attempt(void *data, const char *url, unsigned *wait_s, bool *forward,
                                  struct failure *f);

// Of several failures, the one that says most: the later in this list, the more.
static int weight(enum exit_id id) {
    static const enum exit_id order[] = {EXIT_ID_ISO_FETCH_FAILED, EXIT_ID_ISO_INSECURE,
                                         EXIT_ID_ISO_TOO_LARGE, EXIT_ID_ISO_MISMATCH};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (order[i] == id)
            return (int)i;
    return -1;
}

// Failures of this host: no other server can help.
static bool is_local(enum exit_id id) {
    return weight(id) < 0;
}

struct rounds {
    const struct fetch_job *job;
    const struct fetcher *with;
    attempt *one;
    void *data;
    bool *dead;          // by URL: will not be asked again
    size_t missing;      // URLs that do not have the file
    size_t which;        // the URL that gave it
    struct failure most; // the failure that says most
};

enum round_end { ROUND_DONE, ROUND_STOP, ROUND_AGAIN, ROUND_FORWARD };

// Asks each server that is left, once.
static enum round_end one_round(struct rounds *r, unsigned *wait_s, struct failure *f) {
    bool left = false;
    for (size_t i = 0; i < r->job->count; i++) {
        bool forward = false;
        unsigned asked = 0;
        if (r->dead[i])
            continue;
        const enum transfer_end end = r->one(r->data, r->job->urls[i], &asked, &forward, f);
        if (end == TRANSFER_DONE) {
            r->which = i;
            return ROUND_DONE;
        }
        if (end == TRANSFER_STOPPED || is_local(f->id))
            return ROUND_STOP;
        if (weight(f->id) >= weight(r->most.id))
            r->most = *f;
        if (forward)
            return ROUND_FORWARD;
        *wait_s = asked > *wait_s ? asked : *wait_s;
        r->dead[i] = end != TRANSFER_AGAIN;
        r->missing += end == TRANSFER_MISSING ? 1 : 0;
        left = left || !r->dead[i];
        if (i + 1 < r->job->count)
            watch_note(r->with->watch, "%s; trying the next mirror", f->what);
    }
    return left ? ROUND_AGAIN : ROUND_STOP;
}

static int give_up(struct rounds *r, struct failure *f) {
    if (r->most.id == EXIT_ID_OK || is_local(f->id)) // as the last try said
        return -1;
    if (r->job->count == 1) {
        *f = r->most;
        return -1;
    }
    return failure_set(f, r->most.id, r->most.next, "none of %zu mirrors gave %s: %s",
                       r->job->count, r->job->name, r->most.what);
}

static int all_rounds(struct rounds *r, struct failure *f) {
    const struct manner *m = &r->with->manner;
    for (unsigned round = 0; round < m->rounds;) {
        unsigned wait_s = 0;
        const enum round_end end = one_round(r, &wait_s, f);
        if (end == ROUND_DONE)
            return 0;
        if (end == ROUND_STOP)
            return give_up(r, f);
        if (end == ROUND_FORWARD) {
            watch_note(r->with->watch, "%s; going on", f->what);
            round = 0;
        } else if (++round == m->rounds) {
            break;
        }
        const unsigned doublings = round < PAUSES_MAX ? round : PAUSES_MAX;
        unsigned pause = m->pause << (doublings > 0 ? doublings - 1 : 0);
        pause = pause > wait_s * 1000 ? pause : wait_s * 1000;
        if (end == ROUND_AGAIN)
            watch_note(r->with->watch, "%s; trying again in %u.%u s", f->what, pause / 1000,
                       pause % 1000 / 100);
        if (watch_wait(r->with->watch, (int)pause) != 0)
            return failure_set(f, watch_stop_id(), "run again: what has come is kept",
                               "the fetch of %s was stopped", r->job->name);
    }
    return give_up(r, f);
}

static int run_rounds(struct rounds *r, struct failure *f) {
    r->dead = calloc(r->job->count, sizeof *r->dead);
    if (r->dead == NULL)
        return failure_set(f, EXIT_ID_INTERNAL, "free some memory", "there is no memory");
    const int result = all_rounds(r, f);
    free(r->dead);
    r->dead = NULL;
    return result;
}

// ------------------------------------------------------------------ a file

struct file_fetch {
    const struct fetch_job *job;
    const struct fetcher *with;
    struct fetched *done;
    uint64_t most; // bytes that any try has reached
};

// One transfer into the part, and what came of it. *again: a fresh start may help.
static enum transfer_end one_file(struct file_fetch *x, const char *url, unsigned *wait_s,
                                  bool *again, struct failure *f) {
    struct part p;
    enum transfer_end end = TRANSFER_REFUSED;
    *again = false;
    if (part_open(&p, x->job, x->with, f) == 0) {
        const struct sink sink = {&p, part_begin, part_write, part_tick};
        const bool whole = x->job->size != 0 && p.size == x->job->size;
        end = whole ? TRANSFER_DONE
                    : transfer_run(x->with->transfer, url, p.size, p.validator, &sink, wait_s, f);
        if (end == TRANSFER_DONE && part_finish(&p, x->done->sha256, f) != 0)
            end = TRANSFER_REFUSED;
        x->done->size = p.size;
        *again = p.again;
        if (end == TRANSFER_RANGE) { // the part is all of the file, or of another one
            *again = p.size > 0;
            end = TRANSFER_REFUSED;
        }
    }
    part_close(&p);
    return end;
}

static enum transfer_end attempt_file(void *data, const char *url, unsigned *wait_s, bool *forward,
                                      struct failure *f) {
    struct file_fetch *x = data;
    bool again = false;
    enum transfer_end end = one_file(x, url, wait_s, &again, f);
    if (end == TRANSFER_REFUSED && again) {
        watch_note(x->with->watch, "%s; beginning anew", f->what);
        fetch_forget(x->job->part);
        end = one_file(x, url, wait_s, &again, f);
    }
    *forward = end == TRANSFER_AGAIN && x->done->size >= x->most + STEP_FORWARD;
    x->most = x->done->size > x->most ? x->done->size : x->most;
    if (end == TRANSFER_REFUSED)
        fetch_forget(x->job->part);
    return end;
}

int fetch_file(struct fetched *done, const struct fetch_job *job, const struct fetcher *with,
               struct failure *f) {
    struct file_fetch x = {.job = job, .with = with, .done = done};
    struct rounds r = {.job = job, .with = with, .one = attempt_file, .data = &x};
    *done = (struct fetched){0};
    const int result = run_rounds(&r, f);
    done->which = r.which;
    if (result != 0 && done->size == 0)
        fetch_forget(job->part);
    with->watch->progress(with->watch->data, job->name, done->size, job->size, 1);
    return result;
}

// ------------------------------------------------------------------ a small text

struct text_fetch {
    const struct fetch_job *job;
    const struct fetcher *with;
    char *text;
    size_t size;
};

static int text_begin(void *data, const struct reply *reply, struct failure *f) {
    struct text_fetch *x = data;
    (void)reply, (void)f;
    x->size = 0;
    return 0;
}

static int text_write(void *data, const void *bytes, size_t size, struct failure *f) {
    struct text_fetch *x = data;
    if (size > FETCH_TEXT_MAX - x->size)
        return failure_set(f, EXIT_ID_ISO_TOO_LARGE, "check the URL",
                           "the server's %s has more than %d bytes", x->job->name, FETCH_TEXT_MAX);
    memcpy(x->text + x->size, bytes, size);
    x->size += size;
    return 0;
}

static enum transfer_end attempt_text(void *data, const char *url, unsigned *wait_s, bool *forward,
                                      struct failure *f) {
    struct text_fetch *x = data;
    const struct sink sink = {x, text_begin, text_write, NULL};
    *forward = false;
    return transfer_run(x->with->transfer, url, 0, "", &sink, wait_s, f);
}

int fetch_text(char **text, size_t *size, bool *missing, const struct fetch_job *job,
               const struct fetcher *with, struct failure *f) {
    struct text_fetch x = {.job = job, .with = with, .text = malloc(FETCH_TEXT_MAX + 1)};
    struct rounds r = {.job = job, .with = with, .one = attempt_text, .data = &x};
    *missing = false;
    if (x.text == NULL)
        return failure_set(f, EXIT_ID_INTERNAL, "free some memory", "there is no memory");
    const int result = run_rounds(&r, f);
    *missing = result != 0 && r.missing == job->count;
    if (result != 0) {
        free(x.text);
        return -1;
    }
    x.text[x.size] = '\0';
    *text = x.text;
    *size = x.size;
    return 0;
}
