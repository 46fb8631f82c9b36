// The label from ISO 9660's descriptor, the files by libarchive.
#include "iso/look.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SECTOR = 2048,
    DESCRIPTOR = 16 * SECTOR, // offset of the primary volume descriptor
    HEAD = DESCRIPTOR + SECTOR,
    ENTRIES_MAX = 100000, // files on a CD that is meant well
    BLOCK = 64 * 1024,    // bytes that libarchive reads at a time
};

static const char get_virt[] =
    "use alpine-virt-VERSION-x86_64.iso, or leave --iso out to have it fetched";
static const char get_again[] = "get the file again, or leave --iso out to have it fetched";

int look_is_html(const char *bytes, size_t size) {
    static const char *const starts[] = {"<!doctype html", "<html", "<head", "<?xml"};
    size_t skip = 0;
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        skip = 3;
    while (skip < size && strchr(" \t\r\n", bytes[skip]) != NULL && bytes[skip] != '\0')
        skip++;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (size - skip >= strlen(starts[i]) &&
            strncasecmp(bytes + skip, starts[i], strlen(starts[i])) == 0)
            return 1;
    return 0;
}

// The label without the blanks that fill it up; what is not printable becomes a question mark.
static void take_label(char label[LOOK_TEXT], const unsigned char *d) {
    size_t n = 32;
    memcpy(label, d + 40, n);
    while (n > 0 && (label[n - 1] == ' ' || label[n - 1] == '\0'))
        n--;
    label[n] = '\0';
    for (size_t i = 0; i < n; i++)
        if (label[i] < ' ' || label[i] > '~')
            label[i] = '?';
}

// "alpine-virt 3.20.3 x86_64"
static int check_label(struct look *l, const char *name, struct failure *f) {
    char flavour[LOOK_TEXT];
    char arch[LOOK_TEXT];
    static_assert(LOOK_TEXT == 48, "the widths below");
    if (sscanf(l->label, "alpine-%47s %47s %47s", flavour, l->version, arch) != 3)
        return failure_set(f, EXIT_ID_ISO_WRONG, get_virt, "%s is no Alpine ISO: its label is '%s'",
                           name, l->label);
    if (strcmp(flavour, "virt") != 0)
        return failure_set(f, EXIT_ID_ISO_WRONG, get_virt,
                           "%s is Alpine's flavour '%s', and only 'virt' has a serial console and "
                           "all that is needed (label '%s')",
                           name, flavour, l->label);
    if (strcmp(arch, "x86_64") != 0)
        return failure_set(f, EXIT_ID_ISO_WRONG, get_virt,
                           "%s is for %s, and the guest is an x86_64 machine (label '%s')", name,
                           arch, l->label);
    return 0;
}

// head: the file's first bytes, at most HEAD; size: of all the file.
static int look_head(struct look *l, const char *head, size_t head_size, uint64_t size,
                     const char *name, struct failure *f) {
    *l = (struct look){0};
    if (head_size == 0)
        return failure_set(f, EXIT_ID_ISO_WRONG, get_again, "%s is empty", name);
    if (look_is_html(head, head_size))
        return failure_set(f, EXIT_ID_ISO_WRONG, get_again,
                           "%s is a web page and no ISO, perhaps the login page of a network",
                           name);
    const unsigned char *d = (const unsigned char *)head + DESCRIPTOR;
    if (head_size < HEAD)
        return failure_set(f, EXIT_ID_ISO_WRONG, get_again,
                           "%s is no ISO, or only the beginning of one: it has %ju bytes", name,
                           (uintmax_t)size);
    if (memcmp(d, "\1CD001", 6) != 0)
        return failure_set(f, EXIT_ID_ISO_WRONG, get_virt, "%s is no ISO 9660 image", name);
    take_label(l->label, d);
    const uint64_t blocks =
        (uint64_t)d[80] | (uint64_t)d[81] << 8 | (uint64_t)d[82] << 16 | (uint64_t)d[83] << 24;
    const uint64_t block = (uint64_t)d[128] | (uint64_t)d[129] << 8;
    l->size = blocks * block;
    if (l->size > size)
        return failure_set(f, EXIT_ID_ISO_WRONG, get_again,
                           "%s is not complete: it has %ju of %ju bytes", name, (uintmax_t)size,
                           (uintmax_t)l->size);
    return check_label(l, name, f);
}

