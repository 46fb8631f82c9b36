// The label from ISO 9660's descriptor, the files by a reader of our own (iso9660.h says why).
#include "iso/look.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/bytes.h"
#include "iso/iso9660.h"

enum { HEAD = ISO9660_DESCRIPTOR + ISO9660_SECTOR }; // bytes up to the descriptor's end

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
    const unsigned char *d = (const unsigned char *)head + ISO9660_DESCRIPTOR;
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
enum needed_file { NEEDED_KERNEL, NEEDED_INITRAMFS, NEEDED_E2FSPROGS, NEEDED_COUNT };
static const struct {
    const char *directory;
    const char *name;
    const char *rest; // of the name, for people; "": there is none
} needed[NEEDED_COUNT] = {
    [NEEDED_KERNEL] = {"boot", "vmlinuz-virt", ""},
    [NEEDED_INITRAMFS] = {"boot", "initramfs-virt", ""},
    [NEEDED_E2FSPROGS] = {"apks/x86_64", "e2fsprogs-extra-", "VERSION.apk"},
};

// One of them is being looked for.
struct search {
    struct look *look;
    enum needed_file which;
    bool found;
};

// Of "e2fsprogs-extra-1.47.0-r5.apk" what comes behind "e2fsprogs-extra-".
static bool take_version(struct look *l, const char *version) {
    static const char end[] = ".apk";
    const size_t length = strlen(version);
    if (version[0] < '0' || version[0] > '9' || length < sizeof end)
        return false;
    const size_t n = length - (sizeof end - 1);
    if (n >= sizeof l->e2fsprogs || strcmp(version + n, end) != 0 ||
        strspn(version, "0123456789abcdefghijklmnopqrstuvwxyz._-") != length)
        return false;
    memcpy(l->e2fsprogs, version, n);
    l->e2fsprogs[n] = '\0';
    return true;
}

static void see(void *data, const char *name) {
    struct search *s = data;
    const char *wanted = needed[s->which].name;
    if (s->which != NEEDED_E2FSPROGS)
        s->found = s->found || strcmp(name, wanted) == 0;
    else if (strncmp(name, wanted, strlen(wanted)) == 0)
        s->found = take_version(s->look, name + strlen(wanted)) || s->found;
}

static int look_files(struct look *l, const struct iso9660_bytes *in, const char *name,
                      struct failure *f) {
    struct iso9660 iso;
    const char *damage = iso9660_open(&iso, in);
    for (enum needed_file i = 0; damage == NULL && i < NEEDED_COUNT; i++) {
        struct search s = {.look = l, .which = i};
        damage = iso9660_files(&iso, needed[i].directory, see, &s);
        if (damage == NULL && !s.found)
            return failure_set(f, EXIT_ID_ISO_WRONG, get_virt, "%s has no file /%s/%s%s", name,
                               needed[i].directory, needed[i].name, needed[i].rest);
    }
    if (damage != NULL)
        return failure_set(f, EXIT_ID_ISO_WRONG, get_again, "%s is damaged: %s", name, damage);
    return 0;
}

int look_bytes(struct look *l, const void *bytes, size_t size, const char *name,
               struct failure *f) {
    const struct iso9660_bytes in = {.fd = -1, .bytes = bytes, .size = size};
    if (look_head(l, bytes, size < HEAD ? size : HEAD, size, name, f) != 0)
        return -1;
    return look_files(l, &in, name, f);
}

int look_file(struct look *l, int fd, const char *name, struct failure *f) {
    char head[HEAD];
    const off_t size = lseek(fd, 0, SEEK_END); // of a block device, too
    const ssize_t used = size < 0 ? -1 : bytes_read(fd, head, sizeof head, 0);
    if (used < 0)
        return failure_set(f, EXIT_ID_ISO_UNREADABLE, "check the path given by --iso",
                           "the ISO %s cannot be read: %s", name, strerror(errno));
    const struct iso9660_bytes in = {.fd = fd, .size = (uint64_t)size};
    if (look_head(l, head, (size_t)used, (uint64_t)size, name, f) != 0)
        return -1;
    return look_files(l, &in, name, f);
}
