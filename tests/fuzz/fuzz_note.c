// Any bytes as a note of the cache: none, or one that belongs to the key and has what it must.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "warm/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char key[] = "00";
    struct note *n = note_parse((const char *)data, size, key);
    if (n != NULL && (n->format != NOTE_FORMAT || strcmp(n->key, key) != 0 ||
                      (n->xxh128 != NULL && strlen(n->xxh128) != DIGEST_HEX_XXH)))
        abort();
    note_free(n);
    return 0;
}
