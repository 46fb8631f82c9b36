// Bytes of a file or a disk: little-endian numbers in them, hexadecimal digits for them, and all of
// them from a descriptor.
#ifndef QEMU_GROW_BASE_BYTES_H
#define QEMU_GROW_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

static inline uint16_t get_le16(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get_le32(const uint8_t *p) {
    return (uint32_t)get_le16(p) | (uint32_t)get_le16(p + 2) << 16;
}

static inline uint64_t get_le64(const uint8_t *p) {
    return (uint64_t)get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}

// Two lower-case digits for each byte, and a NUL: hex has room for 2 * size + 1.
void bytes_hex(char *hex, const uint8_t *bytes, size_t size);

// As many random bytes, in hexadecimal with a NUL. 0, or -1 with errno.
int bytes_random_hex(char *hex, size_t size);

// Reads up to `size` bytes at `offset`, fewer only where the file ends. How many, or -1 with errno.
ssize_t bytes_read(int fd, void *bytes, size_t size, uint64_t offset);

// Writes all of it where the descriptor stands. 0, or -1 with errno.
int bytes_write(int fd, const void *bytes, size_t size);

#endif
