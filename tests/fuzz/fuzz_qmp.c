// Any line of QEMU's machine protocol: what comes of it are whole lines, each ended by one LF.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guest/qmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sink(void *arg, enum qmp_place place, const char *line, size_t size) {
    (void)arg;
    (void)place;
    if (size == 0 || memchr(line, '\n', size) != line + size - 1)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct failure f;
    struct qmp *q = qmp_new(&f);
    if (q == NULL)
        abort();
    qmp_take_line(q, (const char *)data, size, sink, NULL);
    qmp_free(q);
    return 0;
}
