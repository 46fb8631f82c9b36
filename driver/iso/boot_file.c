// memfd_create, and a copy of bounded size.
#include "iso/boot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "iso/iso9660.h"
#include "iso/unpack.h"

enum {
    PIECE = 65536,            // bytes that are copied at a time
    SETUP_MAX = 256 * 512,    // of a kernel's setup code, whose header counts sectors in a byte
    HEAD = SETUP_MAX + PIECE, // with some of the kernel behind it
};

static const char get_again[] = "get the file again, or leave --iso out to have it fetched";

static int unreadable(struct failure *f, const char *iso) {
    return failure_set(f, EXIT_ID_ISO_UNREADABLE, "check the path given by --iso",
                       "the ISO %s cannot be read: %s", iso, strerror(errno));
}

static int find(int in, const char *iso, const char *name, struct iso9660_extent *at,
                struct failure *f) {
    struct iso9660 image;
    bool found = false;
    const off_t size = lseek(in, 0, SEEK_END);
    if (size < 0)
        return unreadable(f, iso);
    const struct iso9660_bytes bytes = {.fd = in, .size = (uint64_t)size};
    const char *wrong = iso9660_open(&image, &bytes);
    if (wrong == NULL)
        wrong = iso9660_find(&image, name, &found, at);
    if (wrong != NULL)
        return failure_set(f, EXIT_ID_ISO_WRONG, get_again, "%s is damaged: %s", iso, wrong);
    if (!found)
        return failure_set(f, EXIT_ID_ISO_WRONG, get_again, "%s has no file /%s", iso, name);
    if (at->size == 0 || at->size > BOOT_FILE_MAX)
        return failure_set(f, EXIT_ID_ISO_WRONG, get_again, "/%s on %s has %u bytes", name, iso,
                           (unsigned)at->size);
    return 0;
}

static int copy(int in, int out, const struct iso9660_extent *at, uint32_t most) {
    char piece[PIECE];
    const uint64_t begin = (uint64_t)at->sector * ISO9660_SECTOR;
    const uint32_t size = at->size < most ? at->size : most;
    for (uint32_t done = 0; done < size;) {
        const uint32_t left = size - done;
        const size_t wanted = left < sizeof piece ? left : sizeof piece;
        errno = EIO; // of an image that has become shorter
        if (bytes_read(in, piece, wanted, begin + done) != (ssize_t)wanted ||
            bytes_write(out, piece, wanted) != 0)
            return -1;
        done += (uint32_t)wanted;
    }
    return fcntl(out, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
}

// Its first bytes, as many as `most`.
static int open_part(const char *iso, const char *name, uint32_t most, struct failure *f) {
    struct iso9660_extent at = {0};
    const int in = open(iso, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (in < 0)
        return unreadable(f, iso);
    int out = -1;
    if (find(in, iso, name, &at, f) == 0) {
        out = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (out < 0 || copy(in, out, &at, most) != 0) {
            (void)unreadable(f, iso);
            if (out >= 0)
                (void)close(out);
            out = -1;
        }
    }
    (void)close(in);
    return out;
}

int boot_file_open(const char *iso, const char *name, struct failure *f) {
    return open_part(iso, name, BOOT_FILE_MAX, f);
}

int boot_file_open_head(const char *iso, const char *name, struct failure *f) {
    return open_part(iso, name, HEAD, f);
}

int boot_file_unpacked(const char *iso, const char *name, bool unpack(int packed, int out),
                       struct failure *f) {
    const int packed = boot_file_open(iso, name, f);
    const int unpacked = packed < 0 ? -1 : unpack_sealed(packed, name, unpack);
    if (unpacked < 0)
        return packed;
    (void)close(packed);
    return unpacked;
}
