// An OFD lock: bound to the open file, not to the process or the path.
#include "work/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/signals.h"

enum {
    LOCK_OFFSET =
        0x71670000, // far from bytes 100 to 299, which QEMU locks; the byte need not exist
    WAIT_MS = 2000, // for what a killed run has left, which is ending
    TURN_MS = 20,
    LOCK_FD = 10, // the lowest descriptor
};

static int set(int fd, short type) {
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = LOCK_OFFSET, .l_len = 1};
    return fcntl(fd, F_OFD_SETLK, &l);
}

// Waits for the next turn. True when a signal asks for the run's end.
static bool turn(void) {
    struct pollfd stop = {.fd = signals_fd(), .events = POLLIN};
    return poll(&stop, 1, TURN_MS) > 0;
}

// The file that is now behind the path is the one that is open.
static bool is_same(int fd, const char *path) {
    struct stat open_one;
    struct stat named;
    return fstat(fd, &open_one) == 0 && stat(path, &named) == 0 &&
           open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

static int locked(struct failure *f, const char *disk, int why) {
    if (why == EAGAIN || why == EACCES)
        return failure_set(f, EXIT_ID_DISK_LOCKED, "wait for its end and run again",
                           "another qemu-grow, or a program that it started, works on %s", disk);
    return failure_set(f, EXIT_ID_DISK_LOCKED,
                       "put the disk on a file system that has locks for files",
                       "%s cannot be locked: %s", disk, strerror(why));
}

// Not close-on-exec: see lock.h. Above those descriptors that a program may want to have at a
// number.
static int open_high(const char *disk) {
    const int low = open(disk, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (low < 0)
        return -1;
    const int fd = fcntl(low, F_DUPFD, LOCK_FD);
    (void)close(low);
    return fd;
}

int lock_take(const char *disk, struct failure *f) {
    int waited = 0;
    for (;;) {
        struct stat st;
        const int fd = open_high(disk);
        if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
            if (fd >= 0)
                (void)close(fd);
            *f = (struct failure){.id = EXIT_ID_OK};
            return -1;
        }
        const int why = set(fd, F_WRLCK) == 0 ? 0 : errno;
        if (why == 0 && is_same(fd, disk))
            return fd;
        (void)close(fd);
        const bool busy = why == 0 || why == EAGAIN || why == EACCES;
        if (!busy || waited >= WAIT_MS)
            return locked(f, disk, why);
        if (turn())
            return failure_set(f, signals_exit_id(), NULL,
                               "the wait for another run was interrupted");
        waited += TURN_MS;
    }
}

void lock_drop(int fd) {
    if (fd < 0)
        return;
    (void)set(fd, F_UNLCK);
    (void)close(fd);
}
