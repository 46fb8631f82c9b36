// QEMU's command line, as the runbook's steps 4 and 8 have it, and what the monitor is told of the
// disk.
#ifndef QEMU_GROW_GUEST_COMMAND_H
#define QEMU_GROW_GUEST_COMMAND_H

#include "base/failure.h"
#include "options/options.h"
#include "plan/plan.h"

enum { COMMAND_SERIAL_SIZE = 17 }; // bytes of a serial number, with its NUL

struct qemu_command {
    char **argv;     // NULL-terminated
    char *drive_add; // --plug-by=drive: the last argument of the monitor's drive_add, quoted as the
                     // monitor wants it; else NULL
};

// Whether QEMU can be run. 0, or -1 with EXIT_ID_PROGRAM_MISSING.
int qemu_find(const char *qemu, struct failure *f);

// Puts QEMU's command line together. p: NULL for a guest that is only prepared, and has no disk.
// On the route warm the disk is not attached: who plugs it in finds it as the drive disk0. serial:
// what the guest is to know the disk by, letters and digits (for USB it is for the monitor's
// device_add to give). Returns 0 (qemu_command_free is the caller's), or -1 with
// EXIT_ID_ISO_UNREADABLE, or EXIT_ID_USAGE when the disk's path has bytes that the monitor cannot
// be given.
int qemu_command_make(struct qemu_command *c, const struct options *o, const struct plan *p,
                      const char *serial, struct failure *f);
// The same with a path of the ISO that is not looked at.
int qemu_command_with(struct qemu_command *c, const struct options *o, const struct plan *p,
                      const char *serial, const char *iso, struct failure *f);
void qemu_command_free(struct qemu_command *c);

// Adds what tells us of the guest's death: a device by which its kernel reports a panic, which ends
// QEMU then, and QMP on a socket that QEMU inherits as qmp_fd. 0, or -1 without memory.
int qemu_command_add_qmp(struct qemu_command *c, int qmp_fd, struct failure *f);

// Has QEMU start a kernel by itself. Kernel and initramfs are descriptors that QEMU inherits. 0, or
// -1 without memory.
int qemu_command_add_kernel(struct qemu_command *c, int kernel, int initramfs, const char *cmdline,
                            struct failure *f);

// Has QEMU wait for a guest to be loaded (migrate-incoming). 0, or -1 without memory.
int qemu_command_add_incoming(struct qemu_command *c, struct failure *f);

// A new random serial number: "QG" and 14 hexadecimal digits. Returns 0, or -1 with
// EXIT_ID_INTERNAL.
int qemu_serial(char serial[COMMAND_SERIAL_SIZE], struct failure *f);

// `text` as one argument of a command typed into QEMU's monitor, in double quotes. Allocated; NULL
// with EXIT_ID_USAGE when it has bytes that the monitor's line editor takes as keys, or no memory.
char *monitor_quote(const char *text, struct failure *f);

#endif
