// Lines that a guest sends as its mdev.log: base64 and gzip of anything.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/mdevlog.h"

enum { LINES_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = strndup((const char *)data, size);
    FILE *out = fopen("/dev/null", "w");
    if (text == NULL || out == NULL)
        abort();
    char *lines[LINES_MAX];
    size_t count = 0;
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line != NULL && count < LINES_MAX;
         line = strtok_r(NULL, "\n", &save))
        lines[count++] = line;
    struct failure f;
    (void)mdevlog_write(out, lines, count, &f);
    (void)fclose(out);
    free(text);
    return 0;
}
