// QEMU's start, the dialogues, QEMU's end.
#include "guest_run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/monotonic.h"
#include "base/signals.h"
#include "boot_kept.h"
#include "dialogue/assign.h"
#include "dialogue/given.h"
#include "dialogue/guest_clock.h"
#include "dialogue/patience.h"
#include "iso/boot_file.h"
#include "routes.h"

enum {
    STOP_MS = 15000, // on the guest's clock: QEMU, told to end, may take this long without progress
    STOP_TURN_MS = 100,
    SEED_BYTES = 32, // random ones, for a guest that was prepared
};

static void add_given(void *given, const char *name, const char *value) {
    (void)json_object_set_new(given, name, record_text(value, strlen(value)));
}

int guest_run_prepare(struct guest_run *g, struct failure *f) {
    char seed[2 * SEED_BYTES + 1];
    g->kernel = g->initramfs = -1;
    if (qemu_serial(g->serial, f) != 0 ||
        qemu_command_make(&g->command, g->o, g->prepares ? NULL : g->plan, g->serial, f) != 0)
        return -1;
    g->commanded = true;
    g->vars = vars_new();
    if (g->vars == NULL || given_set(g->vars, g->o, g->plan, g->serial, &g->command) != 0)
        return failure_no_memory(f);
    if (bytes_random_hex(seed, SEED_BYTES) != 0 || vars_set(g->vars, "seed", seed) != 0)
        return failure_set(f, EXIT_ID_INTERNAL, "run again", "there are no random numbers");
    json_t *given = json_object();
    vars_each(g->vars, add_given, given);
    record_given(g->record, given);
    return 0;
}

typedef int kept(const struct iso *, bool no_cache, struct report *, struct failure *);

// A guest that goes on does not start: it has its kernel already, and QEMU, whose devices depend on
// being given one, is given its beginning. For one that is to be prepared unpacking would cost more
// than it saves.
static int open_boot_file(const struct guest_run *g, const char *name, kept *unpacked,
                          struct failure *f) {
    if (g->prepares)
        return boot_file_open(g->o->iso, name, f);
    if (routes[g->o->route].prepare != NULL)
        return boot_file_open_head(g->o->iso, name, f);
    return unpacked(g->iso, g->o->no_cache, g->report, f);
}

static int open_kernel(struct guest_run *g, struct failure *f) {
    g->kernel = open_boot_file(g, BOOT_FILE_KERNEL, boot_kept_kernel, f);
    if (g->kernel >= 0)
        g->initramfs = open_boot_file(g, BOOT_FILE_INITRAMFS, boot_kept_initramfs, f);
    return g->initramfs < 0 ? -1 : 0;
}

// What the boot loader would do; or has done, in a guest that was prepared.
static int load_kernel(struct guest_run *g, struct failure *f) {
    const struct route_row *route = &routes[g->o->route];
    if (assign_first(g->vars, g->scripts, route->prepare != NULL ? route->prepare : route->dialogue,
                     f) != 0)
        return -1;
    char *cmdline = assign_expand(g->vars, "%{cmdline}", false, f);
    int result = -1;
    if (cmdline != NULL) {
        if (open_kernel(g, f) == 0)
            result = qemu_command_add_kernel(&g->command, g->kernel, g->initramfs, cmdline, f);
    }
    free(cmdline);
    return result;
}

