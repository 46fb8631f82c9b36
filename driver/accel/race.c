// Starts a QEMU for each, listens to all consoles in turn.
#include "accel/race.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/monotonic.h"
#include "base/run.h"
#include "base/signals.h"
#include "console/link.h"
#include "dialogue/guest_clock.h"
#include "dialogue/patience.h"

enum {
    RACERS_MAX = 5,
    TURN_MS = 20,          // for each console
    DATA_BYTES = 64 << 20, // more than a kernel and its initramfs have
};

static const char tcg[] = "tcg";
static const char cmdline[] = "console=ttyS0 rdinit=/bin/sh";

// Accelerators that use the processor's own virtualisation, as QEMU calls them, on all systems.
static const char *const known[] = {"kvm", "hvf", "whpx", "nvmm"};

struct racer {
    const char *name;
    struct link *link; // NULL: it has given up
    struct usage usage;
    uint64_t lines; // new ones on its console
};

struct field {
    const struct race *race;
    struct pattern *finish;
    struct racer at[RACERS_MAX]; // TCG comes last
    size_t count;
    struct guest_clock clock; // of TCG's guest
    struct patience patience;
};

// Whether QEMU's own list has the name in a line of its own.
static bool offers(const char *list, const char *name) {
    const size_t n = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += n)
        if ((at == list || at[-1] == '\n') && (at[n] == '\n' || at[n] == '\0'))
            return true;
    return false;
}

// Who races: what QEMU offers, and TCG.
static int enter(struct field *field, struct failure *f) {
    struct run_result r;
    char *const argv[] = {(char *)field->race->qemu, (char[]){"-accel"}, (char[]){"help"}, NULL};
    const int result = run_program(&r, argv, signals_fd(), f);
    for (size_t i = 0; result == 0 && i < sizeof known / sizeof *known; i++)
        if (offers(r.out, known[i]))
            field->at[field->count++] = (struct racer){.name = known[i]};
    run_free(&r);
    field->at[field->count++] = (struct racer){.name = tcg};
    return result;
}

// Starts one; a QEMU that cannot be started has lost.
static int start(struct field *field, struct racer *r, struct failure *f) {
    const struct race *race = field->race;
    struct failure why;
    char memory[16];
    char kernel[32];
    char initramfs[32];
    (void)snprintf(memory, sizeof memory, "%u", race->memory_mib);
    (void)snprintf(kernel, sizeof kernel, "/proc/self/fd/%d", race->kernel);
    (void)snprintf(initramfs, sizeof initramfs, "/proc/self/fd/%d", race->initramfs);
    const char *argv[] = {race->qemu, "-nographic", "-nic",  "none",    "-no-reboot", "-m",
                          memory,     "-accel",     r->name, "-kernel", kernel,       "-initrd",
                          initramfs,  "-append",    cmdline, NULL};
    const int keep[] = {race->kernel, race->initramfs};
    struct pty *pty =
        pty_spawn_keeping((char *const *)argv, keep, sizeof keep / sizeof *keep, &why);
    if (pty == NULL) {
        report_detail(race->report, "accelerator %s: %s", r->name, why.what);
        return 0;
    }
    r->link = link_new(pty, NULL, -1);
    if (r->link == NULL) {
        pty_free(pty);
        return failure_no_memory(f);
    }
    if (stream_watch(link_text(r->link), &field->finish, 1) != 0)
        return failure_no_memory(f);
    return 0;
}

static void retire(struct racer *r) {
    link_free(r->link);
    r->link = NULL;
}

// Listens to one for a moment. True when it has arrived.
static bool listen(const struct field *field, struct racer *r) {
    struct failure why;
    const enum link_event event = link_pump(r->link, TURN_MS, false, &why);
    r->usage = link_usage(r->link);
    r->lines = link_news(r->link);
    if (stream_find(link_text(r->link), event == LINK_GONE) >= 0)
        return true;
    if (event != LINK_GONE && event != LINK_ERROR)
        return false;
    size_t size = 0;
    const char *line = link_last_line(r->link, &size);
    report_detail(field->race->report, "accelerator %s: QEMU has ended (%.*s)", r->name, (int)size,
                  line);
    retire(r);
    return false;
}

