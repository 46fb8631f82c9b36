// Builds QEMU's argv. No shell sees it; QEMU itself wants commas doubled in its options.
#include "guest/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/run.h"

enum { MONITOR_LINE_MAX = 4000 }; // bytes; the monitor's editor takes 4095 in a line

// Step 8's arguments that never change: a serial console, no network; a guest that reboots has
// failed.
static const char *const fixed_args[] = {"-nographic", "-nic", "none", "-no-reboot", NULL};

// A growing, NULL-terminated list of allocated strings. Once memory has run out it only says so.
struct list {
    char **items;
    size_t count;
    bool failed;
};

// Takes the string over.
static void list_take(struct list *l, char *item) {
    char **items = item == NULL ? NULL : realloc(l->items, (l->count + 2) * sizeof *items);
    if (items == NULL) {
        free(item);
        l->failed = true;
        return;
    }
    l->items = items;
    items[l->count++] = item;
    items[l->count] = NULL;
}

static void list_add(struct list *l, const char *item) {
    list_take(l, strdup(item));
}

static void list_format(struct list *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void list_format(struct list *l, const char *format, ...) {
    va_list args;
    char *item = NULL;
    va_start(args, format);
    if (vasprintf(&item, format, args) < 0)
        item = NULL;
    va_end(args);
    list_take(l, item);
}

static void list_free(char **items) {
    for (char **p = items; p != NULL && *p != NULL; p++)
        free(*p);
    free(items);
}

// The text with each of `letter` doubled, as QEMU's options want commas. Allocated, or NULL.
static char *doubled(const char *text, char letter) {
    char *result = malloc(2 * strlen(text) + 1);
    if (result == NULL)
        return NULL;
    char *p = result;
    for (; *text != '\0'; text++) {
        if (*text == letter)
            *p++ = letter;
        *p++ = *text;
    }
    *p = '\0';
    return result;
}

char *monitor_quote(const char *text, struct failure *f) {
    char *result = malloc(2 * strlen(text) + 3);
    if (result == NULL) {
        failure_set(f, EXIT_ID_INTERNAL, NULL, "no memory");
        return NULL;
    }
    char *p = result;
    *p++ = '"';
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '\n') { // the one control byte that has an escape
            *p++ = '\\';
            *p++ = 'n';
            continue;
        }
        // Below 32 and 127 are keys; 155 is the one-byte form of ESC [.
        if (byte < 32 || byte == 127 || byte == 155) {
            failure_set(f, EXIT_ID_USAGE, "use --plug-by=device, or give the disk another name",
                        "the disk's path has the byte %02x, which cannot be typed into QEMU's "
                        "monitor as --plug-by=drive needs it",
                        byte);
            free(result);
            return NULL;
        }
        if (byte == '"' || byte == '\\')
            *p++ = '\\';
        *p++ = *text;
    }
    *p++ = '"';
    *p = '\0';
    return result;
}

int qemu_find(const char *qemu, struct failure *f) {
    char *path = run_find(qemu);
    if (path == NULL)
        return failure_set(f, EXIT_ID_PROGRAM_MISSING,
                           "install QEMU, or name it with --qemu or $QEMU", "%s cannot be run",
                           qemu);
    free(path);
    return 0;
}

int qemu_serial(char serial[COMMAND_SERIAL_SIZE], struct failure *f) {
    unsigned char bytes[7];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return failure_set(f, EXIT_ID_INTERNAL, NULL, "no random numbers: %s", strerror(errno));
    memcpy(serial, "QG", 3);
    bytes_hex(serial + 2, bytes, sizeof bytes);
    return 0;
}

// The ISO as an absolute path, allocated, when it is a file that can be read; NULL with the
// failure.
static char *iso_path(const char *iso, struct failure *f) {
    char *path = NULL;
    struct stat st;
    if (iso == NULL) {
        failure_set(f, EXIT_ID_ISO_UNREADABLE, "give it by --iso=FILE", "no ISO was given");
        return NULL;
    }
    int fd = open(iso, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0 || (path = realpath(iso, NULL)) == NULL)
        failure_set(f, EXIT_ID_ISO_UNREADABLE, "check the path given by --iso",
                    "the ISO %s cannot be read: %s", iso, strerror(errno));
    else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
        failure_set(f, EXIT_ID_ISO_UNREADABLE, "check the path given by --iso",
                    "the ISO %s is no file", iso);
        free(path);
        path = NULL;
    }
    if (fd >= 0)
        close(fd);
    return path;
}

// Step 4: how the guest gets the disk. file: its path with commas doubled.
static void add_disk(struct list *l, const struct options *o, const char *file, const char *format,
                     const char *serial) {
    switch (o->attach) {
    case ATTACH_HDA:
    case ATTACH_VIRTIO:
        list_add(l, "-boot");
        list_add(l, "order=d");
        list_add(l, "-drive");
        list_format(l, "if=none,id=disk0,file=%s,format=%s", file, format);
        list_add(l, "-device");
        list_format(l,
                    o->attach == ATTACH_HDA ? "ide-hd,drive=disk0,bus=ide.0,unit=0,serial=%s"
                                            : "virtio-blk-pci,drive=disk0,serial=%s",
                    serial);
        return;
    case ATTACH_USB:
        if (o->plug_by == PLUG_BY_DEVICE) {
            list_add(l, "-drive");
            list_format(l, "node-name=mydisk,file=%s,format=%s,if=none", file, format);
        }
        list_add(l, "-usb");
        return;
    }
}

