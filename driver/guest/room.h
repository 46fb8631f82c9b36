// Room on the host's file system, below the disk's image.
#ifndef QEMU_GROW_GUEST_ROOM_H
#define QEMU_GROW_GUEST_ROOM_H

#include <stdbool.h>

// Whether the file system that holds the file is as good as full (less than 1 MiB left for us).
// QEMU stops a guest whose image cannot grow, without a word on the console: this tells why it is
// so still.
bool room_is_out(const char *path);

#endif
