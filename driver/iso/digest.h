// SHA-256 by OpenSSL: of a whole file, and in steps.
#ifndef QEMU_GROW_ISO_DIGEST_H
#define QEMU_GROW_ISO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { DIGEST_HEX = 64 }; // characters of a SHA-256

// Whether text is a SHA-256 in hexadecimal and nothing more; lower gets it in lower case. lower may
// be NULL, or text itself.
bool digest_is_hex(const char *text, char lower[DIGEST_HEX + 1]);

// The SHA-256 of all bytes of the file fd, from its beginning; its offset is not used. stop_fd: -1,
// or a descriptor that becomes readable when the caller wants to stop. 0, or -1 with errno (EINTR:
// stopped).
int digest_file(int fd, int stop_fd, char hex[DIGEST_HEX + 1]);

// A SHA-256 in steps.
struct digest;

struct digest *digest_new(void); // NULL without memory
void digest_free(struct digest *d);

// 0, or -1 with errno.
int digest_add(struct digest *d, const void *bytes, size_t size);

// Adds at most `most` bytes at `offset` of the file, by way of the buffer. The number of bytes, 0
// at the end, -1 with errno.
ssize_t digest_read(struct digest *d, int fd, void *buffer, size_t most, uint64_t offset);

// The SHA-256; nothing can be added any more. 0, or -1 with errno.
int digest_end(struct digest *d, char hex[DIGEST_HEX + 1]);

#endif