// On the route warm: what the disk is plugged into, and what tells the guest that it goes on in
// another place, so that its random numbers are others.
static void add_sockets(struct list *l, const char *file, const char *format) {
    list_add(l, "-usb");
    list_add(l, "-device");
    list_add(l, "vmgenid,guid=auto");
    if (file == NULL)
        return;
    list_add(l, "-drive");
    list_format(l, "if=none,id=disk0,file=%s,format=%s", file, format);
}

// What drive_add is given, with commas doubled for the option and all of it quoted for the monitor.
static char *drive_add(const char *file, const char *format, struct failure *f) {
    char *option = NULL;
    if (asprintf(&option, "node-name=mydisk,file=%s,format=%s,if=none", file, format) < 0) {
        failure_set(f, EXIT_ID_INTERNAL, NULL, "no memory");
        return NULL;
    }
    char *quoted = monitor_quote(option, f);
    free(option);
    if (quoted != NULL && strlen(quoted) > MONITOR_LINE_MAX) {
        failure_set(f, EXIT_ID_USAGE, "use --plug-by=device, or give the disk a shorter path",
                    "the disk's path is too long for QEMU's monitor, which --plug-by=drive needs");
        free(quoted);
        quoted = NULL;
    }
    return quoted;
}

int qemu_command_make(struct qemu_command *c, const struct options *o, const struct plan *p,
                      const char *serial, struct failure *f) {
    *c = (struct qemu_command){0};
    char *iso = iso_path(o->iso, f);
    const int result = iso == NULL ? -1 : qemu_command_with(c, o, p, serial, iso, f);
    free(iso);
    return result;
}

int qemu_command_with(struct qemu_command *c, const struct options *o, const struct plan *p,
                      const char *serial, const char *iso, struct failure *f) {
    *c = (struct qemu_command){0};
    char *file = p == NULL ? NULL : doubled(p->disk, ',');
    char *format = p == NULL ? NULL : doubled(p->format, ',');
    struct list l = {0};
    int rc = 0;
    if (p != NULL && (file == NULL || format == NULL)) {
        l.failed = true;
    } else {
        list_add(&l, o->qemu);
        if (o->route == ROUTE_WARM)
            add_sockets(&l, file, format);
        else
            add_disk(&l, o, file, format, serial);
        list_add(&l, "-m");
        list_format(&l, "%u", o->memory_mib);
        list_add(&l, "-cdrom");
        list_add(&l, iso);
        for (const char *const *word = fixed_args; *word != NULL; word++)
            list_add(&l, *word);
        if (o->accel != NULL) {
            list_add(&l, "-accel");
            list_add(&l, o->accel);
        }
        for (char **arg = o->qemu_args; arg != NULL && *arg != NULL; arg++)
            list_add(&l, *arg);
        if (o->attach == ATTACH_USB && o->plug_by == PLUG_BY_DRIVE && o->route != ROUTE_WARM) {
            c->drive_add = drive_add(file, format, f);
            rc = c->drive_add == NULL ? -1 : 0;
        }
    }
    free(file);
    free(format);
    c->argv = l.items;
    if (rc == 0 && l.failed)
        rc = failure_set(f, EXIT_ID_INTERNAL, NULL, "no memory");
    if (rc != 0)
        qemu_command_free(c);
    return rc;
}

// The list of a command line that is there, to be added to.
static struct list list_of(const struct qemu_command *c) {
    struct list l = {.items = c->argv};
    while (l.items[l.count] != NULL)
        l.count++;
    return l;
}

int qemu_command_add_kernel(struct qemu_command *c, int kernel, int initramfs, const char *cmdline,
                            struct failure *f) {
    struct list l = list_of(c);
    list_add(&l, "-kernel");
    list_format(&l, "/proc/self/fd/%d", kernel);
    list_add(&l, "-initrd");
    list_format(&l, "/proc/self/fd/%d", initramfs);
    list_add(&l, "-append");
    list_add(&l, cmdline);
    c->argv = l.items;
    return l.failed ? failure_no_memory(f) : 0;
}

int qemu_command_add_incoming(struct qemu_command *c, struct failure *f) {
    struct list l = list_of(c);
    list_add(&l, "-incoming");
    list_add(&l, "defer");
    c->argv = l.items;
    return l.failed ? failure_no_memory(f) : 0;
}

int qemu_command_add_qmp(struct qemu_command *c, int qmp_fd, struct failure *f) {
    struct list l = list_of(c);
    list_add(&l, "-device");
    list_add(&l, "pvpanic");
    list_add(&l, "-chardev");
    list_format(&l, "socket,id=qemu-grow,fd=%d", qmp_fd);
    list_add(&l, "-mon");
    list_add(&l, "chardev=qemu-grow,mode=control");
    // What -nographic means without -mon: a console whose C-a c leads to the monitor (step 10).
    list_add(&l, "-serial");
    list_add(&l, "mon:stdio");
    c->argv = l.items;
    return l.failed ? failure_no_memory(f) : 0;
}

void qemu_command_free(struct qemu_command *c) {
    list_free(c->argv);
    free(c->drive_add);
    *c = (struct qemu_command){0};
}
