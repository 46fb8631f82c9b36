// Copies of texts in an array.
#include "base/argv.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

char **argv_new(const char *first, ...) {
    va_list args;
    size_t count = 0;
    va_start(args, first);
    for (const char *text = first; text != NULL; text = va_arg(args, const char *))
        count++;
    va_end(args);
    char **argv = calloc(count + 1, sizeof *argv);
    va_start(args, first);
    const char *text = first;
    for (size_t i = 0; argv != NULL && i < count; i++, text = va_arg(args, const char *)) {
        argv[i] = strdup(text);
        if (argv[i] == NULL) {
            argv_free(argv);
            argv = NULL;
        }
    }
    va_end(args);
    return argv;
}

void argv_free(char **argv) {
    for (char **arg = argv; arg != NULL && *arg != NULL; arg++)
        free(*arg);
    free(argv);
}
