// The table: a row for each choice that some routes do not have.
#include "options/route.h"

#include <stddef.h>

static bool seq(const struct options *o) {
    return o->seq_given && o->seq != MOMENT_NO;
}

static bool writes_log(const struct options *o) {
    return o->log != MOMENT_NO;
}

static bool plug_at(const struct options *o, enum plug plug) {
    return o->attach == ATTACH_USB && o->plug_given && o->plug == plug;
}

static bool plug_boot(const struct options *o) {
    return plug_at(o, PLUG_BOOT);
}

static bool plug_single(const struct options *o) {
    return plug_at(o, PLUG_SINGLE);
}

static bool plug_init(const struct options *o) {
    return plug_at(o, PLUG_INIT);
}

static bool plug_login(const struct options *o) {
    return plug_at(o, PLUG_LOGIN);
}

static bool debug_init(const struct options *o) {
    return o->debug_init;
}

static bool verbose_services(const struct options *o) {
    return o->verbose_services;
}

static bool attach_hda(const struct options *o) {
    return o->attach_given && o->attach == ATTACH_HDA;
}

static bool plug_by_drive(const struct options *o) {
    return o->plug_by_given && o->plug_by == PLUG_BY_DRIVE;
}

static bool no_warm(const struct options *o) {
    return o->no_warm;
}

static bool no_cache(const struct options *o) {
    return o->no_cache;
}

static bool qemu_args(const struct options *o) {
    return o->qemu_args != NULL && o->qemu_args[0] != NULL;
}

static const struct meaning {
    const char *option; // as it is named to a person
    bool (*given)(const struct options *o);
    enum route last; // the quickest route on which it has a meaning
    const char *why; // it has none on the others: a clause
} meanings[] = {
    {"--seq", seq, ROUTE_RUNBOOK, "mdev gets no events that it could keep in order"},
    {"--log", writes_log, ROUTE_RUNBOOK, "mdev gets no events that it could log"},
    {"--verbose-services", verbose_services, ROUTE_RUNBOOK, "there are no services"},
    {"--plug=login", plug_login, ROUTE_RUNBOOK, "nobody logs in"},
    {"--plug=init", plug_init, ROUTE_RUNBOOK, "the boot does not come to /sbin/init"},
    {"--plug=single", plug_single, ROUTE_SINGLE, "the boot does not come to the single mode"},
    {"--debug-init", debug_init, ROUTE_SINGLE, "the initramfs' first program does not run"},
    {"--plug=boot", plug_boot, ROUTE_EARLY, "there is no boot loader"},
    {"--attach=hda", attach_hda, ROUTE_DIRECT, "no IDE disk can be plugged in"},
    {"--plug-by=drive", plug_by_drive, ROUTE_DIRECT, "the monitor is not used"},
    {"--no-warm", no_warm, ROUTE_DIRECT, "a prepared guest is used"},
    {"--no-cache", no_cache, ROUTE_DIRECT, "the prepared guest is in the cache"},
    {"an argument for QEMU itself", qemu_args, ROUTE_DIRECT,
     "the guest is prepared for other runs, too"},
};

static const struct meaning *missing(const struct options *o, enum route route) {
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (route > meanings[i].last && meanings[i].given(o))
            return &meanings[i];
    return NULL;
}

int route_check(const struct options *o, enum route route, struct failure *f) {
    const struct meaning *m = missing(o, route);
    if (m == NULL)
        return 0;
    return failure_set(f, EXIT_ID_USAGE, "leave one of them out",
                       "%s has no meaning with --route=%s, where %s", m->option, route_words[route],
                       m->why);
}

enum route route_quickest(const struct options *o) {
    return route_slower(o, ROUTE_COUNT);
}

enum route route_slower(const struct options *o, enum route route) {
    while (route > ROUTE_RUNBOOK)
        if (missing(o, --route) == NULL)
            return route;
    return ROUTE_COUNT;
}
