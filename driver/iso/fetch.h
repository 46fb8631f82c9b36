// Getting a file from the first of several servers that gives it.
//
// The list of URLs is gone through in rounds, with a pause after each that doubles. A server that
// will never give the file is asked only once. What has come stays in the part file, and the next
// transfer goes on behind it when the server's file is still the same.
#ifndef QEMU_GROW_ISO_FETCH_H
#define QEMU_GROW_ISO_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "iso/catalogue.h"
#include "iso/digest.h"
#include "iso/transfer.h"
#include "iso/watch.h"

enum { FETCH_TEXT_MAX = 1024 * 1024 }; // bytes of a small file

struct fetcher {
    struct transfer *transfer;
    struct manner manner;
    const struct iso_watch *watch;
};

// What is fetched.
struct fetch_job {
    const char *name;   // for people
    char *const *urls;  // in the order in which they are tried
    size_t count;       // of urls, at least 1
    const char *part;   // the part file, which nobody else writes; a second one, with ".from"
                        // behind its name, says what it is a part of
    uint64_t size;      // bytes that the file must have; 0: not known
    const char *sha256; // that it must have, lower case; or NULL
};

struct fetched {
    char sha256[DIGEST_HEX + 1];
    uint64_t size;
    size_t which; // of urls
};

// Fetches into job->part, which is complete, checked against size and sha256, and on the disk after
// success. 0, or -1 with EXIT_ID_ISO_FETCH_FAILED, EXIT_ID_ISO_INSECURE, EXIT_ID_ISO_MISMATCH,
// EXIT_ID_ISO_TOO_LARGE, EXIT_ID_CACHE_UNWRITABLE, EXIT_ID_CACHE_FULL or EXIT_ID_INTERRUPTED. The
// part file is left only where it is of use to the next one.
int fetch_file(struct fetched *done, const struct fetch_job *job, const struct fetcher *with,
               struct failure *f);

// Removes the part file and what belongs to it.
void fetch_forget(const char *part);

// Fetches a small file into memory: *text is allocated and NUL-terminated, *size without the NUL.
// job's part, size and sha256 are not used. *missing: every server said that there is no such file.
int fetch_text(char **text, size_t *size, bool *missing, const struct fetch_job *job,
               const struct fetcher *with, struct failure *f);

#endif
