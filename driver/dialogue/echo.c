// Compares what came back with what was typed.
#include "dialogue/echo.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static enum echo_verdict verdict_of(size_t echoed, size_t sent_size) {
    return echoed == sent_size ? ECHO_PERFECT : ECHO_PENDING;
}

static enum echo_verdict judge_once(const char *sent, size_t sent_size, const char *seen,
                                    size_t size, size_t *echoed) {
    if (size > sent_size || memcmp(sent, seen, size) != 0)
        return ECHO_WRONG;
    *echoed = size;
    return verdict_of(size, sent_size);
}

// Is seen a shuffle of a prefix of sent with another? ahead[a]: the bytes so far can be a bytes of
// the one copy and the rest of the other, which is not ahead of it. Such a are between low and
// high, which are near to each other, since a copy hardly ever lags behind by much.
static enum echo_verdict judge_twice(const char *sent, size_t sent_size, const char *seen,
                                     size_t size, size_t *echoed) {
    bool *ahead = calloc(sent_size + 2, sizeof *ahead);
    if (ahead == NULL || size > 2 * sent_size) {
        free(ahead);
        return ECHO_WRONG;
    }
    ahead[0] = true;
    size_t low = 0;
    size_t high = 0;
    for (size_t k = 0; k < size && low <= high; k++) {
        // From k bytes to k + 1; downwards, so that ahead[a - 1] is still that of k bytes.
        size_t most = 0;
        size_t least = sent_size + 1;
        for (size_t a = (high < sent_size ? high + 1 : high) + 1; a-- > low;) {
            const bool leads = a > 0 && ahead[a - 1] && sent[a - 1] == seen[k];
            const size_t behind = k >= a ? k - a : sent_size;
            const bool follows = ahead[a] && behind < a && sent[behind] == seen[k];
            ahead[a] = leads || follows;
            if (ahead[a]) {
                most = a > most ? a : most;
                least = a;
            }
        }
        low = least;
        high = most;
    }
    enum echo_verdict verdict = ECHO_WRONG;
    for (size_t a = low; a <= high; a++)
        if (ahead[a] && size - a <= a) {
            verdict = verdict_of(a, sent_size);
            *echoed = a;
        }
    free(ahead);
    return verdict;
}

// What was drawn in one piece has both copies of each byte together: only after that may one lag.
static enum echo_verdict judge_drawn_twice(size_t stands, const char *sent, size_t sent_size,
                                           const char *seen, size_t size, size_t *echoed) {
    if (stands > sent_size)
        return ECHO_WRONG;
    for (size_t i = 0; i < 2 * stands && i < size; i++)
        if (seen[i] != sent[i / 2])
            return ECHO_WRONG;
    if (size < 2 * stands)
        return ECHO_PENDING;
    size_t more = 0;
    const enum echo_verdict v =
        judge_twice(sent + stands, sent_size - stands, seen + 2 * stands, size - 2 * stands, &more);
    *echoed = stands + more;
    return v;
}

// The first `stands` bytes, then one byte more each time; the last drawing may not be all there.
static enum echo_verdict judge_redrawn(size_t stands, const char *sent, size_t sent_size,
                                       const char *seen, size_t size, size_t *echoed) {
    size_t at = 0;
    for (size_t length = stands; length <= sent_size; length++) {
        const size_t there = size - at < length ? size - at : length;
        if (memcmp(seen + at, sent, there) != 0)
            return ECHO_WRONG;
        if (there < length)
            return ECHO_PENDING;
        at += length;
        *echoed = length;
        if (at == size)
            return verdict_of(length, sent_size);
    }
    return ECHO_WRONG;
}

// What stands after all that was seen; the buffer is the line, of at least size bytes.
static size_t erase(const char *seen, size_t size, char *line) {
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        if (seen[i] != ' ')
            line[length++] = seen[i];
        else if (length > 0)
            length--;
    }
    return length;
}

static enum echo_verdict judge_erased(const char *sent, size_t sent_size, const char *seen,
                                      size_t size, size_t *echoed) {
    char *line = calloc(size + 1, 1);
    if (line == NULL)
        return ECHO_WRONG;
    const size_t length = erase(seen, size, line);
    const enum echo_verdict v = judge_once(sent, sent_size, line, length, echoed);
    free(line);
    return v;
}

// Without its LFs. NULL without memory.
static char *unwrapped(const char *seen, size_t seen_size, size_t *size) {
    char *line = calloc(seen_size + 1, 1);
    *size = 0;
    for (size_t i = 0; line != NULL && i < seen_size; i++)
        if (seen[i] != '\n')
            line[(*size)++] = seen[i];
    if (line != NULL)
        line[*size] = '\0';
    return line;
}

enum echo_verdict echo_judge(enum echo kind, const char *lead, size_t stands, const char *sent,
                             size_t sent_size, const char *seen, size_t seen_size, size_t *echoed) {
    size_t size = 0;
    char *line = unwrapped(seen, seen_size, &size);
    if (line == NULL)
        return ECHO_WRONG;
    const size_t most = lead == NULL ? 0 : strspn(line, lead);
    enum echo_verdict best = ECHO_WRONG;
    for (size_t skip = 0; skip <= most && skip <= size && best != ECHO_PERFECT; skip++) {
        const char *at = line + skip;
        const size_t left = size - skip;
        size_t count = 0;
        const enum echo_verdict v =
            kind == ECHO_ONCE     ? judge_once(sent, sent_size, at, left, &count)
            : kind == ECHO_TWICE  ? judge_drawn_twice(stands, sent, sent_size, at, left, &count)
            : kind == ECHO_ERASED ? judge_erased(sent, sent_size, at, left, &count)
                                  : judge_redrawn(stands, sent, sent_size, at, left, &count);
        if (v == ECHO_PERFECT || best == ECHO_WRONG) {
            best = v;
            if (echoed != NULL)
                *echoed = count;
        }
    }
    free(line);
    return best;
}

// ISOLINUX's drawing: each byte twice, the first of them the blank after the prompt.
static ptrdiff_t read_twice(char *line, size_t size) {
    if (size % 2 != 0)
        return -1;
    for (size_t i = 0; i < size; i += 2) {
        if (line[i] != line[i + 1])
            return -1;
        line[i / 2] = line[i];
    }
    if (size == 0)
        return 0;
    if (line[0] != ' ')
        return -1;
    memmove(line, line + 1, size / 2 - 1);
    return (ptrdiff_t)(size / 2 - 1);
}

ptrdiff_t echo_read(enum echo kind, const char *seen, size_t seen_size, char *line) {
    size_t size = 0;
    for (size_t i = 0; i < seen_size; i++)
        if (seen[i] != '\n')
            line[size++] = seen[i];
    if (kind == ECHO_TWICE)
        return read_twice(line, size);
    if (kind == ECHO_ERASED)
        return (ptrdiff_t)erase(line, size, line);
    return (ptrdiff_t)size;
}
