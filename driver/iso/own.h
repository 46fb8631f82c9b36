// A file of the user's own, used as the user says, with what is known of it.
#ifndef QEMU_GROW_ISO_OWN_H
#define QEMU_GROW_ISO_OWN_H

#include "iso/catalogue.h"
#include "iso/fetch.h"
#include "iso/iso.h"

// Fills path, sha256, trust, how and look. with: to fetch the release key by, if --trust wants a
// signature; or NULL: no network. 0, or -1 with EXIT_ID_ISO_UNREADABLE, EXIT_ID_ISO_WRONG,
// EXIT_ID_ISO_MISMATCH (--sha256), EXIT_ID_ISO_UNTRUSTED (--trust) or EXIT_ID_ISO_SIGNATURE.
int own_file(struct iso *iso, const struct iso_request *q, const struct catalogue *c,
             const struct fetcher *with, const struct iso_watch *w, struct failure *f);

#endif
