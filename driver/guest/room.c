// Asks statvfs.
#include "guest/room.h"

#include <stdint.h>
#include <sys/statvfs.h>

enum { ROOM_MIN = 1024 * 1024 }; // bytes

bool room_is_out(const char *path) {
    struct statvfs s;
    return statvfs(path, &s) == 0 && (uint64_t)s.f_bavail * s.f_frsize < ROOM_MIN;
}
