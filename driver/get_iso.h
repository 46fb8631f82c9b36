// The ISO, from the options, with what the user sees of it.
#ifndef QEMU_GROW_GET_ISO_H
#define QEMU_GROW_GET_ISO_H

#include "base/failure.h"
#include "iso/iso.h"
#include "options/options.h"
#include "report/report.h"

// Finds or fetches the ISO that the options ask for, showing the progress, and says in one line how
// it is trusted. 0, or -1 with *f. *iso is to be given to iso_free in each case.
int get_iso(struct iso *iso, const struct options *o, struct report *r, struct failure *f);

// The same without a word to anybody but `note`, which gets what iso/ has to say.
int get_iso_quietly(struct iso *iso, const struct options *o,
                    void (*note)(void *data, const char *line), struct failure *f);

// --fetch, --list-isos, --clear-cache: 0, or -1 with *f.
int get_iso_action(const struct options *o, struct report *r, struct failure *f);

#endif
