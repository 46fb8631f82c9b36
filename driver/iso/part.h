// The file that a transfer writes: what has come so far, of which file of the server, its SHA-256.
#ifndef QEMU_GROW_ISO_PART_H
#define QEMU_GROW_ISO_PART_H

#include "iso/fetch.h"
#include "iso/writer.h"

struct part {
    const struct fetch_job *job;
    const struct fetcher *with;
    int fd;
    uint64_t size;                  // bytes that have come
    uint64_t total;                 // bytes that the whole file has; 0: not known
    bool resumed;                   // some of them are from an earlier transfer
    bool again;                     // a refusal that a further try may mend
    char validator[VALIDATOR_SIZE]; // of the server's file; "": cannot be resumed
    struct writer *writer;          // has all bytes but those
};

// Opens or creates the part file. 0, or -1 with EXIT_ID_CACHE_UNWRITABLE or EXIT_ID_CACHE_FULL.
int part_open(struct part *p, const struct fetch_job *job, const struct fetcher *with,
              struct failure *f);

// For struct sink; data is the part.
int part_begin(void *data, const struct reply *reply, struct failure *f);
int part_write(void *data, const void *bytes, size_t size, struct failure *f);
void part_tick(void *data);

// The transfer has ended in order: checks size and digest, and brings the file to the disk. 0, or
// -1; the file is then emptied when what came is wrong, and p->again says whether a fresh start
// may help.
int part_finish(struct part *p, char sha256[DIGEST_HEX + 1], struct failure *f);

// Closes it; the file stays. Also after part_open failed.
void part_close(struct part *p);

#endif
