// Gathers the recording, fills the template, and renames the finished file over the old one.
#include "page/page.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "options/folder.h"
#include "page/gather.h"
#include "page/template.h"
#include "page/text_buffer.h"

static int unwritable(const char *path, int error, struct failure *f) {
    const bool full = error == ENOSPC || error == EDQUOT;
    return failure_set(f, full ? EXIT_ID_HOST_FULL : EXIT_ID_OUTPUT_UNWRITABLE,
                       full ? "free some room" : "give --report a file that can be written",
                       "the report cannot be written to %s: %s", path, strerror(error));
}

int page_writable(const char *path, struct failure *f) {
    struct stat st;
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL   ? strdup(".")
                   : slash == path ? strdup("/")
                                   : strndup(path, (size_t)(slash - path));
    if (folder == NULL)
        return failure_no_memory(f);
    int error = 0;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        error = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
    else if (access(folder, W_OK | X_OK) != 0)
        error = errno;
    free(folder);
    return error == 0 ? 0 : unwritable(path, error, f);
}

static int replace(const char *path, const struct text_buffer *page, struct failure *f) {
    char *fresh = NULL;
    if (asprintf(&fresh, "%s.XXXXXX", path) < 0)
        return failure_no_memory(f);
    const int fd = mkostemp(fresh, O_CLOEXEC);
    int error = fd < 0 || bytes_write(fd, page->bytes, page->size) != 0 ? errno : 0;
    if (fd >= 0 && close(fd) != 0 && error == 0)
        error = errno;
    if (error == 0 && rename(fresh, path) != 0)
        error = errno;
    if (error != 0 && fd >= 0)
        (void)unlink(fresh);
    free(fresh);
    return error == 0 ? 0 : unwritable(path, error, f);
}

// The template's folder, allocated: report/ in that of --scripts, else in the program's own.
static char *template_folder(const char *scripts, struct failure *f) {
    const char *const given[] = {scripts, NULL};
    for (size_t i = scripts == NULL; i < sizeof given / sizeof given[0]; i++) {
        char *path = NULL;
        char *folder = scripts_folder(given[i], f);
        if (folder == NULL || asprintf(&path, "%s/report", folder) < 0)
            path = NULL;
        free(folder);
        if (path == NULL || given[i] == NULL || access(path, R_OK | X_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

int page_write(const char *path, const char *recording, const char *scripts, struct failure *f) {
    struct text_buffer page = {0};
    char *folder = template_folder(scripts, f);
    json_t *data = folder == NULL ? NULL : gather(recording, f);
    int rc = data == NULL ? -1 : template_fill(&page, folder, data, f);
    if (rc == 0)
        rc = replace(path, &page, f);
    json_decref(data);
    text_buffer_free(&page);
    free(folder);
    return rc;
}
