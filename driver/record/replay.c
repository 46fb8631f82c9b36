// Pieces in their order; a pause before each that is as long as it was, or a key before each state.
#include "record/replay.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/signals.h"

enum { US_PER_MS = 1000, PAUSE_MAX_MS = 24 * 3600 * 1000 };

static int write_out(const struct replay *how, const char *bytes, size_t size, struct failure *f) {
    if (fwrite(bytes, 1, size, how->out) == size && fflush(how->out) == 0)
        return 0;
    return failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE, "", "the console cannot be shown: %s",
                       strerror(errno));
}

static int pause_for(const struct replay *how, double us, struct failure *f) {
    const double ms = us / US_PER_MS / how->speed;
    struct pollfd pfd = {.fd = how->stop_fd, .events = POLLIN};
    const int n = ms < 1 ? 0 : poll(&pfd, 1, ms < PAUSE_MAX_MS ? (int)ms : PAUSE_MAX_MS);
    return n == 0 ? 0 : signals_fail(f);
}

// One line of keys. 0: go on; 1: enough; -1 with *f.
static int await_key(const struct replay *how, struct failure *f) {
    struct pollfd fds[] = {{.fd = how->keys, .events = POLLIN},
                           {.fd = how->stop_fd, .events = POLLIN}};
    for (;;) {
        char key = '\0';
        if (poll(fds, 2, -1) < 0 || fds[1].revents != 0)
            return signals_fail(f);
        const ssize_t n = read(how->keys, &key, 1);
        if (n == 0 || key == '\n' || key == ' ')
            return 0;
        if (key == 'q')
            return 1;
    }
}

// The states that were entered before byte `out` of the console. As await_key.
static int step_to(const struct reading *r, const struct replay *how, uint64_t out, size_t *event,
                   struct failure *f) {
    for (size_t i = *event;;) {
        const json_t *state = reading_next(r, "state", &i);
        if (state == NULL || reading_number(state, "out") > out)
            return 0;
        *event = i;
        (void)fprintf(how->told, "\r\n[%.1f s, byte %llu: %s%s%s/%s; Enter: on, q: end]\r\n",
                      json_number_value(json_object_get(state, "t")), (unsigned long long)out,
                      reading_text(state, "step"),
                      reading_text(state, "step")[0] == '\0' ? "" : " ",
                      reading_text(state, "dialogue"), reading_text(state, "state"));
        (void)fflush(how->told);
        const int key = await_key(how, f);
        if (key != 0)
            return key;
    }
}

// The output's bytes up to the next state.
static size_t until_state(const struct reading *r, size_t event, size_t at, size_t end) {
    const json_t *state = reading_next(r, "state", &event);
    const uint64_t out = state == NULL ? end : reading_number(state, "out");
    return out <= at ? end : out < end ? (size_t)out : end;
}

int replay_play(const struct reading *r, const struct replay *how, struct failure *f) {
    uint64_t us = 0;
    size_t event = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->piece_count; i++) {
        const struct piece *p = &r->pieces[i];
        if (!how->step)
            rc = pause_for(how, p->us > us ? (double)(p->us - us) : 0, f);
        us = p->us;
        for (size_t at = p->at; rc == 0 && !p->input && at < p->at + p->size;) {
            rc = how->step ? step_to(r, how, at, &event, f) : 0;
            const size_t end =
                how->step ? until_state(r, event, at, p->at + p->size) : p->at + p->size;
            if (rc == 0)
                rc = write_out(how, r->output + at, end - at, f);
            at = end;
        }
    }
    return rc < 0 ? -1 : 0;
}
