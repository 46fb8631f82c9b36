// The files that a run keeps beside the disk, and writing them so that a crash leaves old or new.
#ifndef QEMU_GROW_WORK_FILES_H
#define QEMU_GROW_WORK_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

// All absolute but name. Their names are made of the disk's alone: no file names another one to be
// removed.
struct work_files {
    char *disk;        // symlinks resolved
    char *folder;      // that it is in
    const char *name;  // of the disk in it; points into disk
    char *journal;     // NAME.qemu-grow-journal
    char *overlay;     // NAME.qemu-grow-overlay, a qcow2
    char *copy_folder; // NAME.qemu-grow-copy, a folder
    char *copy;        // NAME in it, in the disk's format
};

// disk: absolute, symlinks resolved. 0, or -1 without memory. files_free is the caller's in each
// case.
int files_of(struct work_files *w, const char *disk, struct failure *f);
void files_free(struct work_files *w);

// Whether there is anything of that name, a dangling link included.
bool file_is_there(const char *path);

// Has the file's content, or the folder's entries, on the host's disk. 0, or -1 with
// EXIT_ID_IO_ERROR or EXIT_ID_HOST_FULL.
int file_sync(const char *path, struct failure *f);

// Puts `size` bytes into path: into a new file, synced, that is renamed over it; then the folder is
// synced. 0, or -1 with EXIT_ID_HOST_FULL, EXIT_ID_OUTPUT_UNWRITABLE or EXIT_ID_IO_ERROR; path is
// then what it was.
int file_replace(const char *folder, const char *path, const char *bytes, size_t size,
                 struct failure *f);

// Renames and syncs the folder. 0, or -1 with EXIT_ID_IO_ERROR.
int file_rename(const char *folder, const char *from, const char *to, struct failure *f);

// Removes path, if it is there, and what a cut-off file_replace has left of it. 0, or -1 with
// EXIT_ID_IO_ERROR.
int file_remove(const char *folder, const char *path, struct failure *f);

#endif
