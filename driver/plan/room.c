// Sums up what resize2fs writes, group by group, without doing it.
#include "plan/room.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "plan/subformat.h"

// The image's tables for the new size, the boot sector, and what e2fsck touches.
static const uint64_t slack = UINT64_C(8) << 20;

// Bytes that this user can still write beside the disk.
static uint64_t available(const char *path) {
    struct statvfs v;
    char *folder = strdup(path);
    if (folder == NULL)
        return UINT64_MAX;
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    const int rc = statvfs(slash == NULL ? "." : folder, &v);
    free(folder);
    return rc == 0 ? (uint64_t)v.f_bavail * v.f_frsize : UINT64_MAX;
}

void room_estimate(struct plan *p, bool in_place) {
    const struct ext_super *s = &p->before.fs;
    const uint64_t old_groups = ext_groups(s, s->blocks);
    const uint64_t new_groups = ext_groups(s, p->fs_blocks);
    const uint64_t added = new_groups > old_groups ? new_groups - old_groups : 0;
    const uint64_t descriptors = ext_descriptor_blocks(s, p->fs_blocks);
    const bool moves = descriptors > ext_descriptor_blocks(s, s->blocks) + s->reserved_gdt_blocks;
    const bool lazy = (s->ro_compat & (EXT_RO_COMPAT_GDT_CSUM | EXT_RO_COMPAT_METADATA_CSUM)) != 0;
    const uint64_t group = 2 + (uint64_t)s->inode_table_blocks; // two bitmaps and a table
    const uint64_t certain = (lazy ? descriptors : added * group + descriptors) * s->block_size;
    const uint64_t possible =
        ((moves ? new_groups : added) * group + 2 * descriptors) * s->block_size + slack;
    // A grown copy is a second disk for a while.
    const uint64_t copy = !in_place && subformat_needs_copy(p->format) ? p->image.file_used : 0;
    p->room = (struct plan_room){.certain = certain + copy,
                                 .possible = copy + (in_place ? possible : 2 * possible),
                                 .available = available(p->disk)};
}
