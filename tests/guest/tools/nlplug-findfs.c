/*
 * nlplug-findfs: finds the boot medium in the initramfs, as Alpine's program of that name does.
 *
 * It asks the kernel to tell its devices again, and for each event loads the module that the
 * device's modalias names, runs the device manager once, and, when the device is a block device
 * with a file system, mounts it read-only for a moment to look for DIRECTORY/.boot_repository.
 * (Mounting ext3 or ext4 replays a dirty journal; that is a habit that the driver must live with.)
 * A file system without it is unmounted again. The program ends when no event has come for a while:
 * 5 s, or 250 ms once the medium is found, and 1 s more for each USB mass storage device.
 *
 *   nlplug-findfs [-d] [-p PROGRAM] [-b FILE] [-a FILE]
 *
 *   -d  tell on standard error what is done    -p  the device manager to run
 *   -b  write the repository's path there      -a  accepted, not used
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools.h"
#include "uevent.h"

enum { WAIT_NOT_FOUND_MS = 5000, WAIT_FOUND_MS = 250, WAIT_USB_STORAGE_MS = 1000 };

struct search {
    const char *program;
    const char *repository_file;
    int debug;
    int found;
    int usb_storage;
    int events, modaliases, forks;
};

__attribute__((format(printf, 2, 3))) static void tell(const struct search *search,
                                                       const char *format, ...) {
    if (!search->debug)
        return;
    fputs("nlplug-findfs: ", stderr);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

/* Has the kernel tell its devices again. Only buses whose devices can lead to a disk or a CD drive
 * are asked, to spare time. */
static void coldplug(void) {
    static const char *const places[] = {
        "/sys/bus/pci/devices/*/uevent", "/sys/bus/virtio/devices/*/uevent",
        "/sys/bus/usb/devices/*/uevent", "/sys/bus/scsi/devices/*/uevent",
        "/sys/class/block/*/uevent"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        glob_t match;
        if (glob(places[i], 0, NULL, &match) != 0)
            continue;
        for (size_t j = 0; j < match.gl_pathc; j++) {
            int fd = open(match.gl_pathv[j], O_WRONLY | O_CLOEXEC);
            if (fd < 0)
                continue;
            (void)!write(fd, "add", 3);
            close(fd);
        }
        globfree(&match);
    }
}

static void load_module(struct search *search, const char *modalias) {
    search->modaliases++;
    pid_t pid = fork();
    if (pid == 0) {
        execl("/sbin/modprobe", "modprobe", "-b", "-q", modalias, (char *)NULL);
        _exit(127);
    }
    if (pid > 0)
        (void)waitpid(pid, NULL, 0);
}

