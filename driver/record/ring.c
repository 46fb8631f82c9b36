// Head and tail count bytes since the beginning; a pair of sockets wakes who sleeps, and tells when
// the other one is gone.
#include "record/ring.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SIZE = 256 * 1024, // a multiple of the page's size; it is to stay in a processor's cache
    BOTH = 2 * SIZE,
    ALIGN = 16,
    GATHER_MS = 50,  // the reader looks again after so long, some times, before it sleeps
    GATHERINGS = 4,  // and the writer need not wake it meanwhile
    FREE = SIZE / 4, // a writer that waits is woken when there is so much room
    MUCH = SIZE / 2, // a reader that gathers is woken when so much has come
};

struct shared {
    _Atomic uint64_t head, tail; // bytes put in, and taken out
    _Atomic bool sleeps;         // the reader
    _Atomic bool gathers;        // the reader
    _Atomic bool waits;          // the writer
    _Atomic int error;
};

struct header {
    uint32_t kind, size;
    uint64_t us;
};

struct ring {
    struct shared *shared;
    char *data; // SIZE bytes, twice
    int ends[2];
    int end; // of ends: ours; -1 before it is said
    unsigned idle;
    bool gone; // the other one
};

static size_t whole(size_t size) {
    return (sizeof(struct header) + size + ALIGN - 1) / ALIGN * ALIGN;
}

static bool map(struct ring *r) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const int fd = memfd_create("recording", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)(page + SIZE)) != 0) {
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    void *shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *data = mmap(NULL, BOTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool ok = shared != MAP_FAILED && data != MAP_FAILED;
    for (int i = 0; ok && i < 2; i++)
        ok = mmap(data + (size_t)i * SIZE, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
                  (off_t)page) != MAP_FAILED;
    r->shared = shared == MAP_FAILED ? NULL : shared;
    r->data = data == MAP_FAILED ? NULL : data;
    (void)close(fd);
    return ok;
}

struct ring *ring_new(void) {
    struct ring *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->ends[0] = r->ends[1] = r->end = -1;
    if (!map(r) ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, r->ends) != 0) {
        ring_free(r);
        return NULL;
    }
    return r;
}

static void side(struct ring *r, int mine) {
    (void)close(r->ends[1 - mine]);
    r->end = r->ends[mine];
    r->ends[0] = r->ends[1] = -1;
}

void ring_writer(struct ring *r) {
    side(r, 0);
}

void ring_reader(struct ring *r) {
    side(r, 1);
}

void ring_leave(struct ring *r) {
    if (r->end >= 0)
        (void)close(r->end);
    r->end = -1;
}

void ring_free(struct ring *r) {
    if (r == NULL)
        return;
    for (int i = 0; i < 2; i++)
        if (r->ends[i] >= 0)
            (void)close(r->ends[i]);
    ring_leave(r);
    if (r->shared != NULL)
        (void)munmap(r->shared, (size_t)sysconf(_SC_PAGESIZE));
    if (r->data != NULL)
        (void)munmap(r->data, BOTH);
    free(r);
}

int ring_fd(const struct ring *r) {
    return r->end;
}

static void wake(struct ring *r, _Atomic bool *asleep) {
    if (atomic_load(asleep) && atomic_exchange(asleep, false) &&
        send(r->end, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == EPIPE)
        r->gone = true;
}

// Waits for the other one's word.
static void sleep_until_woken(struct ring *r, int timeout_ms) {
    char bytes[64];
    struct pollfd pfd = {.fd = r->end, .events = POLLIN};
    if (poll(&pfd, 1, timeout_ms) <= 0)
        return;
    if (recv(r->end, bytes, sizeof bytes, MSG_DONTWAIT) == 0)
        r->gone = true;
}

static size_t room(const struct ring *r) {
    return SIZE - (size_t)(atomic_load(&r->shared->head) - atomic_load(&r->shared->tail));
}

char *ring_room(struct ring *r, size_t size) {
    while (room(r) < whole(size) && !r->gone) {
        atomic_store(&r->shared->waits, true);
        if (room(r) < whole(size))
            sleep_until_woken(r, -1);
        atomic_store(&r->shared->waits, false);
    }
    if (r->gone)
        return NULL;
    return r->data + atomic_load(&r->shared->head) % SIZE + sizeof(struct header);
}

void ring_put(struct ring *r, uint32_t kind, uint64_t us, size_t size) {
    const uint64_t head = atomic_load(&r->shared->head);
    const struct header h = {.kind = kind, .size = (uint32_t)size, .us = us};
    memcpy(r->data + head % SIZE, &h, sizeof h);
    atomic_store(&r->shared->head, head + whole(size));
    wake(r, &r->shared->sleeps);
    if (SIZE - room(r) >= MUCH)
        wake(r, &r->shared->gathers);
}

bool ring_take(struct ring *r, struct ring_message *m) {
    const uint64_t tail = atomic_load(&r->shared->tail);
    if (tail == atomic_load(&r->shared->head))
        return false;
    struct header h;
    memcpy(&h, r->data + tail % SIZE, sizeof h);
    *m = (struct ring_message){
        .kind = h.kind, .size = h.size, .us = h.us, .bytes = r->data + tail % SIZE + sizeof h};
    r->idle = 0;
    return true;
}

void ring_taken(struct ring *r, const struct ring_message *m) {
    atomic_fetch_add(&r->shared->tail, whole(m->size));
    if (room(r) >= FREE)
        wake(r, &r->shared->waits);
}

bool ring_wait(struct ring *r, bool *pressed) {
    *pressed = false;
    if (r->gone)
        return false;
    if (++r->idle <= GATHERINGS) {
        atomic_store(&r->shared->gathers, true);
        sleep_until_woken(r, GATHER_MS);
        *pressed = !atomic_exchange(&r->shared->gathers, false);
        return true;
    }
    atomic_store(&r->shared->sleeps, true);
    if (atomic_load(&r->shared->tail) == atomic_load(&r->shared->head))
        sleep_until_woken(r, -1);
    atomic_store(&r->shared->sleeps, false);
    return true;
}

void ring_set_error(struct ring *r, int error) {
    int none = 0;
    (void)atomic_compare_exchange_strong(&r->shared->error, &none, error);
}

int ring_error(const struct ring *r) {
    return atomic_load(&r->shared->error);
}
