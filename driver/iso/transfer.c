// libcurl's multi interface, so that a signal ends a transfer at once. The library is loaded when
// the first transfer is made.
#include "iso/transfer.h"

#define CURL_DISABLE_TYPECHECK // its macros call the functions themselves
#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/library.h"
#include "base/monotonic.h"

enum {
    REDIRECTS_MAX = 5,
    BUFFER = 512 * 1024, // bytes that libcurl reads at a time
    TURN_MS = 1000,      // libcurl's own clocks are looked at that often, at least, and the sink's
    WAIT_MAX_S = 60,     // however long a server asks to be left alone
};

static const char see_network[] = "check the network, or give an ISO of your own by --iso=FILE";

#define CALLS(CALL)                                                                                \
    CALL(curl_easy_cleanup)                                                                        \
    CALL(curl_easy_getinfo)                                                                        \
    CALL(curl_easy_init)                                                                           \
    CALL(curl_easy_setopt)                                                                         \
    CALL(curl_easy_strerror)                                                                       \
    CALL(curl_multi_add_handle)                                                                    \
    CALL(curl_multi_cleanup)                                                                       \
    CALL(curl_multi_info_read)                                                                     \
    CALL(curl_multi_init)                                                                          \
    CALL(curl_multi_perform)                                                                       \
    CALL(curl_multi_poll)                                                                          \
    CALL(curl_multi_remove_handle)                                                                 \
    CALL(curl_slist_append)                                                                        \
    CALL(curl_slist_free_all)

struct curl {
    CALLS(LIBRARY_POINTER)
};

#define ROW(name) LIBRARY_CALL(struct curl, name)
static const struct library_call calls[] = {CALLS(ROW)};

struct transfer {
    struct curl lib;
    CURLM *multi;
    CURL *easy;
    const struct iso_watch *watch;
    char error[CURL_ERROR_SIZE];
    // Of the transfer that runs.
    const struct sink *sink;
    struct reply reply;
    char etag[VALIDATOR_SIZE];
    char modified[VALIDATOR_SIZE];
    bool begun;   // the body has begun
    bool refused; // by the sink, or the status does not fit
    bool refused_by_sink;
    struct failure *failure;
};

// The header's value, when the line is "name: value\r\n".
static bool header_value(const char *line, size_t size, const char *name, char *value,
                         size_t room) {
    const size_t n = strlen(name);
    if (size <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
        return false;
    line += n + 1;
    size -= n + 1;
    while (size > 0 && strchr(" \t", *line) != NULL && *line != '\0') {
        line++;
        size--;
    }
    while (size > 0 && strchr(" \t\r\n", line[size - 1]) != NULL)
        size--;
    if (size >= room)
        return false;
    memcpy(value, line, size);
    value[size] = '\0';
    return true;
}

// "bytes FIRST-LAST/TOTAL"; what is not a number counts as 0, which no range begins with.
static void take_range(struct reply *r, const char *value) {
    const char *slash = strchr(value, '/');
    if (strncmp(value, "bytes ", 6) != 0 || slash == NULL)
        return;
    r->from = strtoull(value + 6, NULL, 10);
    r->total = strtoull(slash + 1, NULL, 10);
}

static size_t on_header(char *line, size_t one, size_t size, void *data) {
    struct transfer *t = data;
    char value[VALIDATOR_SIZE];
    if (size > 5 && strncasecmp(line, "HTTP/", 5) == 0) { // a new reply: that of a redirect is over
        t->reply = (struct reply){0};
        t->etag[0] = t->modified[0] = '\0';
    } else if (header_value(line, size, "ETag", value, sizeof value)) {
        // Only a strong one can say that not a byte has changed.
        (void)snprintf(t->etag, sizeof t->etag, "%s", value[0] == '"' ? value : "");
    } else if (header_value(line, size, "Last-Modified", value, sizeof value)) {
        (void)snprintf(t->modified, sizeof t->modified, "%s", value);
    } else if (header_value(line, size, "Content-Range", value, sizeof value)) {
        take_range(&t->reply, value);
    }
    return one * size;
}

// The status has come, and the body begins.
static int begin(struct transfer *t) {
    long status = 0;
    curl_off_t length = -1;
    (void)t->lib.curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)t->lib.curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    t->begun = true;
    if (status != 200 && status != 206) {
        t->refused = true; // its text is not wanted; the status says enough
        return -1;
    }
    t->reply.partial = status == 206;
    if (!t->reply.partial) {
        t->reply.from = 0;
        t->reply.total = length > 0 ? (uint64_t)length : 0;
    }
    (void)snprintf(t->reply.validator, sizeof t->reply.validator, "%s",
                   t->etag[0] != '\0' ? t->etag : t->modified);
    t->refused = t->refused_by_sink = t->sink->begin(t->sink->data, &t->reply, t->failure) != 0;
    return t->refused ? -1 : 0;
}

