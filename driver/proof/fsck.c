// Copies what e2fsck will read, and runs it.
#include "proof/fsck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/monotonic.h"
#include "base/run.h"
#include "base/signals.h"
#include "proof/metadata.h"

// Exit codes of e2fsck from here on say that it could not do its work.
enum { E2FSCK_FAILED = 8 };

static const char refused_repair[] = "? no\n";
static const char unsupported[] = " has unsupported feature(s): ";

// Its path, allocated. A user's PATH may lack the folders of the system's tools.
static char *find_e2fsck(struct failure *f) {
    static const char *const names[] = {"e2fsck", "/usr/sbin/e2fsck", "/sbin/e2fsck"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = run_find(names[i]);
        if (path != NULL)
            return path;
    }
    failure_set(f, EXIT_ID_PROGRAM_MISSING, "install it (Debian: e2fsprogs)",
                "e2fsck, which has to check the grown file system on the host, is not installed");
    return NULL;
}

// Runs it on the copy; *r is the caller's in each case. Its words are those of no language.
static int run_e2fsck(struct run_result *r, const char *options, const struct copy *c,
                      struct failure *f) {
    *r = (struct run_result){.status = -1};
    char *program = find_e2fsck(f);
    if (program == NULL)
        return -1;
    char *argv[] = {"env", "LC_ALL=C", program, (char *)options, (char *)copy_path(c), NULL};
    const int rc = run_program(r, argv, signals_fd(), f);
    free(program);
    return rc;
}

// "e2fsck 1.47.0 (5-Feb-2023)"
static void take_version(char *version, size_t size, const char *said) {
    static const char before[] = "e2fsck ";
    const char *at = strstr(said, before);
    if (at != NULL) {
        at += strlen(before);
        (void)snprintf(version, size, "%.*s", (int)strcspn(at, " \n"), at);
    }
}

// An e2fsck that does not know a feature has not checked anything.
static int check_features(const struct run_result *r, struct failure *f) {
    char version[48] = "";
    const char *at = strstr(r->out, unsupported);
    if (at == NULL)
        at = strstr(r->err, unsupported);
    if (at == NULL)
        return 0;
    at += strlen(unsupported);
    take_version(version, sizeof version, r->err);
    return failure_set(
        f, EXIT_ID_E2FSCK_OLD, "install a newer e2fsprogs on the host",
        "the host's e2fsck %s does not know a feature that the file system has (%.*s)", version,
        (int)strcspn(at, "\n"), at);
}

// What e2fsck calls by the copy's path is the partition. The name is shorter than any path.
static void rename_copy(char *words, const char *path) {
    static const char name[] = "PART";
    const size_t old = strlen(path);
    char *to = words;
    for (const char *from = words; *from != '\0';) {
        const bool here = strncmp(from, path, old) == 0;
        if (here)
            memcpy(to, name, sizeof name - 1);
        else
            *to = *from;
        to += here ? sizeof name - 1 : 1;
        from += here ? old : 1;
    }
    *to = '\0';
}

// One run of e2fsck -fn, its verdict into *k.
static int judge(struct fsck *k, const struct copy *c, struct failure *f) {
    struct run_result r;
    const double start = monotonic_seconds();
    int rc = run_e2fsck(&r, "-fn", c, f);
    if (rc == 0)
        rc = check_features(&r, f);
    if (rc == 0) {
        k->code = WIFEXITED(r.status) ? WEXITSTATUS(r.status) : E2FSCK_FAILED;
        // Of wrong counts in the superblock it speaks, and returns 0.
        k->clean = run_ok(&r) && strstr(r.out, refused_repair) == NULL;
        take_version(k->version, sizeof k->version, r.err);
        free(k->words);
        k->words = r.out_size > 0 ? r.out : r.err;
        if (k->words == r.out)
            r.out = NULL;
        else
            r.err = NULL;
        rename_copy(k->words, copy_path(c));
    }
    run_free(&r);
    k->check_seconds += monotonic_seconds() - start;
    return rc;
}

// A bad verdict on the metadata alone, checked on everything. Without room for that it stands.
static int confirm(struct fsck *k, struct copy *c, struct failure *f) {
    struct failure full;
    const double start = monotonic_seconds();
    int rc = copy_fill(c, 0, copy_size(c), &full);
    k->copy_seconds += monotonic_seconds() - start;
    if (rc != 0 && full.id == EXIT_ID_HOST_FULL)
        return 0;
    if (rc != 0 && f != NULL)
        *f = full;
    k->copied_all = rc == 0;
    return rc == 0 ? judge(k, c, f) : -1;
}

int fsck_check(struct fsck *result, const struct copy_source *from, const char *folder,
               struct failure *f) {
    *result = (struct fsck){.code = -1};
    struct copy *c = copy_new(from, folder, f);
    if (c == NULL)
        return -1;
    enum metadata found = METADATA_SOME;
    const double start = monotonic_seconds();
    int rc = metadata_fill(c, &found, f);
    result->copy_seconds = monotonic_seconds() - start;
    if (rc == 0 && found == METADATA_TOO_MUCH) {
        result->words = strdup("its inodes claim more blocks than the file system has");
        rc = result->words == NULL ? failure_no_memory(f) : 0;
    } else if (rc == 0) {
        rc = judge(result, c, f);
        if (rc == 0 && (!result->clean || found != METADATA_ALL))
            rc = confirm(result, c, f);
    }
    result->copied = copy_filled(c);
    copy_free(c);
    return rc;
}

void fsck_free(struct fsck *result) {
    free(result->words);
    *result = (struct fsck){.code = -1};
}

int fsck_possible(const struct copy_source *from, const char *folder, struct failure *f) {
    struct run_result r = {.status = -1};
    struct copy *c = copy_new(from, folder, f);
    int rc = c == NULL ? -1 : metadata_fill_head(c, f);
    if (rc == 0)
        rc = run_e2fsck(&r, "-n", c, f); // what it finds without the inodes says nothing
    if (rc == 0)
        rc = check_features(&r, f);
    run_free(&r);
    copy_free(c);
    return rc;
}
