// What vouches for an ISO whose digest is in no catalogue: a signature, or a checksum file.
#ifndef QEMU_GROW_ISO_EVIDENCE_H
#define QEMU_GROW_ISO_EVIDENCE_H

#include "iso/cache.h"
#include "iso/fetch.h"
#include "iso/wanted.h"

struct evidence {
    char *asc; // the signature file; NULL: there is none
    size_t asc_size;
    bool checksum;                   // the server's checksum is in wanted->sha256, or here:
    char sha512[DIGEST_HEX_MAX + 1]; // or ""
};

// Looks on the servers for as much as the request needs, before the ISO itself is fetched, so that
// none is fetched in vain. A checksum that is found goes into wanted. 0, or -1 with
// EXIT_ID_ISO_UNTRUSTED or a failure of fetch_text.
int evidence_gather(struct evidence *e, struct wanted *w, const struct iso_request *q,
                    const struct fetcher *with, struct failure *f);
void evidence_free(struct evidence *e);

// Judges the complete file. *trust: what it has earned; fingerprint: of the signer, or "". A
// signature that is not good is a failure whatever the request accepts. 0, or -1 with
// EXIT_ID_ISO_SIGNATURE and the like.
int evidence_judge(const struct evidence *e, const char *file, const struct wanted *w,
                   const struct iso_request *q, const struct catalogue *c,
                   const struct cache *cache, const struct fetcher *with, enum trust *trust,
                   char fingerprint[64], struct failure *f);

// Checks a signature text against each release key of the catalogue, getting the keys from their
// file, the cache, or the network (with NULL: no network).
int evidence_check(const char *asc, size_t asc_size, const char *file, const char *name,
                   const struct catalogue *c, const struct cache *cache, const struct fetcher *with,
                   int stop_fd, char fingerprint[64], struct failure *f);

// Compares the file's SHA-512 with that of a checksum file, called `from` in messages. 0, or -1
// with EXIT_ID_ISO_MISMATCH, EXIT_ID_ISO_UNREADABLE, or that it was stopped.
int evidence_sha512(const char *file, const char *name, const char *sha512, const char *from,
                    int stop_fd, struct failure *f);

// A small file of this host, allocated and NUL-terminated; NULL with errno.
char *evidence_read(const char *path, size_t *size);

#endif
