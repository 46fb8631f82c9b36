// The kernel and the initramfs of an ISO, for a QEMU that starts them by itself.
#ifndef QEMU_GROW_ISO_BOOT_FILE_H
#define QEMU_GROW_ISO_BOOT_FILE_H

#include <stdbool.h>

#include "base/failure.h"

#define BOOT_FILE_KERNEL "boot/vmlinuz-virt"
#define BOOT_FILE_INITRAMFS "boot/initramfs-virt"

enum { BOOT_FILE_MAX = 256 * 1024 * 1024 }; // bytes of one that is taken

// Copies one of them out of the ISO into memory that has a descriptor but no name, so that nothing
// is left of it after this process and those that inherit it; sealed: nobody changes it any more.
// Returns the descriptor (close-on-exec; to be closed), or -1 with EXIT_ID_ISO_UNREADABLE or
// EXIT_ID_ISO_WRONG.
int boot_file_open(const char *iso, const char *name, struct failure *f);

// The same, but for its end: enough for QEMU to take it for what it is, for a guest that has its
// kernel already.
int boot_file_open_head(const char *iso, const char *name, struct failure *f);

// One of them without its compression, by one of unpack.h's, where that can take it off; else as it
// is.
int boot_file_unpacked(const char *iso, const char *name, bool unpack(int packed, int out),
                       struct failure *f);

#endif
