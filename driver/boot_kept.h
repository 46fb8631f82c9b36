// The kernel and the initramfs of the ISO for a QEMU that starts them itself, without their
// compression: found in the cache, or unpacked and kept there.
#ifndef QEMU_GROW_BOOT_KEPT_H
#define QEMU_GROW_BOOT_KEPT_H

#include <stdbool.h>

#include "base/failure.h"
#include "iso/iso.h"
#include "report/report.h"

// What is in the cache was found to be what was written, byte for byte. What is not there is
// unpacked once, even if several programs want it. no_cache: the cache is neither read nor written;
// then, and where it cannot be written, the file is memory without a name. One that cannot be
// unpacked is taken as it is on the ISO. All go without a name, or are readable by their owner
// alone.
//
// A descriptor (close-on-exec; to be closed), which keeps the file from being removed, or -1 as
// boot_file_open, or with EXIT_ID_INTERRUPTED or EXIT_ID_TERMINATED.
int boot_kept_kernel(const struct iso *iso, bool no_cache, struct report *report,
                     struct failure *f);
int boot_kept_initramfs(const struct iso *iso, bool no_cache, struct report *report,
                        struct failure *f);

#endif