static size_t on_body(char *bytes, size_t one, size_t size, void *data) {
    struct transfer *t = data;
    if (!t->begun && begin(t) != 0)
        return 0;
    if (t->sink->write(t->sink->data, bytes, one * size, t->failure) == 0)
        return one * size;
    t->refused = t->refused_by_sink = true;
    return 0;
}

static bool set_options(struct transfer *t, const struct manner *m, bool plain_http) {
    const char *protocols = plain_http ? "https,http" : "https";
    const char *ca = getenv("CURL_CA_BUNDLE");
    if (ca == NULL || ca[0] == '\0')
        ca = getenv("SSL_CERT_FILE");
    CURL *e = t->easy;
    CURLcode bad = CURLE_OK;
#define SET(option, value) (bad = bad != CURLE_OK ? bad : t->lib.curl_easy_setopt(e, option, value))
    SET(CURLOPT_ERRORBUFFER, t->error);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, protocols);
    SET(CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    SET(CURLOPT_FOLLOWLOCATION, 1L);
    SET(CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CONNECTTIMEOUT, (long)m->connect);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)m->slowest);
    SET(CURLOPT_LOW_SPEED_TIME, (long)m->stalled);
    SET(CURLOPT_BUFFERSIZE, (long)BUFFER);
    SET(CURLOPT_USERAGENT, "qemu-grow/" QEMU_GROW_VERSION);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, t);
    if (ca != NULL && ca[0] != '\0') {
        SET(CURLOPT_CAINFO, ca);
        SET(CURLOPT_CAPATH, NULL);
    }
#undef SET
    return bad == CURLE_OK;
}

struct transfer *transfer_new(const struct manner *m, bool plain_http, const struct iso_watch *w,
                              struct failure *f) {
    struct transfer *t = calloc(1, sizeof *t);
    if (t != NULL &&
        library_load(QEMU_GROW_LIBCURL, calls, sizeof calls / sizeof *calls, &t->lib, f) != 0) {
        free(t);
        return NULL;
    }
    if (t != NULL) {
        t->watch = w;
        t->multi = t->lib.curl_multi_init();
        t->easy = t->lib.curl_easy_init();
    }
    if (t == NULL || t->multi == NULL || t->easy == NULL || !set_options(t, m, plain_http)) {
        transfer_free(t);
        failure_set(f, EXIT_ID_INTERNAL, "free some memory", "libcurl cannot be used");
        return NULL;
    }
    return t;
}

void transfer_free(struct transfer *t) {
    if (t == NULL)
        return;
    t->lib.curl_easy_cleanup(t->easy);
    (void)t->lib.curl_multi_cleanup(t->multi);
    free(t);
}

