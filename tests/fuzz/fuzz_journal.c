// Any bytes as a journal, as they are and with the digest that belongs to them: refused, or such
// that the same bytes are written from what was read.
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "work/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(const char *bytes, size_t size) {
    struct journal j;
    char text[JOURNAL_MAX];
    if (journal_parse(&j, bytes, size) != 0)
        return;
    if (j.phase >= PHASE_COUNT || j.format[0] == '\0')
        abort();
    if (journal_text(&j, text) != size || memcmp(text, bytes, size) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char text[JOURNAL_MAX + 128];
    unsigned char sum[EVP_MAX_MD_SIZE];
    parse((const char *)data, size);
    if (size > JOURNAL_MAX || EVP_Digest(data, size, sum, NULL, EVP_sha256(), NULL) != 1)
        return 0;
    memcpy(text, data, size);
    size_t n = size + (size_t)sprintf(text + size, "sum ");
    for (int i = 0; i < 32; i++)
        n += (size_t)sprintf(text + n, "%02x", sum[i]);
    text[n++] = '\n';
    parse(text, n);
    return 0;
}
