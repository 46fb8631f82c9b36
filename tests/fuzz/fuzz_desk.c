// What a guest sends and what is typed, of any kind and cut anywhere, as a recording writes it: the
// same files whether they are written up at once or later, and each line of the cast and of the
// events is JSON.
//
// The first byte says how much is written up later at a time. Then come messages: a byte for the
// side and the size, and the bytes.
#include <fcntl.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/desk.h"
#include "record/keeper.h"

enum { BYTES_MAX = 1000, FILES = 5, TEXT_MAX = 64 * 1024, SIZE_BITS = 6 };

static const char *const names[FILES] = {"output.log", "input.log", "timing.log", "events.jsonl",
                                         "session.cast"};

struct text {
    char bytes[TEXT_MAX];
    size_t size;
};

static char folder_path[64];

static void remove_folder(void) {
    (void)rmdir(folder_path);
}

static int make_folder(void) {
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(folder_path, sizeof folder_path, "%s/fuzz_desk.XXXXXX", base);
    if (mkdtemp(folder_path) == NULL || atexit(remove_folder) != 0)
        abort();
    return open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void record(int folder, struct redact *x, size_t step, const uint8_t *data, size_t size) {
    const struct desk_given given = {
        .redact = x, .folder = folder, .title = "t", .started = "2026-01-01T00:00:00Z"};
    struct desk *d = desk_open(&given);
    uint64_t us = 0;
    if (d == NULL)
        abort();
    desk_put_off(d, step > 0);
    while (size > 0) {
        const size_t wanted = *data & ((1U << SIZE_BITS) - 1);
        const size_t n = wanted < size - 1 ? wanted : size - 1;
        const struct ring_message m = {.kind = *data >> 7                  ? KEEP_INPUT
                                               : (*data >> SIZE_BITS & 1U) ? KEEP_TRACES
                                                                           : KEEP_OUTPUT,
                                       .size = (uint32_t)n,
                                       .us = us += 1000,
                                       .bytes = (const char *)data + 1};
        desk_take(d, &m);
        desk_write_up(d, step);
        data += n + 1;
        size -= n + 1;
    }
    if (desk_close(d) != 0)
        abort();
}

static void take_file(int folder, const char *name, struct text *t) {
    const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    const ssize_t n = read(fd, t->bytes, sizeof t->bytes);
    if (n < 0 || n == TEXT_MAX || close(fd) != 0 || unlinkat(folder, name, 0) != 0)
        abort();
    t->size = (size_t)n;
}

static void check_lines(const struct text *t) {
    for (size_t at = 0; at < t->size;) {
        const char *lf = memchr(t->bytes + at, '\n', t->size - at);
        if (lf == NULL)
            abort();
        const size_t n = (size_t)(lf - t->bytes) - at;
        json_t *value = json_loadb(t->bytes + at, n, JSON_ALLOW_NUL, NULL);
        if (value == NULL)
            abort();
        json_decref(value);
        at += n + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int folder = -1;
    static struct text now[FILES], later[FILES];
    struct failure f;
    if (size < 1 || size > BYTES_MAX)
        return 0;
    if (folder < 0)
        folder = make_folder();
    struct redact *x = redact_new(NULL, 0, &f);
    if (x == NULL)
        abort();
    record(folder, x, 0, data + 1, size - 1);
    for (size_t i = 0; i < FILES; i++)
        take_file(folder, names[i], &now[i]);
    record(folder, x, 1 + data[0], data + 1, size - 1);
    for (size_t i = 0; i < FILES; i++) {
        take_file(folder, names[i], &later[i]);
        if (later[i].size != now[i].size || memcmp(later[i].bytes, now[i].bytes, now[i].size) != 0)
            abort();
    }
    check_lines(&now[FILES - 2]);
    check_lines(&now[FILES - 1]);
    redact_free(x);
    return 0;
}
