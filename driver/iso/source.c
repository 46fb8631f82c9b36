// Told by its form alone; nothing is looked up.
#include "iso/source.h"

#include <stdlib.h>
#include <string.h>

static const char digits[] = "0123456789";

// The text behind a number of one to four digits; NULL if there is none.
static const char *number(const char *text) {
    const size_t n = strspn(text, digits);
    return n >= 1 && n <= 4 ? text + n : NULL;
}

// The text behind "3.20"; NULL if there is none.
static const char *branch(const char *text) {
    const char *rest = number(text);
    return rest != NULL && *rest == '.' ? number(rest + 1) : NULL;
}

bool source_is_branch(const char *text) {
    const char *rest = branch(text);
    return rest != NULL && *rest == '\0';
}

bool source_is_release(const char *text) {
    const char *rest = branch(text);
    if (rest == NULL || *rest != '.')
        return false;
    rest = number(rest + 1);
    if (rest != NULL && strncmp(rest, "_rc", 3) == 0)
        rest = number(rest + 3);
    return rest != NULL && *rest == '\0';
}

size_t source_branch_length(const char *release) {
    const char *rest = branch(release);
    return rest == NULL ? 0 : (size_t)(rest - release);
}

const char *source_version(const char *text) {
    return text[0] == 'v' ? text + 1 : text;
}

enum source_kind source_kind(const char *text) {
    if (strstr(text, "://") != NULL)
        return SOURCE_URL;
    if (strcmp(text, "latest") == 0)
        return SOURCE_LATEST;
    if (source_is_release(source_version(text)))
        return SOURCE_RELEASE;
    if (source_is_branch(source_version(text)))
        return SOURCE_BRANCH;
    return SOURCE_FILE;
}

int source_compare(const char *a, const char *b) {
    while (*a != '\0' || *b != '\0') {
        char *after_a = NULL;
        char *after_b = NULL;
        const long x = strtol(a, &after_a, 10);
        const long y = strtol(b, &after_b, 10);
        if (x != y)
            return x < y ? -1 : 1;
        // A candidate is older than the release without _rc.
        if (*after_a != *after_b)
            return *after_a == '_' ? -1 : *after_b == '_' ? 1 : *after_a == '\0' ? -1 : 1;
        a = after_a + strspn(after_a, "._rc");
        b = after_b + strspn(after_b, "._rc");
        if (a == after_a || b == after_b)
            break;
    }
    return 0;
}
