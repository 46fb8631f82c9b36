// Names and meanings of the program's own variables.
#include "dialogue/builtin.h"

#include <stddef.h>

const char *const builtin_variables[] = {
    "route",        // runbook, single, early, direct, warm
    "attach",       // hda, virtio, usb
    "seq",          // single, init, login, no
    "log",          // single, init, login, no
    "plug",         // boot, single, init, login, late; no unless attach is usb
    "plug_by",      // device, drive
    "debug_init",   // yes, no
    "console",      // yes, no
    "append",       // further kernel arguments, or empty
    "kmsg_mark",    // yes, no
    "dmesg",        // yes, no
    "verbose",      // yes, no: rc-service -v
    "serial",       // the disk's serial number in this run
    "seed",         // random digits of the host
    "drive_spec",   // argument of the monitor's drive_add, quoted
    "disk_sectors", // of the grown disk, 512 bytes each
    "disk_bytes",
    "part",       // number of the partition
    "partitions", // used entries of the table
    "start",      // first sector of the partition
    "old_end",    // its last sector before
    "new_end",    // and after
    "type_hex",   // its type as fdisk prints it, e.g. 83
    "boot_flag",  // * or empty
    "label",      // file system label, empty when there is none or it has odd characters
    "fs_blocks",  // blocks of the grown file system
    "host_time",  // seconds since 1970 (UTC) on the host, when the present state began
    "rc",         // exit code of the last command
    "qmp_says",   // what QEMU said to the last command of its own protocol
    "qmp_status", // the member `status` of that
    "mark_left",  // the two halves of the current command's mark
    "mark_right",
    "mark_status", // the shell variable that keeps the current command's exit code
    NULL,
};
