// SHA-256 by OpenSSL: of a whole file, and of one that is being written.
#ifndef QEMU_GROW_ISO_DIGEST_H
#define QEMU_GROW_ISO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_HEX = 64 }; // characters of a SHA-256

// Whether text is a SHA-256 in hexadecimal and nothing more; lower gets it in lower case. lower may
// be NULL, or text itself.
bool digest_is_hex(const char *text, char lower[DIGEST_HEX + 1]);

// The SHA-256 of all bytes of the file fd, from its beginning; its offset is not used. stop_fd: -1,
// or a descriptor that becomes readable when the caller wants to stop. 0, or -1 with errno (EINTR:
// stopped).
int digest_file(int fd, int stop_fd, char hex[DIGEST_HEX + 1]);

// Hashes a file while it is being written, in a thread of its own: first what it has already, then
// blocks, of which several may wait, so that neither the writer nor the thread has to.
struct follower;

enum { FOLLOWER_BLOCK = 256 * 1024 }; // bytes of a block, at most

// There are `size` bytes in the file fd, which stays the caller's and must outlive the follower.
// NULL without memory.
struct follower *follower_new(int fd, uint64_t size);

// Room for the next FOLLOWER_BLOCK bytes, the same until it is given; waits until there is some.
char *follower_block(struct follower *w);

// The first `size` bytes of that room are the next ones.
void follower_give(struct follower *w, size_t size);

// Waits until all has been hashed, and gives the SHA-256. 0, or -1 with errno. Frees w in each
// case.
int follower_end(struct follower *w, char hex[DIGEST_HEX + 1]);

// Gives up. w may be NULL.
void follower_free(struct follower *w);

#endif
