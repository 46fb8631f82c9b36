// A file system of a mebibyte, whose beginning is the input: the walk through its metadata comes to
// an end, and all that it copies is what is there.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proof/metadata.h"

enum { SIZE = 1024 * 1024, PIECE = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *data;
    size_t size;
};

static int read_input(void *data, void *bytes, size_t size, uint64_t offset, struct failure *f) {
    const struct input *in = data;
    (void)f;
    if (offset > SIZE || size > SIZE - offset)
        abort();
    memset(bytes, 0, size);
    if (offset < in->size)
        memcpy(bytes, in->data + offset, in->size - offset < size ? in->size - offset : size);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {.data = data, .size = size};
    const struct copy_source source = {.size = SIZE, .read = read_input, .data = &in};
    struct failure f = {0};
    enum metadata found;
    uint8_t copied[PIECE];
    uint8_t real[PIECE];
    struct copy *c = copy_new(&source, "/tmp", &f);
    if (c == NULL || metadata_fill(c, &found, &f) != 0)
        abort();
    const uint64_t at = size > 0 ? (uint64_t)data[0] * PIECE : 0;
    (void)read_input(&in, real, PIECE, at, &f);
    if (copy_read(c, copied, PIECE, at, &f) != 0 || memcmp(copied, real, PIECE) != 0)
        abort();
    copy_free(c);
    return 0;
}