// What a status that is neither 200 nor 206 means.
static enum transfer_end judge_status(const char *url, long status, struct failure *f) {
    static const struct {
        long status;
        enum transfer_end end;
        const char *words;
    } rows[] = {
        {401, TRANSFER_NEVER, "wants a login"},
        {403, TRANSFER_NEVER, "refuses it"},
        {404, TRANSFER_MISSING, "does not have it"},
        {407, TRANSFER_NEVER, "is behind a proxy that wants a login"},
        {410, TRANSFER_MISSING, "does not have it any more"},
        {416, TRANSFER_RANGE, "has nothing behind what has come"},
        {429, TRANSFER_AGAIN, "is asked too often"},
        {503, TRANSFER_AGAIN, "is not available now"},
    };
    enum transfer_end end = status >= 500 || status == 408 ? TRANSFER_AGAIN : TRANSFER_NEVER;
    const char *words = status >= 500 ? "has a fault" : "answers oddly";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == status) {
            end = rows[i].end;
            words = rows[i].words;
        }
    failure_set(f, EXIT_ID_ISO_FETCH_FAILED, see_network, "the server of %s %s (status %ld)", url,
                words, status);
    return end;
}

// What libcurl's code means.
static enum transfer_end judge_code(const struct transfer *t, const char *url, CURLcode code,
                                    struct failure *f) {
    static const struct {
        CURLcode code;
        enum transfer_end end;
        enum exit_id id;
        const char *words; // NULL: libcurl's own
    } rows[] = {
        {CURLE_UNSUPPORTED_PROTOCOL, TRANSFER_NEVER, EXIT_ID_ISO_INSECURE,
         "it is, or leads to, something other than https"},
        {CURLE_PEER_FAILED_VERIFICATION, TRANSFER_NEVER, EXIT_ID_ISO_INSECURE, NULL},
        {CURLE_SSL_CACERT_BADFILE, TRANSFER_NEVER, EXIT_ID_ISO_INSECURE, NULL},
        {CURLE_SSL_CONNECT_ERROR, TRANSFER_AGAIN, EXIT_ID_ISO_INSECURE, NULL},
        {CURLE_COULDNT_RESOLVE_HOST, TRANSFER_NEVER, EXIT_ID_ISO_FETCH_FAILED,
         "its host is not known (is there a network?)"},
        {CURLE_COULDNT_RESOLVE_PROXY, TRANSFER_NEVER, EXIT_ID_ISO_FETCH_FAILED, NULL},
        {CURLE_TOO_MANY_REDIRECTS, TRANSFER_NEVER, EXIT_ID_ISO_FETCH_FAILED,
         "it is redirected again and again"},
        {CURLE_URL_MALFORMAT, TRANSFER_NEVER, EXIT_ID_ISO_FETCH_FAILED, NULL},
        {CURLE_PARTIAL_FILE, TRANSFER_AGAIN, EXIT_ID_ISO_FETCH_FAILED,
         "the server ended before the file's end"},
        {CURLE_RECV_ERROR, TRANSFER_AGAIN, EXIT_ID_ISO_FETCH_FAILED, "the connection broke off"},
        {CURLE_GOT_NOTHING, TRANSFER_AGAIN, EXIT_ID_ISO_FETCH_FAILED, "the server said nothing"},
    };
    enum transfer_end end = TRANSFER_AGAIN;
    enum exit_id id = EXIT_ID_ISO_FETCH_FAILED;
    const char *words = t->error[0] != '\0' ? t->error : t->lib.curl_easy_strerror(code);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code) {
            end = rows[i].end;
            id = rows[i].id;
            words = rows[i].words == NULL ? words : rows[i].words;
        }
    char stuck[128];
    curl_off_t took = 0;
    (void)t->lib.curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &took);
    if (code == CURLE_OPERATION_TIMEDOUT && t->begun) {
        (void)snprintf(stuck, sizeof stuck, "the server is stuck after %" PRId64 " bytes",
                       (int64_t)took);
        words = stuck;
    }
    const char *next = code == CURLE_UNSUPPORTED_PROTOCOL
                           ? "name an https server, or add --allow-http if that is what you want"
                           : see_network;
    failure_set(f, id, next, "%s cannot be fetched: %s", url, words);
    return end;
}

