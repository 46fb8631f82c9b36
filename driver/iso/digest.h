// Digests of a whole file, and in steps: SHA-256 and SHA-512 by OpenSSL, XXH128 by xxHash.
#ifndef QEMU_GROW_ISO_DIGEST_H
#define QEMU_GROW_ISO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    DIGEST_HEX = 64,      // characters of a SHA-256
    DIGEST_HEX_MAX = 128, // of the longest: SHA-512
    DIGEST_HEX_XXH = 32,  // of an XXH128
};

// XXH128 is many times faster than the others. It tells damage, and nothing else: whoever can write
// to a file can make another one that has the same. So it is for files of our own that lie beside
// the note of their digest.
enum digest_kind { DIGEST_SHA256, DIGEST_SHA512, DIGEST_XXH128 };

// Characters of a digest.
size_t digest_characters(enum digest_kind kind);

// Whether text is a digest in hexadecimal and nothing more; lower, with room for it and a NUL, gets
// it in lower case. lower may be NULL, or text itself.
bool digest_is_hex_of(enum digest_kind kind, const char *text, char *lower);

// The same for a SHA-256.
bool digest_is_hex(const char *text, char lower[DIGEST_HEX + 1]);

// The SHA-256 of all bytes of the file fd, from its beginning; its offset is not used. stop_fd: -1,
// or a descriptor that becomes readable when the caller wants to stop. 0, or -1 with errno (EINTR:
// stopped).
int digest_file(int fd, int stop_fd, char hex[DIGEST_HEX + 1]);

// The same for any; hex has room for it and a NUL.
int digest_file_of(enum digest_kind kind, int fd, int stop_fd, char *hex);

// Whether the caller wants to stop, by a stop_fd as above.
bool digest_stopped(int stop_fd);

// A digest in steps.
struct digest;

struct digest *digest_new(enum digest_kind kind); // NULL without memory
void digest_free(struct digest *d);

// 0, or -1 with errno.
int digest_add(struct digest *d, const void *bytes, size_t size);

// Adds at most `most` bytes at `offset` of the file, by way of the buffer. The number of bytes, 0
// at the end, -1 with errno.
ssize_t digest_read(struct digest *d, int fd, void *buffer, size_t most, uint64_t offset);

// The digest, for which hex has room, and for a NUL; nothing can be added any more. 0, or -1 with
// errno.
int digest_end(struct digest *d, char *hex);

#endif
