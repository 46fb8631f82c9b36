/*
 * uevent-forwarder: the kernel's uevent helper, for a kernel that was built without one.
 *
 * A kernel with CONFIG_UEVENT_HELPER (Alpine's has it) starts the program named in
 * /proc/sys/kernel/hotplug once per event, at once, and waits for none of them. Debian's kernel has
 * no such file. This program listens on the uevent socket in its place and does the same; the file
 * that names the helper is /run/hotplug. An event that arrives while the file is empty or missing
 * is dropped, as the kernel would.
 *
 * Order. The kernel starts the helpers from its work queues, so two that start together are run in
 * no fixed order. On one emulated CPU they would nearly always begin in the order of the events; so
 * each helper is held back by 0 to STAGGER_MS before it is executed, about as long as it takes to
 * start one. Nothing else is done to the order here (see also root/lib/mdev/persistent-storage).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "tools.h"
#include "uevent.h"

enum { STAGGER_MS = 10 };

static const char helper_file[] = "/run/hotplug";

/* Reads the helper's path, without its line end, into `path`. True when one is set. */
static int read_helper(char *path, size_t size) {
    int fd = open(helper_file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, path, size - 1);
    close(fd);
    if (got <= 0)
        return 0;
    path[got] = '\0';
    path[strcspn(path, "\n")] = '\0';
    return path[0] == '/';
}

static unsigned random_below(unsigned bound) {
    unsigned value = 0;
    if (getrandom(&value, sizeof value, GRND_INSECURE) != (ssize_t)sizeof value)
        return 0;
    return value % bound;
}

int uevent_forwarder_main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    int socket = uevent_open();
    if (socket < 0)
        return 1;
    /* From here no event is lost, so the caller may go on. */
    if (daemon(1, 0) != 0)
        return 1;
    signal(SIGCHLD, SIG_IGN); /* nobody waits for a helper */
    for (;;) {
        struct uevent event;
        int got = uevent_read(socket, &event);
        if (got < 0 && errno != EINTR && errno != ENOBUFS)
            return 1;
        char helper[256];
        if (got > 0 && read_helper(helper, sizeof helper))
            (void)uevent_start_helper(&event, helper, random_below(STAGGER_MS + 1));
    }
}
