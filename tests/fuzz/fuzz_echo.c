// The judge of echoes on any line and any echo of it: what was really echoed is never wrong, what
// has a byte more than any echo never right.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dialogue/echo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds) {
    if (!holds)
        abort();
}

// data: kind, length of the line, the line, what came back.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    const enum echo kind = (enum echo)(data[0] % 4);
    const char *sent = (const char *)data + 2;
    const size_t sent_size = data[1] < size - 2 ? data[1] : size - 2;
    const char *seen = sent + sent_size;
    const size_t seen_size = size - 2 - sent_size;
    const enum echo_verdict v = echo_judge(kind, " :", 0, sent, sent_size, seen, seen_size, NULL);
    check(v == ECHO_PENDING || v == ECHO_PERFECT || v == ECHO_WRONG);
    char *line = malloc(seen_size + 1);
    check(line != NULL);
    check(echo_read(kind, seen, seen_size, line) <= (ptrdiff_t)seen_size);
    free(line);
    // LFs are left out of what came back, so a line that has one is no use here.
    if (memchr(sent, '\n', sent_size) != NULL)
        return 0;
    // The true echo, in the way of each kind.
    check(echo_judge(ECHO_ONCE, NULL, 0, sent, sent_size, sent, sent_size, NULL) == ECHO_PERFECT);
    check(echo_judge(ECHO_REDRAWN, NULL, sent_size, sent, sent_size, sent, sent_size, NULL) ==
          ECHO_PERFECT);
    char *twice = malloc(2 * sent_size + 1);
    check(twice != NULL);
    for (size_t i = 0; i < sent_size; i++)
        twice[2 * i] = twice[2 * i + 1] = sent[i];
    check(echo_judge(ECHO_TWICE, NULL, 0, sent, sent_size, twice, 2 * sent_size, NULL) ==
          ECHO_PERFECT);
    twice[2 * sent_size] = 'x';
    check(echo_judge(ECHO_TWICE, NULL, 0, sent, sent_size, twice, 2 * sent_size + 1, NULL) ==
          ECHO_WRONG);
    if (sent_size > 0)
        check(echo_judge(ECHO_ONCE, NULL, 0, sent, sent_size, sent, sent_size - 1, NULL) ==
              ECHO_PENDING);
    free(twice);
    return 0;
}