// What must be on the CD.
enum { SEEN_KERNEL = 1, SEEN_INITRAMFS = 2, SEEN_E2FSPROGS = 4 };
static const struct {
    unsigned bit;
    const char *path;
} needed[] = {
    {SEEN_KERNEL, "boot/vmlinuz-virt"},
    {SEEN_INITRAMFS, "boot/initramfs-virt"},
    {SEEN_E2FSPROGS, "apks/x86_64/e2fsprogs-extra-"}, // its version and .apk follow
};

static unsigned see(struct look *l, const char *path) {
    unsigned seen = 0;
    if (strncmp(path, "./", 2) == 0)
        path += 2;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        const size_t n = strlen(needed[i].path);
        if (needed[i].bit != SEEN_E2FSPROGS) {
            seen |= strcmp(path, needed[i].path) == 0 ? needed[i].bit : 0;
            continue;
        }
        const char *version = path + n;
        if (strncmp(path, needed[i].path, n) != 0 || version[0] < '0' || version[0] > '9')
            continue;
        const size_t length = strlen(version);
        if (length <= 4 || length - 4 >= sizeof l->e2fsprogs ||
            strcmp(version + length - 4, ".apk") != 0 ||
            strspn(version, "0123456789abcdefghijklmnopqrstuvwxyz._-") != length)
            continue;
        memcpy(l->e2fsprogs, version, length - 4);
        l->e2fsprogs[length - 4] = '\0';
        seen |= needed[i].bit;
    }
    return seen;
}

static int look_files(struct look *l, struct archive *a, const char *name, struct failure *f) {
    struct archive_entry *entry = NULL;
    unsigned seen = 0;
    int result = ARCHIVE_OK;
    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        result = archive_read_next_header(a, &entry);
        if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
            break;
        const char *path = archive_entry_pathname(entry);
        if (path != NULL && archive_entry_filetype(entry) == AE_IFREG)
            seen |= see(l, path);
    }
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if ((seen & needed[i].bit) == 0) {
            if (result != ARCHIVE_EOF)
                break;
            return failure_set(f, EXIT_ID_ISO_WRONG, get_virt, "%s has no file /%s%s", name,
                               needed[i].path,
                               needed[i].bit == SEEN_E2FSPROGS ? "VERSION.apk" : "");
        }
    if (result == ARCHIVE_EOF)
        return 0;
    const char *why = archive_error_string(a);
    return failure_set(f, EXIT_ID_ISO_WRONG, get_again, "%s is damaged: %s", name,
                       why == NULL ? "it has far too many files" : why);
}

static struct archive *reader_new(void) {
    struct archive *a = archive_read_new();
    if (a != NULL && archive_read_support_format_iso9660(a) != ARCHIVE_OK) {
        (void)archive_read_free(a);
        a = NULL;
    }
    return a;
}

// opened: what libarchive said when it was given the bytes. Frees a.
static int look_archive(struct look *l, struct archive *a, int opened, const char *name,
                        struct failure *f) {
    const int result = opened == ARCHIVE_OK
                           ? look_files(l, a, name, f)
                           : failure_set(f, EXIT_ID_ISO_WRONG, get_again, "%s is damaged: %s", name,
                                         archive_error_string(a));
    (void)archive_read_free(a);
    return result;
}

int look_bytes(struct look *l, const void *bytes, size_t size, const char *name,
               struct failure *f) {
    if (look_head(l, bytes, size < HEAD ? size : HEAD, size, name, f) != 0)
        return -1;
    struct archive *a = reader_new();
    return a == NULL ? failure_no_memory(f)
                     : look_archive(l, a, archive_read_open_memory(a, bytes, size), name, f);
}

int look_file(struct look *l, int fd, const char *name, struct failure *f) {
    char head[HEAD];
    size_t used = 0;
    ssize_t n = 1;
    const off_t size = lseek(fd, 0, SEEK_END); // of a block device, too
    while (size >= 0 && n > 0 && used < sizeof head) {
        n = pread(fd, head + used, sizeof head - used, (off_t)used);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            used += (size_t)n;
    }
    if (size < 0 || n < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return failure_set(f, EXIT_ID_ISO_UNREADABLE, "check the path given by --iso",
                           "the ISO %s cannot be read: %s", name, strerror(errno));
    if (look_head(l, head, used, (uint64_t)size, name, f) != 0)
        return -1;
    struct archive *a = reader_new();
    return a == NULL ? failure_no_memory(f)
                     : look_archive(l, a, archive_read_open_fd(a, fd, BLOCK), name, f);
}
