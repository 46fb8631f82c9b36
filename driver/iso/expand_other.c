// zstd, lz4, and what is not compressed, by libarchive, which is loaded by the process that uses
// it.
#include <archive.h>
#include <archive_entry.h>

#include "base/library.h"
#include "iso/expand_impl.h"

#define CALLS(CALL)                                                                                \
    CALL(archive_read_data)                                                                        \
    CALL(archive_read_free)                                                                        \
    CALL(archive_read_new)                                                                         \
    CALL(archive_read_next_header)                                                                 \
    CALL(archive_read_open)                                                                        \
    CALL(archive_read_support_filter_lz4)                                                          \
    CALL(archive_read_support_filter_zstd)                                                         \
    CALL(archive_read_support_format_raw)

struct archive_calls {
    CALLS(LIBRARY_POINTER)
};

#define ROW(name) LIBRARY_CALL(struct archive_calls, name)
static const struct library_call calls[] = {CALLS(ROW)};

struct source {
    struct span packed;
    uint8_t bytes[EXPAND_PIECE];
};

static la_ssize_t next(struct archive *a, void *data, const void **bytes) {
    struct source *s = data;
    (void)a;
    *bytes = s->bytes;
    return span_next(&s->packed, s->bytes, sizeof s->bytes);
}

static bool take_all(const struct archive_calls *lib, struct archive *a, struct sink *to) {
    uint8_t piece[EXPAND_PIECE];
    for (;;) {
        const la_ssize_t n = lib->archive_read_data(a, piece, sizeof piece);
        if (n <= 0)
            return n == 0;
        if (!sink_add(to, piece, (size_t)n))
            return false;
    }
}

bool expand_other(struct span packed, struct sink *to) {
    struct archive_entry *entry = NULL;
    struct archive_calls lib;
    struct failure ignored;
    struct source from = {.packed = packed};
    if (library_load(QEMU_GROW_LIBARCHIVE, calls, sizeof calls / sizeof *calls, &lib, &ignored) !=
        0)
        return false;
    struct archive *a = lib.archive_read_new();
    if (a == NULL)
        return false;
    const bool good = lib.archive_read_support_filter_zstd(a) == ARCHIVE_OK &&
                      lib.archive_read_support_filter_lz4(a) == ARCHIVE_OK &&
                      lib.archive_read_support_format_raw(a) == ARCHIVE_OK &&
                      lib.archive_read_open(a, &from, NULL, next, NULL) == ARCHIVE_OK &&
                      lib.archive_read_next_header(a, &entry) == ARCHIVE_OK &&
                      take_all(&lib, a, to);
    (void)lib.archive_read_free(a);
    return good;
}
