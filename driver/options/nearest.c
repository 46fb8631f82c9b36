// Edit distance with swaps of neighbours, on three rows of the usual matrix.
#include "options/nearest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

enum { WORD_MAX = 32 };

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static int same(char a, char b) {
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

size_t nearest_distance(const char *a, size_t length, const char *b) {
    size_t width = strlen(b);
    if (length > WORD_MAX || width > WORD_MAX)
        return SIZE_MAX;
    // rows[i % 3][j] is the distance between the first i letters of a and the first j of b.
    size_t rows[3][WORD_MAX + 1] = {{0}};
    for (size_t j = 0; j <= width; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= length; i++) {
        const size_t *above = rows[(i - 1) % 3];
        size_t *row = rows[i % 3];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t changed = above[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
            row[j] = smaller(changed, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                row[j] = smaller(row[j], rows[(i - 2) % 3][j - 2] + 1);
        }
    }
    return rows[length % 3][width];
}

int nearest_is_like(const char *a, size_t length, const char *b) {
    size_t longer = strlen(b) > length ? strlen(b) : length;
    size_t limit = longer / 3 > 0 ? longer / 3 : 1;
    return nearest_distance(a, length, b) <= limit;
}
