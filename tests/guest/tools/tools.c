/*
 * Start of the test guest's one static program: runs the tool whose name it was called by.
 */
#include <libgen.h>
#include <stdio.h>
#include <string.h>

#include "tools.h"

struct tool {
    const char *name;
    int (*main)(int argc, char **argv);
};

static const struct tool tools[] = {
    {.name = "blkid", .main = blkid_main},
    {.name = "kmsg-noise", .main = kmsg_noise_main},
    {.name = "nlplug-findfs", .main = nlplug_findfs_main},
    {.name = "uevent-forwarder", .main = uevent_forwarder_main},
};

int main(int argc, char **argv) {
    const char *name = argc > 0 ? basename(argv[0]) : "";
    for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++)
        if (strcmp(name, tools[i].name) == 0)
            return tools[i].main(argc, argv);
    fprintf(stderr, "%s: no such tool\n", name);
    return 127;
}
