// Compares what came back with what was typed.
#include "dialogue/echo.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static enum echo_verdict judge_once(const char *sent, size_t sent_size, const char *seen,
                                    size_t size) {
    if (size > sent_size || memcmp(sent, seen, size) != 0)
        return ECHO_WRONG;
    return size == sent_size ? ECHO_PERFECT : ECHO_PENDING;
}

// Is seen a shuffle of a prefix of sent with another? ahead[a]: the bytes so far can be a bytes of
// the one copy and the rest of the other, which is not ahead of it.
static enum echo_verdict judge_twice(const char *sent, size_t sent_size, const char *seen,
                                     size_t size) {
    bool *ahead = calloc(sent_size + 2, sizeof *ahead);
    if (ahead == NULL || size > 2 * sent_size) {
        free(ahead);
        return ECHO_WRONG;
    }
    ahead[0] = true;
    for (size_t k = 0; k < size; k++) {
        // From k bytes to k + 1; downwards, so that ahead[a - 1] is still that of k bytes.
        for (size_t a = sent_size + 1; a-- > 0;) {
            const bool leads = a > 0 && ahead[a - 1] && a - 1 < sent_size && sent[a - 1] == seen[k];
            const size_t behind = k >= a ? k - a : sent_size;
            const bool follows = ahead[a] && behind < a && sent[behind] == seen[k];
            ahead[a] = leads || follows;
        }
    }
    enum echo_verdict verdict = ECHO_WRONG;
    for (size_t a = 0; a <= sent_size; a++)
        if (ahead[a] && size - a <= a)
            verdict = a == sent_size ? ECHO_PERFECT : ECHO_PENDING;
    free(ahead);
    return verdict;
}

static enum echo_verdict judge_redrawn(const char *sent, size_t sent_size, const char *seen,
                                       size_t size) {
    return size >= sent_size && memcmp(seen + size - sent_size, sent, sent_size) == 0
               ? ECHO_PERFECT
               : ECHO_PENDING;
}

enum echo_verdict echo_judge(enum echo kind, const char *lead, const char *sent, size_t sent_size,
                             const char *seen, size_t seen_size) {
    char *line = malloc(seen_size + 1);
    if (line == NULL)
        return ECHO_WRONG;
    size_t size = 0;
    for (size_t i = 0; i < seen_size; i++)
        if (seen[i] != '\n')
            line[size++] = seen[i];
    line[size] = '\0';
    const size_t most = lead == NULL ? 0 : strspn(line, lead);
    enum echo_verdict best = ECHO_WRONG;
    for (size_t skip = 0; skip <= most && best != ECHO_PERFECT; skip++) {
        const char *at = line + skip;
        const enum echo_verdict v = kind == ECHO_ONCE ? judge_once(sent, sent_size, at, size - skip)
                                    : kind == ECHO_TWICE
                                        ? judge_twice(sent, sent_size, at, size - skip)
                                        : judge_redrawn(sent, sent_size, at, size - skip);
        if (v == ECHO_PERFECT || best == ECHO_WRONG)
            best = v;
    }
    free(line);
    return best;
}
