// The ISO's kernel is taken out only when there is a race.
#include "choose_accel.h"

#include <unistd.h>

#include "boot_kept.h"

struct files {
    const struct iso *iso;
    bool no_cache;
    struct report *report;
};

static int open_files(void *data, struct race *race, struct failure *f) {
    const struct files *files = data;
    race->kernel = boot_kept_kernel(files->iso, files->no_cache, files->report, f);
    race->initramfs =
        race->kernel < 0 ? -1 : boot_kept_initramfs(files->iso, files->no_cache, files->report, f);
    return race->initramfs < 0 ? -1 : 0;
}

int choose_accel(struct race_result *result, struct options *o, const struct iso *iso,
                 const struct scripts *scripts, struct report *report, struct failure *f) {
    struct race race = {.qemu = o->qemu,
                        .memory_mib = o->memory_mib,
                        .kernel = -1,
                        .initramfs = -1,
                        .scripts = scripts,
                        .timeout_scale = o->timeout_scale,
                        .report = report};
    struct files files = {.iso = iso, .no_cache = o->no_cache, .report = report};
    if (!verdict_wanted(o))
        return 0;
    const int rc =
        verdict_find(result, &race, o->no_cache ? NULL : &iso->cache, open_files, &files, f);
    if (race.kernel >= 0)
        (void)close(race.kernel);
    if (race.initramfs >= 0)
        (void)close(race.initramfs);
    if (rc == 0)
        o->accel = result->name;
    return rc;
}
