// The digest of a large file that may have holes.
#ifndef QEMU_GROW_WARM_CONTENT_H
#define QEMU_GROW_WARM_CONTENT_H

#include "iso/digest.h"

// The XXH128 of all pieces of the file that are not zeros, each behind the number of its first
// byte. So zeros count for nothing whether they are in a hole, which is not read, or were written;
// the file's size is another matter. stop_fd: -1, or a descriptor that becomes readable when the
// caller wants to stop. The descriptor's offset is moved. 0, or -1 with errno (EINTR: stopped).
int content_digest(int fd, int stop_fd, char hex[DIGEST_HEX_XXH + 1]);

// The same, and makes holes of the zeros, where the file system can. fd can be written to.
int content_thin(int fd, int stop_fd, char hex[DIGEST_HEX_XXH + 1]);

#endif
