// A scratch folder for a test that needs real files, and the host's programs run in it.
#ifndef QEMU_GROW_TESTS_WORKSPACE_H
#define QEMU_GROW_TESTS_WORKSPACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/failure.h"
#include "base/run.h"

enum { WORKSPACE_PATH_MAX = 4096, WORKSPACE_COMMAND_MAX = 8192 };

// Group set-up: makes the folder and goes there. *state becomes its absolute path (malloc).
static inline int workspace_enter(void **state) {
    const char *base = getenv("TMPDIR");
    char *folder = NULL;
    char *path = NULL;
    if (asprintf(&folder, "%s/qemu-grow-test.XXXXXX", base == NULL ? "/tmp" : base) < 0 ||
        mkdtemp(folder) == NULL || chdir(folder) != 0)
        return -1;
    *state = realpath(folder, NULL);
    free(folder);
    // mke2fs and sfdisk are in sbin, which a user's PATH may lack.
    const char *old = getenv("PATH");
    if (*state == NULL || asprintf(&path, "%s:/usr/sbin:/sbin", old == NULL ? "" : old) < 0)
        return -1;
    setenv("PATH", path, 1);
    setenv("LC_ALL", "C", 1);
    free(path);
    return 0;
}

// Group tear-down: removes the folder.
static inline int workspace_leave(void **state) {
    struct run_result r;
    struct failure f;
    char *argv[] = {"rm", "-rf", "--", *state, NULL};
    int rc = chdir("/") == 0 ? run_program(&r, argv, -1, &f) : -1;
    if (rc == 0)
        run_free(&r);
    free(*state);
    return rc;
}

// Runs a shell command, which must succeed. Returns what it wrote, without the last newline (free
// it).
__attribute__((format(printf, 1, 2))) static inline char *sh(const char *format, ...) {
    char command[WORKSPACE_COMMAND_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(command, sizeof command, format, args);
    va_end(args);
    assert_true(n > 0 && n < (int)sizeof command);
    char *argv[] = {"sh", "-euc", command, NULL};
    struct run_result r;
    struct failure f = {0};
    if (run_program(&r, argv, -1, &f) != 0)
        fail_msg("%s", f.what);
    if (!run_ok(&r))
        fail_msg("%s\nfailed: %s", command, r.err);
    if (r.out_size > 0 && r.out[r.out_size - 1] == '\n')
        r.out[r.out_size - 1] = '\0';
    char *out = r.out;
    r.out = NULL;
    run_free(&r);
    return out;
}

#define sh_do(...) free(sh(__VA_ARGS__))

#define assert_id(f, wanted)                                                                       \
    do {                                                                                           \
        if ((f)->id != (wanted))                                                                   \
            fail_msg("%s, not %s: %s", exit_rows[(f)->id].name, exit_rows[wanted].name,            \
                     (f)->what);                                                                   \
    } while (0)

#define assert_says(f, words)                                                                      \
    do {                                                                                           \
        if (strstr((f)->what, (words)) == NULL)                                                    \
            fail_msg("\"%s\" does not say \"%s\"", (f)->what, (words));                            \
    } while (0)

#endif
