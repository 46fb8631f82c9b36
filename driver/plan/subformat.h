// The options with which an image was made, as far as a copy of it has to be made with the same:
// read from the image's own headers, since qemu-img tells few of them.
#ifndef QEMU_GROW_PLAN_SUBFORMAT_H
#define QEMU_GROW_PLAN_SUBFORMAT_H

#include <stdbool.h>

#include "base/failure.h"

enum { SUBFORMAT_SIZE = 256 };

// Whether qemu-img cannot grow images of this format, or write into them, so that only a grown copy
// can take the disk's place.
bool subformat_needs_copy(const char *format);

// Writes the options into text as `qemu-img convert -o` takes them. fd: the image, open for
// reading. 0, or -1 with EXIT_ID_FORMAT_FIXED, saying why no copy would be the same: a format that
// is not known here, several files, a parent, a header that cannot be understood.
int subformat_options(char text[SUBFORMAT_SIZE], const char *format, int fd, struct failure *f);

// Whether a grown copy can take the disk's place and lose nothing. 0, or -1 with
// EXIT_ID_COPY_REFUSED (hard links; an owner that this user cannot give the copy),
// EXIT_ID_FORMAT_FIXED or EXIT_ID_DISK_UNREADABLE.
int subformat_check(const char *disk, const char *format, struct failure *f);

#endif
