// A ring of hashes (FNV-1a).
#include "console/news.h"

static const uint64_t FNV_PRIME = 1099511628211U;

static void end_line(struct news *n) {
    const uint64_t line = n->line;
    n->line = 0;
    if (line == 0)
        return;
    for (size_t i = 0; i < NEWS_LINES; i++)
        if (n->seen[i] == line)
            return;
    n->seen[n->next] = line;
    n->next = (n->next + 1) % NEWS_LINES;
    n->count++;
}

void news_feed(struct news *n, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '\n')
            end_line(n);
        else if (c != ' ' && (c < '0' || c > '9'))
            n->line = (n->line ^ c) * FNV_PRIME;
    }
}
