// A table of hashes (of words as in FNV-1a), so that a line costs the same however many are
// remembered.
#include "console/news.h"

#include <string.h>

static const uint64_t FNV_PRIME = 1099511628211U;

static bool is_letter(char c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static void end_word(struct news *n) {
    if (n->word != 0 && !n->number)
        n->line = (n->line ^ n->word) * FNV_PRIME;
    n->word = 0;
    n->number = false;
}

static void end_line(struct news *n) {
    end_word(n);
    const uint64_t line = n->line;
    n->line = 0;
    if (line == 0)
        return;
    uint64_t *set = n->seen[(line ^ (line >> 32)) % NEWS_SETS];
    for (size_t i = 0; i < NEWS_WAYS; i++)
        if (set[i] == line)
            return;
    memmove(set + 1, set, (NEWS_WAYS - 1) * sizeof *set);
    set[0] = line;
    n->count++;
}

void news_feed(struct news *n, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        // Letters are the most of it: a rotation costs less than a multiplication, which follows at
        // the word's end.
        for (; i < size && is_letter(text[i]); i++)
            n->word = ((n->word << 7) | (n->word >> 57)) + (unsigned char)text[i];
        if (i == size)
            return;
        if (text[i] >= '0' && text[i] <= '9') {
            n->number = true;
        } else {
            end_word(n);
            if (text[i] == '\n')
                end_line(n);
        }
    }
}
