// The overlay: a qcow2 of the new size beside the disk, backed by the disk, which is only read.
#ifndef QEMU_GROW_WORK_OVERLAY_H
#define QEMU_GROW_WORK_OVERLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "work/files.h"

extern const char overlay_format[]; // "qcow2"

// Makes it. format: of the disk; size in bytes. stop_fd as in run_program. 0, or -1 with
// EXIT_ID_IN_THE_WAY (there is a file of that name already), EXIT_ID_OUTPUT_UNWRITABLE (no file can
// be made beside the disk) or what qemu_img_run says.
int overlay_make(const struct work_files *w, const char *format, uint64_t size,
                 const char *qemu_img, int stop_fd, struct failure *f);

// Whether the file is such an overlay: a qcow2 of that size, backed by the disk in that format. 0,
// or -1 with EXIT_ID_COMMIT_FAILED.
int overlay_check(const struct work_files *w, const char *format, uint64_t size,
                  const char *qemu_img, struct failure *f);

// Brings its content into the disk, which grows to its size, and has it on the host's disk. Nothing
// stops it. again: a commit was cut off; all of it is done once more, and what that one had taken
// of the image without using it is freed. 0, or -1 with EXIT_ID_COMMIT_FAILED or what qemu_img_run
// says.
int overlay_commit(const struct work_files *w, const char *format, const char *qemu_img, bool again,
                   struct failure *f);

// The arguments of the qemu-img that overlay_make and overlay_commit run. Allocated (argv_free);
// NULL without memory.
char **overlay_make_argv(const struct work_files *w, const char *format, uint64_t size,
                         const char *qemu_img);
char **overlay_commit_argv(const struct work_files *w, const char *qemu_img);

#endif
