// xz and lzma by liblzma, which looks back in memory of the caller's: here it is a part of the file
// that is written, mapped, and let go of again as it is used.
#include <fcntl.h>
#include <lzma.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/library.h"
#include "iso/expand_impl.h"

#define CALLS(CALL)                                                                                \
    CALL(lzma_alone_decoder)                                                                       \
    CALL(lzma_code)                                                                                \
    CALL(lzma_end)                                                                                 \
    CALL(lzma_stream_decoder)

struct lzma_calls {
    CALLS(LIBRARY_POINTER)
};

#define ROW(name) LIBRARY_CALL(struct lzma_calls, name)
static const struct library_call calls[] = {CALLS(ROW)};

enum {
    WINDOW_MIN = 1 << 20, // bytes; what is smaller stays in memory
    LOOKS = 1 << 15,      // bytes that come out between two looks at it
    FAULTS_MAX = 64,      // page faults after which it is let go of; each may bring 64 KiB
};

struct window {
    int out;
    void *at; // NULL: there is none
    size_t size;
    long faults;
};

static long faults(void) {
    struct rusage u;
    return getrusage(RUSAGE_SELF, &u) == 0 ? u.ru_minflt + u.ru_majflt : 0;
}

static void *take(void *data, size_t count, size_t each) {
    struct window *w = data;
    const size_t size = count * each; // liblzma has seen to it that it is no more than can be
    if (w->at != NULL || size < WINDOW_MIN || posix_fallocate(w->out, EXPAND_MAX, (off_t)size) != 0)
        return malloc(size);
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, w->out, EXPAND_MAX);
    if (at == MAP_FAILED)
        return malloc(size);
    (void)madvise(at, size, MADV_NOHUGEPAGE); // which would bring 2 MiB each
    w->at = at;
    w->size = size;
    return at;
}

static void give_back(void *data, void *at) {
    struct window *w = data;
    if (at == NULL || at != w->at) {
        free(at);
        return;
    }
    (void)munmap(w->at, w->size);
    w->at = NULL;
}

// What was looked at is the process's memory no longer; the file has it.
static void let_go(struct window *w) {
    const long now = faults();
    if (w->at == NULL || now - w->faults < FAULTS_MAX)
        return;
    (void)madvise(w->at, w->size, MADV_DONTNEED);
    w->faults = now;
}

static bool code_all(const struct lzma_calls *lib, lzma_stream *z, struct span *packed,
                     struct sink *to, struct window *w) {
    uint8_t in[EXPAND_PIECE];
    uint8_t out[LOOKS];
    lzma_ret code = LZMA_OK;
    w->faults = faults();
    while (code == LZMA_OK) { // LZMA_BUF_ERROR: it is cut off
        if (z->avail_in == 0 && packed->left > 0) {
            const ssize_t n = span_next(packed, in, sizeof in);
            if (n < 0)
                return false;
            z->next_in = in;
            z->avail_in = (size_t)n;
        }
        z->next_out = out;
        z->avail_out = sizeof out;
        code = lib->lzma_code(z, LZMA_RUN);
        if ((code == LZMA_OK || code == LZMA_STREAM_END) &&
            !sink_add(to, out, sizeof out - z->avail_out))
            return false;
        let_go(w);
    }
    return code == LZMA_STREAM_END && z->avail_in == 0 && packed->left == 0;
}

bool expand_lzma(struct span packed, struct sink *to, bool alone) {
    struct window w = {.out = to->out};
    const lzma_allocator memory = {.alloc = take, .free = give_back, .opaque = &w};
    lzma_stream z = LZMA_STREAM_INIT;
    struct lzma_calls lib;
    struct failure ignored;
    if (library_load(QEMU_GROW_LIBLZMA, calls, sizeof calls / sizeof *calls, &lib, &ignored) != 0)
        return false;
    z.allocator = &memory;
    const lzma_ret begun =
        alone ? lib.lzma_alone_decoder(&z, EXPAND_MAX) : lib.lzma_stream_decoder(&z, EXPAND_MAX, 0);
    const bool good = begun == LZMA_OK && code_all(&lib, &z, &packed, to, &w);
    lib.lzma_end(&z);
    return good;
}
