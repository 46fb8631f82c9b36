// Piece by piece; input is compared byte by byte.
#include "record/player.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "record/redact.h"

enum { KEYS_SIZE = 4096, SIGNAL_CODE = 128 };

struct player {
    const struct reading *r;
    int socket;
    struct player_word word;
    char keys[KEYS_SIZE]; // that have come
    size_t at, end;
    bool told; // since the last key
};

static void say(struct player *p, enum player_kind kind) {
    p->word.kind = kind;
    (void)send(p->socket, &p->word, sizeof p->word, MSG_NOSIGNAL);
}

static void put(struct player *p, const char *bytes, size_t size) {
    while (size > 0) {
        const ssize_t n = write(STDOUT_FILENO, bytes, size);
        if (n < 0 && errno != EINTR)
            exit(EXIT_FAILURE);
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
            p->word.out += (uint64_t)n;
        }
    }
}

// The next key; says that it waits when there is none yet.
static char key(struct player *p, enum player_kind kind) {
    struct pollfd pfd = {.fd = STDIN_FILENO, .events = POLLIN};
    while (p->at == p->end) {
        if (poll(&pfd, 1, 0) == 0)
            say(p, kind);
        const ssize_t n = read(STDIN_FILENO, p->keys, sizeof p->keys);
        if (n == 0 || (n < 0 && errno != EINTR))
            exit(EXIT_SUCCESS);
        p->at = 0;
        p->end = n < 0 ? 0 : (size_t)n;
    }
    p->word.in++;
    return p->keys[p->at++];
}

// Nothing is to be said any more; whoever has started this ends it.
_Noreturn static void differ(struct player *p, char got, char wanted) {
    p->word.in--;
    p->word.got = (unsigned char)got;
    p->word.wanted = (unsigned char)wanted;
    say(p, PLAYER_DIFFERS);
    for (;;)
        (void)pause();
}

// How QEMU ended by itself; -1 when it did not.
static int own_end(const struct reading *r) {
    size_t i = 0;
    size_t failed = 0;
    const bool has_failed = reading_next(r, "failure", &failed) != NULL;
    int code = -1;
    bool started = false;
    for (json_t *e; (e = reading_next(r, NULL, &i)) != NULL;) {
        const char *type = reading_text(e, "type");
        if (strcmp(type, "state") == 0)
            started = true;
        if (started && code < 0 && strcmp(type, "exit") == 0 &&
            (!has_failed || json_is_true(json_object_get(e, "itself"))))
            code = json_object_get(e, "signal") != NULL
                       ? SIGNAL_CODE + (int)reading_number(e, "signal")
                       : (int)reading_number(e, "code");
    }
    return code;
}

// What QEMU said when it was told to end is none of the guest's: bytes of the console before that.
static size_t last_word(const struct reading *r) {
    size_t i = 0;
    const json_t *talked = reading_next(r, "talked", &i);
    return json_is_true(json_object_get(talked, "stopped")) ? (size_t)reading_number(talked, "out")
                                                            : SIZE_MAX;
}

int player_run(const struct reading *r, int socket) {
    struct player p = {.r = r, .socket = socket};
    const size_t end = last_word(r);
    for (size_t i = 0; i < r->piece_count; i++) {
        const struct piece *piece = &r->pieces[i];
        p.word.us = piece->us;
        if (!piece->input && piece->at < end)
            put(&p, r->output + piece->at,
                piece->size < end - piece->at ? piece->size : end - piece->at);
        for (size_t k = 0; piece->input && k < piece->size; k++) {
            const char wanted = r->input[piece->at + k];
            const char got = key(&p, PLAYER_WAITS);
            if (got != wanted && wanted != REDACT_MASK)
                differ(&p, got, wanted);
        }
    }
    const int code = own_end(r);
    if (code > SIGNAL_CODE) {
        (void)signal(code - SIGNAL_CODE, SIG_DFL);
        (void)raise(code - SIGNAL_CODE);
    }
    if (code >= 0)
        return code;
    for (;;)
        (void)key(&p, PLAYER_OVER);
}
