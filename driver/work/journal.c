// One line a field, by one format for writing and one for reading; what is read must be what would
// be written.
#include "work/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"

const char *const phase_words[PHASE_COUNT] = {
    [PHASE_OVERLAY] = "overlay", [PHASE_GUEST] = "guest",   [PHASE_PROOF] = "proof",
    [PHASE_COPY] = "copy",       [PHASE_COMMIT] = "commit", [PHASE_RENAME] = "rename",
    [PHASE_CHECK] = "check",     [PHASE_CLEAN] = "clean",
};

#define IDENTITY_LINE "%" PRIu64 " %" PRIu64 " %" PRIu64 ".%09" PRIu32 " sha256:%s"
#define IDENTITY_SCAN "%" SCNu64 " %" SCNu64 " %" SCNu64 ".%9" SCNu32 " sha256:%64[0-9a-f]"

static int identity_text(char *text, size_t size, const char *name, const struct identity *i) {
    if (i->head[0] == '\0')
        return snprintf(text, size, "%s none\n", name);
    return snprintf(text, size, "%s " IDENTITY_LINE "\n", name, i->inode, i->size, i->seconds,
                    i->nanoseconds, i->head);
}

// sscanf does not tell of numbers that are too large: the round trip in journal_parse does.
// NOLINTBEGIN(cert-err34-c)

// Reads the line that text begins with. The text behind it, or NULL.
static const char *identity_scan(const char *text, const char *name, struct identity *i) {
    const size_t length = strlen(name);
    const char *end = strchr(text, '\n');
    if (end == NULL || strncmp(text, name, length) != 0 || text[length] != ' ')
        return NULL;
    text += length + 1;
    *i = (struct identity){0};
    if (strncmp(text, "none\n", 5) != 0 && sscanf(text, IDENTITY_SCAN, &i->inode, &i->size,
                                                  &i->seconds, &i->nanoseconds, i->head) != 5)
        return NULL;
    return end + 1;
}

// Appends the line with the digest of what is there. The length of all, or 0.
static size_t add_sum(char *text, size_t length, size_t size) {
    unsigned char sum[EVP_MAX_MD_SIZE];
    if (EVP_Digest(text, length, sum, NULL, EVP_sha256(), NULL) != 1)
        return 0;
    char hex[IDENTITY_HEX + 1];
    bytes_hex(hex, sum, IDENTITY_HEX / 2);
    return length + (size_t)snprintf(text + length, size - length, "sum %s\n", hex);
}

size_t journal_text(const struct journal *j, char text[JOURNAL_MAX]) {
    size_t n = 0;
    n += (size_t)snprintf(text, JOURNAL_MAX, "qemu-grow journal 1\nphase %s\nformat %s\n",
                          phase_words[j->phase], j->format);
    n += (size_t)identity_text(text + n, JOURNAL_MAX - n, "disk", &j->disk);
    n += (size_t)identity_text(text + n, JOURNAL_MAX - n, "overlay", &j->overlay);
    n += (size_t)identity_text(text + n, JOURNAL_MAX - n, "copy", &j->copy);
    n += (size_t)snprintf(text + n, JOURNAL_MAX - n,
                          "virtual-size %" PRIu64 "\npartition %u %" PRIu32 " %" PRIu32
                          "\nsignature %08" PRIx32 "\nblocks %" PRIu64 "\nuuid %s\n",
                          j->virtual_size, j->part, j->start, j->sectors, j->signature,
                          j->fs_blocks, j->fs_uuid);
    return add_sum(text, n, JOURNAL_MAX);
}

static int scan(struct journal *j, const char *text) {
    char word[16];
    int used = 0;
    *j = (struct journal){.phase = PHASE_COUNT};
    if (sscanf(text, "qemu-grow journal 1\nphase %15[a-z]\nformat %31[a-z0-9_-]%n", word, j->format,
               &used) != 2 ||
        used == 0 || text[used] != '\n')
        return -1;
    for (int i = 0; i < PHASE_COUNT; i++)
        if (strcmp(word, phase_words[i]) == 0)
            j->phase = (enum phase)i;
    text = identity_scan(text + used + 1, "disk", &j->disk);
    text = text == NULL ? NULL : identity_scan(text, "overlay", &j->overlay);
    text = text == NULL ? NULL : identity_scan(text, "copy", &j->copy);
    if (text == NULL || sscanf(text,
                               "virtual-size %" SCNu64 "\npartition %u %" SCNu32 " %" SCNu32
                               "\nsignature %" SCNx32 "\nblocks %" SCNu64 "\nuuid %32[0-9a-f]",
                               &j->virtual_size, &j->part, &j->start, &j->sectors, &j->signature,
                               &j->fs_blocks, j->fs_uuid) != 7)
        return -1;
    return j->phase == PHASE_COUNT ? -1 : 0;
}

// NOLINTEND(cert-err34-c)

int journal_parse(struct journal *j, const char *bytes, size_t size) {
    char text[JOURNAL_MAX];
    char again[JOURNAL_MAX];
    if (size == 0 || size >= sizeof text || memchr(bytes, '\0', size) != NULL)
        return -1;
    memcpy(text, bytes, size);
    text[size] = '\0';
    if (scan(j, text) != 0)
        return -1;
    return journal_text(j, again) == size && memcmp(again, bytes, size) == 0 ? 0 : -1;
}

static int bad(struct failure *f, const struct work_files *w, const char *why) {
    return failure_set(f, EXIT_ID_JOURNAL_BAD,
                       "look at it: it may be of another version of qemu-grow; without it nobody "
                       "can tell what became of the run that wrote it",
                       "%s is no journal of this program: %s", w->journal, why);
}

int journal_load(struct journal *j, const struct work_files *w, struct failure *f) {
    char bytes[JOURNAL_MAX];
    const int fd = open(w->journal, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? 0 : bad(f, w, strerror(errno));
    struct stat st;
    size_t size = 0;
    ssize_t n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? 1 : -1;
    while (n > 0 && size < sizeof bytes) {
        n = read(fd, bytes + size, sizeof bytes - size);
        if (n > 0)
            size += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    (void)close(fd);
    if (n < 0 || journal_parse(j, bytes, size) != 0)
        return bad(f, w, "its content is not as it was written");
    return 1;
}

int journal_enter(struct journal *j, const struct work_files *w, enum phase phase,
                  struct failure *f) {
    char text[JOURNAL_MAX];
    struct journal next = *j;
    next.phase = phase;
    const size_t size = journal_text(&next, text);
    if (size == 0)
        return failure_no_memory(f);
    if (file_replace(w->folder, w->journal, text, size, f) != 0)
        return -1;
    *j = next;
    return 0;
}