static int start(struct guest_run *g, enum stage *stage, struct failure *f) {
    if (routes[g->o->route].own_kernel && load_kernel(g, f) != 0)
        return -1;
    const bool warm = routes[g->o->route].prepare != NULL;
    if (warm && !g->prepares && qemu_command_add_incoming(&g->command, f) != 0)
        return -1;
    g->qmp = qmp_new(f);
    if (g->qmp == NULL || qemu_command_add_qmp(&g->command, qmp_theirs(g->qmp), f) != 0)
        return -1;
    for (char **arg = g->command.argv; *arg != NULL; arg++)
        report_detail(g->report, "QEMU argument: %s", *arg);
    g->started = monotonic_seconds();
    const int keep[] = {g->lock, qmp_theirs(g->qmp), g->kernel, g->initramfs};
    record_command(g->record, g->command.argv);
    struct pty *pty = pty_spawn_keeping(g->command.argv, keep, sizeof keep / sizeof *keep, f);
    qmp_started(g->qmp);
    if (pty == NULL)
        return -1;
    if (warm)
        qmp_lend(g->qmp, g->state);
    if (g->o->attach != ATTACH_USB && !warm)
        *stage = STAGE_ATTACHED;
    g->link = link_new(pty, g->record, signals_fd());
    if (g->link == NULL) {
        pty_free(pty);
        return failure_no_memory(f);
    }
    link_traces(g->link, g->o->debug_init);
    g->machine = machine_new(g->scripts, g->vars, g->link, g->report, g->plan->disk, *stage);
    if (g->machine == NULL)
        return failure_no_memory(f);
    machine_set_qmp(g->machine, g->qmp);
    const struct person_wish wish = {.interact = g->o->interact, .pause_at = g->o->pause_at};
    if (!g->prepares)
        machine_set_person(g->machine, &wish);
    return 0;
}

// What a guest without progress is given.
static struct machine_limits limits(const struct guest_run *g) {
    struct stat iso = {0};
    (void)stat(g->o->iso, &iso);
    return (struct machine_limits){.timeout_scale = g->o->timeout_scale,
                                   .data_bytes = (uint64_t)iso.st_size + g->plan->virtual_size,
                                   .may_cut = g->prepares || !g->o->in_place};
}

// Ends QEMU in order: SIGTERM, so that it flushes what it has (SIGCONT, should it be stopped);
// SIGKILL only when it does nothing any more, or the person insists.
static void stop(struct guest_run *g) {
    struct failure ignored;
    struct usage u = link_usage(g->link);
    struct patience patience = patience_new(STOP_MS, limits(g).data_bytes);
    struct guest_clock clock;
    const int signals = signals_count();
    guest_clock_start(&clock, monotonic_ms(), &u, g->o->timeout_scale);
    pty_signal(link_pty(g->link), SIGTERM);
    pty_signal(link_pty(g->link), SIGCONT);
    while (link_pump(g->link, STOP_TURN_MS, false, &ignored) != LINK_GONE) {
        u = link_usage(g->link);
        const uint64_t data = usage_data(&clock.usage, &u);
        const bool over =
            patience_over(&patience, guest_clock_look(&clock, monotonic_ms(), &u), data);
        if (over || signals_count() > signals + 1)
            pty_signal(link_pty(g->link), SIGKILL);
    }
}

static int talk(struct guest_run *g, bool *itself, enum stage *stage, struct failure *f) {
    const struct machine_limits l = limits(g);
    machine_set_limits(g->machine, &l);
    const struct route_row *route = &routes[g->o->route];
    int result = machine_run(g->machine, g->prepares ? route->prepare : route->dialogue, f);
    g->ended = monotonic_seconds();
    *stage = machine_stage(g->machine);
    report_end(g->report, result == 0);
    *itself = link_ended(g->link);
    record_talked(g->record, result == 0 ? "ok" : exit_rows[f->id].name, !*itself);
    if (result != 0) {
        g->diagnosis = machine_diagnosis(g->machine);
        stop(g);
        return -1;
    }
    *stage = STAGE_OFF;
    if (machine_retypings(g->machine) > 0)
        report_detail(g->report, "%u lines were typed again, since their echo was not perfect",
                      machine_retypings(g->machine));
    return 0;
}

int guest_run(struct guest_run *g, enum stage *stage, struct failure *f) {
    if (start(g, stage, f) != 0)
        return -1;
    bool itself = true;
    const int result = talk(g, &itself, stage, f);
    const int status = link_status(g->link);
    record_exit(g->record, g->command.argv[0], WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                WIFSIGNALED(status) ? WTERMSIG(status) : 0, itself);
    return result;
}

void guest_run_end(struct guest_run *g) {
    json_decref(g->diagnosis);
    machine_free(g->machine);
    link_free(g->link);
    qmp_free(g->qmp);
    vars_free(g->vars);
    if (!g->commanded)
        return;
    qemu_command_free(&g->command);
    if (g->kernel >= 0)
        (void)close(g->kernel);
    if (g->initramfs >= 0)
        (void)close(g->initramfs);
}
