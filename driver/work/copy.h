// A grown copy that takes the disk's place, for formats that qemu-img cannot grow.
#ifndef QEMU_GROW_WORK_COPY_H
#define QEMU_GROW_WORK_COPY_H

#include "work/files.h"

// Makes the copy of the overlay's content, with the disk's options, owner, mode and extended
// attributes (among them ACLs), compares all of its content with the overlay's, and has it on the
// host's disk. A copy that is there already is made anew. stop_fd as in run_program. 0, or -1 with
// EXIT_ID_COPY_REFUSED, EXIT_ID_COMMIT_FAILED, EXIT_ID_IO_ERROR or as qemu_img_run.
int copy_make(const struct work_files *w, const char *format, const char *qemu_img, int stop_fd,
              struct failure *f);

// Puts the copy in the disk's place. 0, or -1 with EXIT_ID_IO_ERROR.
int copy_rename(const struct work_files *w, struct failure *f);

// Removes the copy and its folder, if they are there. 0, or -1 with EXIT_ID_IO_ERROR.
int copy_remove(const struct work_files *w, struct failure *f);

// The arguments of the qemu-img that copy_make runs: the conversion, with the disk's own options,
// and the comparison. disk: an open descriptor of it. Allocated (argv_free); NULL with *f.
char **copy_convert_argv(const struct work_files *w, const char *format, int disk,
                         const char *qemu_img, struct failure *f);
char **copy_compare_argv(const struct work_files *w, const char *format, const char *qemu_img,
                         struct failure *f);

// Where a VDI has the UUIDs that a copy takes over, in bytes.
enum { COPY_VDI_UUIDS = 392, COPY_VDI_UUIDS_SIZE = 32 };

#endif