static size_t racing(const struct field *field) {
    size_t n = 0;
    for (size_t i = 0; i < field->count; i++)
        n += field->at[i].link != NULL ? 1 : 0;
    return n;
}

// TCG's guest has made no progress for too long on its own clock.
static bool stuck(struct field *field, struct racer *last) {
    const uint64_t data = usage_data(&field->clock.usage, &last->usage);
    return patience_over(&field->patience,
                         guest_clock_look(&field->clock, monotonic_ms(), &last->usage), data);
}

// Who comes first; NULL with *f when a signal came. Nobody: the last one.
static struct racer *first(struct field *field, struct failure *f) {
    struct racer *last = &field->at[field->count - 1];
    uint64_t lines = 0;
    guest_clock_start(&field->clock, monotonic_ms(), &last->usage, field->race->timeout_scale);
    while (last->link != NULL && racing(field) > 1) {
        for (size_t i = 0; i < field->count; i++)
            if (field->at[i].link != NULL && listen(field, &field->at[i]))
                return &field->at[i];
        if (signals_count() > 0) {
            (void)signals_fail(f);
            return NULL;
        }
        if (last->lines != lines)
            patience_news(&field->patience);
        lines = last->lines;
        if (last->link != NULL && stuck(field, last))
            return last;
    }
    return last;
}

static const char *fate(const struct racer *r, bool winner) {
    if (r->link == NULL)
        return "could not be used";
    return winner ? "came first" : "was still on its way";
}

// What each had done by then.
static void explain(const struct field *field, const struct racer *winner, char *why, size_t size) {
    size_t used =
        (size_t)snprintf(why, size, "%s", field->count == 1 ? "QEMU offers no other" : "");
    for (size_t i = 0; field->count > 1 && i < field->count && used < size; i++) {
        const struct racer *r = &field->at[i];
        used += (size_t)snprintf(why + used, size - used,
                                 "%s%s %s (%.1f s of processor time, %ju lines)",
                                 i == 0 ? "" : ", ", r->name, fate(r, r == winner),
                                 (double)r->usage.cpu_ms / 1000, (uintmax_t)r->lines);
    }
}

static int race_all(struct field *field, struct race_result *result, struct failure *f) {
    int rc = enter(field, f);
    for (size_t i = 0; rc == 0 && field->count > 1 && i < field->count; i++)
        rc = start(field, &field->at[i], f);
    if (rc != 0)
        return -1;
    const struct racer *winner = first(field, f);
    if (winner == NULL)
        return -1;
    (void)snprintf(result->name, sizeof result->name, "%s", winner->name);
    explain(field, winner, result->why, sizeof result->why);
    return 0;
}

int race_run(struct race_result *result, const struct race *race, struct failure *f) {
    const struct dialogue *d = scripts_dialogue(race->scripts, "accel");
    const struct state *s = d == NULL || d->states_count == 0 ? NULL : d->states;
    char why[256];
    if (s == NULL || s->expect_count == 0 || s->expect->see == NULL)
        return failure_set(f, EXIT_ID_SCRIPTS_BAD, "restore the dialogue files",
                           "the dialogue `accel` does not say where the race ends");
    struct field field = {.race = race,
                          .finish = pattern_compile(s->expect->see, why, sizeof why),
                          .patience = patience_new(1000.0 * s->budget, DATA_BYTES)};
    if (field.finish == NULL)
        return failure_set(f, EXIT_ID_SCRIPTS_BAD, "mend the dialogue file",
                           "the pattern `%s` cannot be used: %s", s->expect->see, why);
    const int rc = race_all(&field, result, f);
    for (size_t i = 0; i < field.count; i++)
        retire(&field.at[i]);
    pattern_free(field.finish);
    return rc;
}
