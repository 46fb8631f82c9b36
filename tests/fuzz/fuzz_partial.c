// How far any pattern got in any text: within it, no whole match, and without end to no search.
//
// Input: the pattern, ended by a NUL, then the text.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "console/partial.h"

enum { REGEX_MAX = 64, TEXT_MAX = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\0', size);
    char why[256];
    if (end == NULL || end - data > REGEX_MAX)
        return 0;
    struct pattern *p = pattern_compile((const char *)data, why, sizeof why);
    if (p == NULL)
        return 0;
    size_t length = size - (size_t)(end + 1 - data);
    length = length < TEXT_MAX ? length : TEXT_MAX;
    const size_t from = length / 4;
    const struct partial found = partial_find(p, (const char *)end + 1, length, from);
    if (found.matched > 0 && (found.begin > length || found.matched > length - found.begin ||
                              found.open != (found.begin + found.matched == length)))
        abort();
    pattern_free(p);
    return 0;
}
