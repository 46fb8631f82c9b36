// What both kinds of runbook are made from.
#include "runbook/runbook.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "dialogue/given.h"
#include "routes.h"
#include "work/overlay.h"

// The serial number of a run is random; that of a runbook is the file system's, so that the same
// disk has the same runbook.
static void serial_of(char serial[COMMAND_SERIAL_SIZE], const struct plan *p) {
    enum { BYTES = (COMMAND_SERIAL_SIZE - sizeof "QG") / 2 };
    (void)memcpy(serial, "QG", sizeof "QG");
    bytes_hex(serial + 2, p->before.fs.uuid, BYTES);
}

int runbook_make(struct runbook *b, const struct options *o, const struct plan *p,
                 const struct scripts *scripts, const char *iso, struct failure *f) {
    *b = (struct runbook){.o = o,
                          .plan = p,
                          .scripts = scripts,
                          .dialogue = routes[o->route].dialogue,
                          .guest = *p,
                          .iso = iso != NULL};
    if (routes[o->route].own_kernel)
        return failure_set(f, EXIT_ID_USAGE, "choose another --route",
                           "there is no runbook of the route %s, whose kernel this program takes "
                           "out of the ISO",
                           route_words[o->route]);
    serial_of(b->serial, p);
    if (host_commands_make(&b->host, o, p, f) != 0)
        return -1;
    if (!o->in_place) {
        b->guest.disk = b->host.files.overlay;
        b->guest.format = (char *)overlay_format;
    }
    if (qemu_command_with(&b->command, o, &b->guest, b->serial, b->iso ? iso : RUNBOOK_NO_ISO, f) !=
        0)
        return -1;
    b->vars = vars_new();
    if (b->vars == NULL || given_set(b->vars, o, &b->guest, b->serial, &b->command) != 0)
        return failure_no_memory(f);
    return 0;
}

void runbook_free(struct runbook *b) {
    vars_free(b->vars);
    qemu_command_free(&b->command);
    host_commands_free(&b->host);
    *b = (struct runbook){0};
}