/* The type of the file system on a device, of those that this guest can mount, or NULL. */
static const char *file_system_type(const char *device) {
    char ext_magic[2] = "", iso_magic[5] = "";
    int fd = open(device, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    (void)!pread(fd, ext_magic, sizeof ext_magic, 1024 + 56);
    (void)!pread(fd, iso_magic, sizeof iso_magic, 32768 + 1);
    close(fd);
    if (memcmp(ext_magic, "\x53\xEF", 2) == 0)
        return "ext4";
    return memcmp(iso_magic, "CD001", 5) == 0 ? "iso9660" : NULL;
}

/* True when the directory is mounted on, so that it need not be looked at again. */
static int is_mount_point(const char *directory) {
    struct stat own, parent;
    return stat(directory, &own) == 0 && stat("/media", &parent) == 0 &&
           own.st_dev != parent.st_dev;
}

static void note_repository(struct search *search, const char *place) {
    char pattern[300];
    snprintf(pattern, sizeof pattern, "%s/*/.boot_repository", place);
    glob_t match;
    if (glob(pattern, 0, NULL, &match) != 0)
        return;
    for (size_t i = 0; i < match.gl_pathc; i++) {
        *strrchr(match.gl_pathv[i], '/') = '\0';
        tell(search, "added boot repository %s to %s", match.gl_pathv[i], search->repository_file);
        FILE *list = search->repository_file != NULL ? fopen(search->repository_file, "a") : NULL;
        if (list != NULL) {
            fprintf(list, "%s\n", match.gl_pathv[i]);
            fclose(list);
        }
        search->found = 1;
    }
    globfree(&match);
}

/* Mounts a block device read-only for a look; leaves it mounted when it is the boot medium. */
static void look_at(struct search *search, const char *name) {
    char device[128], place[160];
    snprintf(device, sizeof device, "/dev/%s", name);
    snprintf(place, sizeof place, "/media/%s", name);
    if (is_mount_point(place)) {
        tell(search, "%s is mounted (%s). skipping", device, place);
        return;
    }
    const char *type = file_system_type(device);
    if (type == NULL)
        return;
    tell(search, "mounting %s on %s (%s)", device, place, type);
    (void)mkdir("/media", 0755);
    (void)mkdir(place, 0755);
    if (mount(device, place, type, MS_RDONLY, NULL) != 0) {
        tell(search, "Failed to mount %s on %s: %s", device, place, strerror(errno));
        (void)rmdir(place);
        return;
    }
    int found = search->found;
    search->found = 0;
    note_repository(search, place);
    if (!search->found) {
        (void)umount(place);
        (void)rmdir(place);
    }
    search->found |= found;
}

static void handle(struct search *search, const struct uevent *event) {
    const char *action = uevent_get(event, "ACTION");
    const char *subsystem = uevent_get(event, "SUBSYSTEM");
    const char *name = uevent_get(event, "DEVNAME");
    const char *modalias = uevent_get(event, "MODALIAS");
    const char *path = uevent_get(event, "DEVPATH");
    search->events++;
    tell(search, "uevent: action='%s' subsystem='%s' devname='%s' devpath='%s'",
         action != NULL ? action : "", subsystem != NULL ? subsystem : "", name != NULL ? name : "",
         path != NULL ? path : "");
    if (action == NULL || subsystem == NULL)
        return;
    if (modalias != NULL && strcmp(action, "add") == 0) {
        if (strncmp(modalias, "usb:", 4) == 0 && strstr(modalias, "ic08") != NULL)
            search->usb_storage++;
        load_module(search, modalias);
    }
    if (name == NULL)
        return;
    if (search->program != NULL) {
        search->forks++;
        pid_t pid = uevent_start_helper(event, search->program, 0);
        if (pid > 0)
            (void)waitpid(pid, NULL, 0);
    }
    if (strcmp(subsystem, "block") == 0 && strcmp(action, "remove") != 0)
        look_at(search, name);
}

int nlplug_findfs_main(int argc, char **argv) {
    struct search search = {0};
    for (int option; (option = getopt(argc, argv, "dp:b:a:")) != -1;) {
        if (option == 'd')
            search.debug = 1;
        else if (option == 'p')
            search.program = optarg;
        else if (option == 'b')
            search.repository_file = optarg;
        else if (option == '?')
            return 1;
    }
    int socket = uevent_open();
    if (socket < 0)
        return 1;
    coldplug();
    for (;;) {
        int wait_ms = (search.found ? WAIT_FOUND_MS : WAIT_NOT_FOUND_MS) +
                      search.usb_storage * WAIT_USB_STORAGE_MS;
        struct pollfd events = {.fd = socket, .events = POLLIN};
        int ready = poll(&events, 1, wait_ms);
        if (ready < 0 && errno != EINTR)
            return 1;
        if (ready == 0) {
            tell(&search, "exit due to timeout (%d)", wait_ms);
            break;
        }
        struct uevent event;
        if (ready > 0 && uevent_read(socket, &event) > 0)
            handle(&search, &event);
    }
    tell(&search, "modaliases: %d, forks: %d, events: %d, total bufsize: %d", search.modaliases,
         search.forks, search.events, UEVENT_SIZE_MAX);
    return search.found ? 0 : 1;
}
