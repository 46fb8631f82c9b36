// Reads in large pieces; what QEMU knows to be the same is not read.
#include "proof/region.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/signals.h"

enum { PIECE = 1024 * 1024 }; // bytes

static int check_signals(struct failure *f) {
    if (signals_first() == 0)
        return 0;
    return failure_set(f, signals_exit_id(), NULL, "the proof was interrupted");
}

static int digest_range(EVP_MD_CTX *md, struct export *disk, uint8_t *bytes, uint64_t from,
                        uint64_t to, struct failure *f) {
    while (from < to) {
        const size_t size = to - from < PIECE ? (size_t)(to - from) : PIECE;
        if (check_signals(f) != 0 || export_read(disk, bytes, size, from, f) != 0)
            return -1;
        if (EVP_DigestUpdate(md, bytes, size) != 1)
            return failure_set(f, EXIT_ID_INTERNAL, NULL, "OpenSSL cannot make a SHA-256");
        from += size;
    }
    return 0;
}

int region_digest(struct export *disk, uint64_t from, uint64_t to,
                  uint8_t digest[REGION_DIGEST_SIZE], struct failure *f) {
    uint8_t *bytes = malloc(PIECE);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    int rc = -1;
    if (bytes == NULL || md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
        failure_no_memory(f);
    else
        rc = digest_range(md, disk, bytes, from, to, f);
    if (rc == 0 && EVP_DigestFinal_ex(md, digest, NULL) != 1)
        rc = failure_set(f, EXIT_ID_INTERNAL, NULL, "OpenSSL cannot make a SHA-256");
    EVP_MD_CTX_free(md);
    free(bytes);
    return rc;
}

// Whether the `*size` bytes from `at` on are known to be the same without being read.
static int known_same(struct export *disk, struct export *base, bool overlay, uint64_t at,
                      bool *same, uint64_t *size, struct failure *f) {
    struct export_extent of_disk;
    struct export_extent of_base;
    if (export_extent(disk, at, &of_disk, f) != 0)
        return -1;
    *same = overlay && of_disk.depth >= 0 && of_disk.depth != 1;
    *size = of_disk.size;
    if (*same || !of_disk.zero)
        return 0;
    if (export_extent(base, at, &of_base, f) != 0)
        return -1;
    *same = of_base.zero;
    *size = of_base.size < *size ? of_base.size : *size;
    return 0;
}

// Compares what has to be read. *first: the first difference, if it is before `to`.
static int compare_range(struct export *disk, struct export *base, uint8_t *bytes, uint64_t from,
                         uint64_t to, uint64_t *first, struct failure *f) {
    for (uint64_t at = from; at < to;) {
        const size_t size = to - at < PIECE ? (size_t)(to - at) : PIECE;
        if (check_signals(f) != 0 || export_read(disk, bytes, size, at, f) != 0 ||
            export_read(base, bytes + PIECE, size, at, f) != 0)
            return -1;
        if (memcmp(bytes, bytes + PIECE, size) != 0) {
            size_t same = 0;
            while (bytes[same] == bytes[PIECE + same])
                same++;
            *first = at + same;
            return 0;
        }
        at += size;
    }
    return 0;
}

int region_compare(struct export *disk, struct export *base, bool overlay, uint64_t from,
                   uint64_t to, uint64_t *first, struct failure *f) {
    uint8_t *bytes = malloc((size_t)2 * PIECE);
    int rc = bytes == NULL ? failure_no_memory(f) : 0;
    *first = to;
    for (uint64_t at = from; rc == 0 && at < to && *first == to;) {
        bool same = false;
        uint64_t size = 0;
        rc = known_same(disk, base, overlay, at, &same, &size, f);
        const uint64_t end = size < to - at ? at + size : to;
        if (rc == 0 && !same)
            rc = compare_range(disk, base, bytes, at, end, first, f);
        at = end;
    }
    free(bytes);
    return rc;
}
