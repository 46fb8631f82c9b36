// A recording of any bytes, explained. Input: its events; from the first NUL on, the console's
// text.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/read.h"
#include "report/explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\0', size);
    const size_t events = end == NULL ? size : (size_t)(end - data);
    struct reading r;
    if (reading_take(&r, (const char *)data, events, "", 0) != 0)
        abort();
    r.output_size = size - events;
    r.output = malloc(r.output_size + 1);
    if (r.output == NULL)
        abort();
    if (r.output_size > 0)
        memcpy(r.output, data + events, r.output_size);
    for (int all = 0; all < 2; all++) {
        char *text = NULL;
        size_t length = 0;
        const struct diagnosis_style style = {.all = all != 0, .utf8 = all != 0};
        FILE *out = open_memstream(&text, &length);
        if (out == NULL)
            abort();
        explain_print(out, &r, &style);
        if (fclose(out) != 0 || length == 0)
            abort();
        // No control byte of the recording gets through.
        for (size_t i = 0; i < length; i++)
            if ((unsigned char)text[i] < ' ' && text[i] != '\n')
                abort();
        free(text);
    }
    reading_free(&r);
    return 0;
}
