// The files of a recording without what --redact names now, beyond what was kept out of them then.
#ifndef QEMU_GROW_BUNDLE_CLEAN_H
#define QEMU_GROW_BUNDLE_CLEAN_H

#include <stddef.h>

#include "record/redact.h"

// A file's bytes without secrets: a new text, *size its length; NULL without memory. name: the
// file's; it decides how the bytes are read. Secrets are looked for in the bytes of logs, in each
// text of events.jsonl, and in each stream of session.cast as a whole.
char *clean_file(struct redact *x, const char *name, const char *bytes, size_t *size);

#endif
