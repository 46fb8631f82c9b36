// The ISO's kernel is taken out only when there is a race.
#include "choose_accel.h"

#include <unistd.h>

#include "iso/boot_file.h"

static int open_files(void *iso, struct race *race, struct failure *f) {
    race->kernel = boot_file_kernel(iso, true, f);
    race->initramfs = race->kernel < 0 ? -1 : boot_file_initramfs(iso, true, f);
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
    if (!verdict_wanted(o))
        return 0;
    const int rc =
        verdict_find(result, &race, o->no_cache ? NULL : &iso->cache, open_files, iso->path, f);
    if (race.kernel >= 0)
        (void)close(race.kernel);
    if (race.initramfs >= 0)
        (void)close(race.initramfs);
    if (rc == 0)
        o->accel = result->name;
    return rc;
}
