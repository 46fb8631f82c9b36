// The files in a directory of an ISO 9660 image: their names, and where they are.
//
// A reader of its own, because an image is a stranger's file and a look at it must end: libarchive
// 3.6.2 (Debian 12) goes round for ever where a Rock Ridge continuation points at itself, and takes
// 4 GiB of memory for a directory that claims to have them. This one takes no memory, and reads no
// more than a fixed number of sectors, whatever the image says.
//
// Known: blocks of 2048 bytes, names by Rock Ridge, else by Joliet, else the plain ones.
#ifndef QEMU_GROW_ISO_ISO9660_H
#define QEMU_GROW_ISO_ISO9660_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ISO9660_SECTOR = 2048,
    ISO9660_DESCRIPTOR = 16 * ISO9660_SECTOR, // offset of the primary volume descriptor
};

// Where the bytes are.
struct iso9660_bytes {
    int fd;            // read by pread; -1: in memory
    const void *bytes; // then, they are here
    uint64_t size;     // bytes
};

// So many bytes, beginning at a sector.
struct iso9660_extent {
    uint32_t sector;
    uint32_t size; // bytes
};

// An image that was opened. Nothing needs to be freed.
struct iso9660 {
    struct iso9660_bytes in;
    struct iso9660_extent root;
    bool rock;     // there are Rock Ridge's entries
    bool joliet;   // the root is Joliet's, and names are UCS-2
    unsigned skip; // bytes before the first entry of a system use area
    unsigned left; // sectors that may yet be read
};

// Each of these returns NULL, or what is wrong with the image, for "... is damaged: %s".

// The caller has seen that there is a primary volume descriptor.
const char *iso9660_open(struct iso9660 *iso, const struct iso9660_bytes *in);

// Calls see with the name of each ordinary file in the directory, which has names between slashes,
// such as "apks/x86_64"; with none if there is no such directory. Characters that are not ASCII are
// question marks.
const char *iso9660_files(struct iso9660 *iso, const char *directory,
                          void (*see)(void *data, const char *name), void *data);

// Where an ordinary file is, such as "boot/vmlinuz-virt": *found, and then *extent, all of which is
// in the image.
const char *iso9660_find(struct iso9660 *iso, const char *path, bool *found,
                         struct iso9660_extent *extent);

#endif
