// Folders for temporary files, which a run that was killed cannot leave for ever.
//
// A folder's own lock (flock) is held while it is in use, and the system gives it up with the
// process. The next folder that is made takes away those that nobody holds.
#ifndef QEMU_GROW_ISO_SCRATCH_H
#define QEMU_GROW_ISO_SCRATCH_H

// Makes $TMPDIR/qemu-grow-KIND-XXXXXX (without $TMPDIR: /tmp), and removes those of that kind and
// this user that nobody holds. *path is allocated. The descriptor that holds it; -1 with errno
// (*path is then the name that could not be made, or NULL without memory).
int scratch_make(char **path, const char *kind);

// Removes it with all that is in it, and frees path. fd: from scratch_make; with -1 nothing is
// removed.
void scratch_remove(char *path, int fd);

#endif
