// A console's bytes and what is typed, of any kind and cut anywhere: secrets are masked, sizes
// stay; and what is written of them is JSON. The first two bytes say how all is cut.
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/jsontext.h"
#include "record/redact.h"

enum { BYTES_MAX = 2000, OUT = BYTES_MAX * JSONTEXT_BYTE + JSONTEXT_SLACK + 2 };

struct desk {
    char bytes[REDACT_SIDES][BYTES_MAX];
    size_t size[REDACT_SIDES];
};

static void mask(void *desk, enum redact_side side, struct redact_range range) {
    struct desk *d = desk;
    if (range.begin > range.end || range.end > d->size[side])
        abort();
    memset(d->bytes[side] + range.begin, REDACT_MASK, (size_t)(range.end - range.begin));
}

static void check_json(const char *text, size_t size) {
    static char out[OUT];
    for (size_t at = 0, taken = 0; at < size; at += taken) {
        char *end = jsontext_ascii(out + 1, text + at, size - at, &taken);
        out[0] = *end = '"';
        json_t *value =
            json_loadb(out, (size_t)(end + 1 - out), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        if (value == NULL || json_string_length(value) != taken ||
            memcmp(json_string_value(value), text + at, taken) != 0)
            abort();
        json_decref(value);
        if (at + taken == size)
            return;
        const int n = jsontext_utf8(text + at + taken, size - at - taken);
        json_t *one = n > 0 ? json_stringn(text + at + taken, (size_t)n) : NULL;
        if ((n > 0) != (one != NULL))
            abort();
        json_decref(one);
        taken += n > 0 ? (size_t)n : 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const patterns[] = {"secret", "key=[a-z]+"};
    static struct desk d;
    struct failure f;
    if (size < 2 || size > BYTES_MAX)
        return 0;
    struct redact *x = redact_new(patterns, data[0] % 3, &f);
    unsigned cut = data[1];
    d.size[0] = d.size[1] = 0;
    if (x == NULL)
        abort();
    if (data[0] & 0x80)
        redact_learn(x, "a secret of key=abc", 19);
    check_json((const char *)data + 2, size - 2);
    for (size_t at = 2; at < size;) {
        cut = cut * 1103515245 + 12345;
        const size_t rest = size - at;
        const size_t n = 1 + (cut >> 16) % 40 < rest ? 1 + (cut >> 16) % 40 : rest;
        const enum redact_side side = (cut >> 24) % 3 == 0 ? REDACT_INPUT : REDACT_OUTPUT;
        char *to = d.bytes[side] + d.size[side];
        memcpy(to, data + at, n);
        d.size[side] += n;
        if (redact_feed(x, side, to, n, false, mask, &d) > d.size[side])
            abort();
        at += n;
    }
    for (enum redact_side side = REDACT_OUTPUT; side < REDACT_SIDES; side++) {
        if (redact_feed(x, side, NULL, 0, true, mask, &d) != d.size[side])
            abort();
        if (data[0] % 3 > 0 && memmem(d.bytes[side], d.size[side], "secret", 6) != NULL)
            abort();
    }
    redact_free(x);
    return 0;
}
