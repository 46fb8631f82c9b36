// What the host does in a run besides the guest, as commands that a person or a script can run.
#ifndef QEMU_GROW_RUNBOOK_HOST_H
#define QEMU_GROW_RUNBOOK_HOST_H

#include "base/failure.h"
#include "host_steps.h"
#include "options/options.h"
#include "plan/plan.h"
#include "work/files.h"

// Each must end with the exit code 0.
struct host_command {
    enum host_step step;
    char **argv;      // NULL-terminated, allocated
    const char *must; // what must be seen, where that is more than exit code 0; or NULL
};

enum { HOST_COMMANDS_MAX = 16 };

struct host_commands {
    struct work_files files;
    char must[64]; // text that a command's `must` points to
    struct host_command at[HOST_COMMANDS_MAX];
    size_t count; // in their order; those before HOST_GUEST_RUNS come before the guest
};

// The commands for this plan and these options. Only reads. 0, or -1 with *f; host_commands_free in
// each case.
int host_commands_make(struct host_commands *h, const struct options *o, const struct plan *p,
                       struct failure *f);
void host_commands_free(struct host_commands *h);

#endif
