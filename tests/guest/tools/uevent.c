#include "uevent.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int uevent_open(void) {
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    if (fd < 0)
        return -1;
    /* Room for a whole coldplug's worth of events while the reader is busy. */
    const int room = 4 * 1024 * 1024;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

int uevent_read(int socket, struct uevent *event) {
    struct sockaddr_nl sender = {0};
    socklen_t sender_size = sizeof sender;
    ssize_t size =
        recvfrom(socket, event->text, UEVENT_SIZE_MAX, 0, (struct sockaddr *)&sender, &sender_size);
    if (size < 0)
        return -1;
    event->text[size] = '\0';
    event->count = 0;
    event->variables[0] = NULL;
    if (sender.nl_pid != 0 || strchr(event->text, '@') == NULL)
        return 0;
    /* "ACTION@DEVPATH", then the variables, each ended by a NUL. */
    char *end = event->text + size;
    for (char *at = event->text + strlen(event->text) + 1;
         at < end && event->count < UEVENT_VARIABLES_MAX; at += strlen(at) + 1)
        event->variables[event->count++] = at;
    event->variables[event->count] = NULL;
    return 1;
}

const char *uevent_get(const struct uevent *event, const char *key) {
    size_t length = strlen(key);
    for (int i = 0; i < event->count; i++)
        if (strncmp(event->variables[i], key, length) == 0 && event->variables[i][length] == '=')
            return event->variables[i] + length + 1;
    return NULL;
}

pid_t uevent_start_helper(const struct uevent *event, const char *program, unsigned delay_ms) {
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    signal(SIGCHLD, SIG_DFL);
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2; fd++)
        (void)dup2(null, fd);
    if (null > 2)
        close(null);
    if (delay_ms > 0) {
        const struct timespec delay = {.tv_sec = delay_ms / 1000,
                                       .tv_nsec = (long)(delay_ms % 1000) * 1000000};
        (void)nanosleep(&delay, NULL);
    }
    char home[] = "HOME=/", path[] = "PATH=/sbin:/bin:/usr/sbin:/usr/bin";
    char *environment[UEVENT_VARIABLES_MAX + 3] = {home, path};
    memcpy(environment + 2, event->variables, sizeof(char *) * (size_t)(event->count + 1));
    const char *subsystem = uevent_get(event, "SUBSYSTEM");
    char argument[256] = "";
    strncpy(argument, subsystem != NULL ? subsystem : "", sizeof argument - 1);
    char name[256] = "";
    strncpy(name, program, sizeof name - 1);
    char *arguments[] = {name, argument, NULL};
    execve(program, arguments, environment);
    _exit(127);
}