// Runs until the transfer is over. True when it was stopped.
static bool drive(struct transfer *t, CURLcode *code) {
    struct curl_waitfd stop = {.fd = t->watch->stop_fd, .events = CURL_WAIT_POLLIN};
    const unsigned extra = t->watch->stop_fd >= 0 ? 1 : 0;
    int running = 1;
    uint64_t ticked = monotonic_ms();
    while (running > 0) {
        CURLMcode bad = t->lib.curl_multi_perform(t->multi, &running);
        if (bad == CURLM_OK && running > 0)
            bad = t->lib.curl_multi_poll(t->multi, &stop, extra, TURN_MS, NULL);
        if (bad != CURLM_OK) {
            *code = CURLE_OUT_OF_MEMORY;
            return false;
        }
        if (extra > 0 && stop.revents != 0)
            return true;
        if (t->begun && t->sink->tick != NULL && monotonic_ms() >= ticked + TURN_MS) {
            t->sink->tick(t->sink->data);
            ticked = monotonic_ms();
        }
    }
    int left = 0;
    const CURLMsg *message = t->lib.curl_multi_info_read(t->multi, &left);
    *code = message == NULL ? CURLE_OUT_OF_MEMORY : message->data.result;
    return false;
}

static struct curl_slist *range_headers(struct transfer *t, uint64_t from, const char *validator) {
    char text[VALIDATOR_SIZE + 32];
    (void)t->lib.curl_easy_setopt(t->easy, CURLOPT_RANGE, NULL);
    if (from == 0)
        return NULL;
    (void)snprintf(text, sizeof text, "%" PRIu64 "-", from);
    (void)t->lib.curl_easy_setopt(t->easy, CURLOPT_RANGE, text);
    (void)snprintf(text, sizeof text, "If-Range: %s", validator);
    return t->lib.curl_slist_append(NULL, text);
}

static enum transfer_end judge(struct transfer *t, const char *url, CURLcode code, bool stopped,
                               struct failure *f) {
    long status = 0;
    (void)t->lib.curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (stopped) {
        failure_set(f, watch_stop_id(), "run again: what has come is kept",
                    "the fetch of %s was stopped", url);
        return TRANSFER_STOPPED;
    }
    if (t->refused_by_sink)
        return TRANSFER_REFUSED;
    if (status != 0 && status != 200 && status != 206 && (status < 300 || status > 399))
        return judge_status(url, status, f);
    if (code != CURLE_OK)
        return judge_code(t, url, code, f);
    if (status != 200 && status != 206)
        return judge_status(url, status, f);
    if (!t->begun && begin(t) != 0) // the body is empty
        return t->refused_by_sink ? TRANSFER_REFUSED : TRANSFER_NEVER;
    return TRANSFER_DONE;
}

enum transfer_end transfer_run(struct transfer *t, const char *url, uint64_t from,
                               const char *validator, const struct sink *sink, unsigned *wait_s,
                               struct failure *f) {
    t->sink = sink;
    t->failure = f;
    t->reply = (struct reply){0};
    t->begun = t->refused = t->refused_by_sink = false;
    t->error[0] = t->etag[0] = t->modified[0] = '\0';
    struct curl_slist *headers = range_headers(t, from, validator);
    (void)t->lib.curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
    if (t->lib.curl_easy_setopt(t->easy, CURLOPT_URL, url) != CURLE_OK ||
        t->lib.curl_multi_add_handle(t->multi, t->easy) != CURLM_OK) {
        t->lib.curl_slist_free_all(headers);
        failure_set(f, EXIT_ID_INTERNAL, "free some memory", "libcurl cannot be used");
        return TRANSFER_NEVER;
    }
    CURLcode code = CURLE_OK;
    const bool stopped = drive(t, &code);
    const enum transfer_end end = judge(t, url, code, stopped, f);
    curl_off_t asked = 0;
    (void)t->lib.curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &asked);
    if (wait_s != NULL)
        *wait_s = asked < 0 ? 0 : asked > WAIT_MAX_S ? WAIT_MAX_S : (unsigned)asked;
    (void)t->lib.curl_multi_remove_handle(t->multi, t->easy);
    t->lib.curl_slist_free_all(headers);
    return end;
}
