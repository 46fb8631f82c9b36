// Looks for scripts/ relative to the program's own file, so that a moved tree or prefix still
// works.
#include "options/folder.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// base/below, if it has a folder dialogues; else NULL.
static char *try_folder(const char *base, const char *below) {
    char *path = NULL;
    char *inside = NULL;
    if (asprintf(&path, "%s/%s", base, below) < 0)
        return NULL;
    if (asprintf(&inside, "%s/dialogues", path) < 0 || access(inside, R_OK | X_OK) != 0) {
        free(path);
        path = NULL;
    }
    free(inside);
    return path;
}

char *scripts_folder(const char *given, struct failure *f) {
    char base[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", base, sizeof base - 1);
    base[n > 0 ? n : 0] = '\0';
    char *found = given != NULL ? strdup(given) : NULL;
    for (char *slash = strrchr(base, '/'); slash != NULL && found == NULL && given == NULL;
         slash = strrchr(base, '/')) {
        *slash = '\0';
        found = try_folder(base, "share/qemu-grow");
        if (found == NULL)
            found = try_folder(base, "scripts");
    }
    if (found == NULL)
        (void)failure_set(f, EXIT_ID_SCRIPTS_BAD, "name their folder with --scripts",
                          "the dialogue files are not found beside the program");
    return found;
}
