// SHA-256 over the parts, each led by its name and length so that no two lists are the same bytes.
#include "warm/key.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/run.h"
#include "base/signals.h"

enum { PART_MAX = 1024 * 1024 }; // bytes of a dialogue file

// Their next word says where something is, not what it is.
static const char *const places[] = {"-cdrom", "-kernel", "-initrd", "-chardev"};

struct key {
    struct digest *digest;
    bool failed;
};

struct key *key_new(void) {
    struct key *k = calloc(1, sizeof *k);
    if (k != NULL)
        k->digest = digest_new(DIGEST_SHA256);
    if (k != NULL && k->digest != NULL)
        return k;
    free(k);
    return NULL;
}

void key_free(struct key *k) {
    if (k != NULL)
        digest_free(k->digest);
    free(k);
}

static void add(struct key *k, const char *name, const void *bytes, size_t size) {
    char head[128];
    const int n = snprintf(head, sizeof head, "%s %zu\n", name, size);
    if (digest_add(k->digest, head, (size_t)n) != 0 || digest_add(k->digest, bytes, size) != 0)
        k->failed = true;
}

void key_text(struct key *k, const char *name, const char *text) {
    add(k, name, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

int key_qemu(struct key *k, const char *qemu, struct failure *f) {
    char stamp[96] = "";
    struct stat st;
    struct run_result r;
    char *path = run_find(qemu);
    char *real = path == NULL ? NULL : realpath(path, NULL);
    char *const argv[] = {(char *)qemu, (char[]){"--version"}, NULL};
    if (real != NULL && stat(real, &st) == 0)
        (void)snprintf(stamp, sizeof stamp, "%jd %jd.%09ld", (intmax_t)st.st_size,
                       (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    key_text(k, "qemu", real);
    key_text(k, "stamp", stamp);
    const int result = run_program(&r, argv, signals_fd(), f);
    if (result == 0)
        key_text(k, "version", r.out);
    run_free(&r);
    free(path);
    free(real);
    return result;
}

int key_scripts(struct key *k, const struct scripts *s, struct failure *f) {
    char *text = malloc(PART_MAX);
    if (text == NULL)
        return failure_no_memory(f);
    int result = 0;
    for (unsigned i = 0; i < scripts_count(s) && result == 0; i++) {
        const int fd = open(scripts_path(s, i), O_RDONLY | O_CLOEXEC);
        const ssize_t n = fd < 0 ? -1 : bytes_read(fd, text, PART_MAX, 0);
        if (n < 0)
            result = failure_set(f, EXIT_ID_SCRIPTS_BAD, "check that file's permissions",
                                 "%s cannot be read: %s", scripts_path(s, i), strerror(errno));
        else
            add(k, "script", text, (size_t)n);
        if (fd >= 0)
            (void)close(fd);
    }
    free(text);
    return result;
}

void key_command(struct key *k, char *const *argv) {
    bool skip = true; // the program itself
    for (char *const *word = argv; *word != NULL; word++) {
        if (!skip)
            key_text(k, "word", *word);
        skip = false;
        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
            skip = skip || strcmp(*word, places[i]) == 0;
    }
}

// The processor's name, from the first line of /proc/cpuinfo that has it.
static void add_processor(struct key *k) {
    char *line = NULL;
    size_t room = 0;
    FILE *in = fopen("/proc/cpuinfo", "re");
    while (in != NULL && getline(&line, &room, in) > 0)
        if (strncmp(line, "model name", strlen("model name")) == 0) {
            key_text(k, "processor", line);
            break;
        }
    free(line);
    if (in != NULL)
        (void)fclose(in);
}

void key_host(struct key *k, bool which) {
    struct utsname u;
    struct stat st;
    char device[64] = "none";
    if (uname(&u) == 0) {
        key_text(k, "system", u.sysname);
        key_text(k, "release", u.release);
        key_text(k, "build", u.version);
        key_text(k, "machine", u.machine);
        if (which)
            key_text(k, "host", u.nodename);
    }
    add_processor(k);
    if (!which)
        return;
    if (stat("/dev/kvm", &st) == 0)
        (void)snprintf(device, sizeof device, "%o %u:%u %d", st.st_mode, major(st.st_rdev),
                       minor(st.st_rdev), access("/dev/kvm", R_OK | W_OK));
    key_text(k, "kvm", device);
}

int key_end(struct key *k, char hex[DIGEST_HEX + 1], struct failure *f) {
    if (k->failed || digest_end(k->digest, hex) != 0)
        return failure_set(f, EXIT_ID_INTERNAL, "run again", "a digest could not be made");
    return 0;
}
