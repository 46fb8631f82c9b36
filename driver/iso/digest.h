// SHA-256 by OpenSSL: of a whole file, and of one that is being written.
#ifndef QEMU_GROW_ISO_DIGEST_H
#define QEMU_GROW_ISO_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

enum { DIGEST_HEX = 64 }; // characters of a SHA-256

// Whether text is a SHA-256 in hexadecimal and nothing more; lower gets it in lower case. lower may
// be NULL, or text itself.
bool digest_is_hex(const char *text, char lower[DIGEST_HEX + 1]);

// The SHA-256 of all bytes of the file fd, from its beginning; its offset is not used. stop_fd: -1,
// or a descriptor that becomes readable when the caller wants to stop. 0, or -1 with errno (EINTR:
// stopped).
int digest_file(int fd, int stop_fd, char hex[DIGEST_HEX + 1]);

// Reads a file behind its writer, in a thread of its own, so that the SHA-256 is there when the
// last byte has been written.
struct follower;

// fd stays the caller's and must outlive the follower. NULL without memory.
struct follower *follower_new(int fd);

// From now on the file's first `size` bytes are final. Sizes only grow.
void follower_reach(struct follower *w, uint64_t size);

// Waits until the bytes that were reached have been read, and gives their SHA-256. 0, or -1 with
// errno. Frees w in each case.
int follower_end(struct follower *w, char hex[DIGEST_HEX + 1]);

// Gives up. w may be NULL.
void follower_free(struct follower *w);

#endif
