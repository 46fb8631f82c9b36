// One HTTP transfer of one URL, by libcurl.
#ifndef QEMU_GROW_ISO_TRANSFER_H
#define QEMU_GROW_ISO_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "iso/catalogue.h"
#include "iso/watch.h"

enum { VALIDATOR_SIZE = 256 }; // bytes of an ETag or a date with the NUL

// What a server says before the first byte of the body.
struct reply {
    bool partial;                   // 206: the body begins at `from`, else at 0
    uint64_t from;                  // bytes
    uint64_t total;                 // bytes of the whole file; 0: not said
    char validator[VALIDATOR_SIZE]; // what If-Range wants: a strong ETag, else a date; or ""
};

// Who takes the body. Each call: 0, or -1 with *f, which ends the transfer.
struct sink {
    void *data;
    int (*begin)(void *data, const struct reply *reply, struct failure *f);
    int (*write)(void *data, const void *bytes, size_t size, struct failure *f);
    void (*tick)(void *data); // about once a second, whether something comes or not; may be NULL
};

enum transfer_end {
    TRANSFER_DONE,
    TRANSFER_AGAIN,   // may be better the next time: no connection, stuck, broken off, 5xx, 429
    TRANSFER_MISSING, // 404 or 410
    TRANSFER_RANGE,   // 416: the server's file has nothing behind `from`
    TRANSFER_NEVER,   // this server will not give it: 403, a bad certificate, redirects
    TRANSFER_REFUSED, // the sink said no
    TRANSFER_STOPPED, // stop_fd
};

struct transfer;

// plain_http: http is allowed, too. The certificates are libcurl's own, or those of
// $CURL_CA_BUNDLE or $SSL_CERT_FILE, as the curl program reads them; proxies are as libcurl reads
// them. NULL with the failure.
struct transfer *transfer_new(const struct manner *m, bool plain_http, const struct iso_watch *w,
                              struct failure *f);
void transfer_free(struct transfer *t);

// Fetches the URL. from, validator: only what is behind the first `from` bytes, if the file is
// still that of the validator (from 0: all). *f is set in each case but TRANSFER_DONE. wait_s, if
// not NULL, gets the seconds that the server asks to be left alone, or 0.
enum transfer_end transfer_run(struct transfer *t, const char *url, uint64_t from,
                               const char *validator, const struct sink *sink, unsigned *wait_s,
                               struct failure *f);

#endif
