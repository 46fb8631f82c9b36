// Mends a line that can be drawn anew: looks at what stands there, takes back what is wrong, and
// proves the line before Enter.
#include "dialogue/typing.h"

#include <stdlib.h>

enum {
    ERASE_MIN = 8,    // bytes more than are right are taken back one by one, else all at once
    PROOFS_MAX = 8,   // times that a proof may fail
    DRAWINGS_MAX = 4, // drawings asked for at a time
};

// How much of the line stands in a drawing of it, and how much after that.
static void compare(struct typing *t, const char *line, ptrdiff_t size, size_t *held,
                    ptrdiff_t *extra) {
    *held = 0;
    *extra = -1;
    t->pads = 0;
    if (size < 0)
        return;
    const size_t length = (size_t)size;
    while (*held < length && *held < t->size && line[*held] == t->text[*held])
        (*held)++;
    *extra = (ptrdiff_t)(length - *held);
    if (*held < t->size || t->p->pad == NULL)
        return;
    for (size_t i = *held; i < length; i++)
        if (line[i] != t->p->pad[0])
            return;
    *extra = 0; // a pad too many does no harm
    t->pads = length - *held;
}

// Reads what stands there. False while nothing has come, or without memory.
static bool read_line(struct typing *t, size_t *held, ptrdiff_t *extra) {
    size_t size = 0;
    const char *seen = typing_seen(t, &size);
    char *line = seen == NULL ? NULL : malloc(size + 1);
    if (line == NULL)
        return false;
    compare(t, line, echo_read(t->p->echo, seen, size, line), held, extra);
    free(line);
    return true;
}

int mend_look(struct typing *t, const char *keys, size_t times, ptrdiff_t expected, size_t *held,
              ptrdiff_t *extra, struct failure *f) {
    struct stream *text = link_text(t->m->link);
    if (t->from == 0)
        stream_skip(text);
    if (t->unseen && t->p->reveal != NULL)
        typing_send(t, t->p->reveal, 1);
    typing_send(t, keys, times);
    typing_send(t, t->p->redraw, 1 + typing_dither(t->m, DRAWINGS_MAX));
    t->drawn = t->late = true;
    typing_begin(t);
    size_t before = 0;
    for (;;) {
        const bool read = read_line(t, held, extra);
        if (read && *extra == 0 && (ptrdiff_t)*held == expected)
            break;
        size_t size = 0;
        (void)stream_rest(text, &size);
        if (size != before)
            typing_begin(t);
        before = size;
        const int turn = typing_turn(t, f);
        if (turn < 0)
            return -1;
        t->unseen = turn == 1 && !read;
        if (t->unseen)
            return 2;
        if (turn == 1)
            break;
    }
    t->unseen = false;
    t->stands = *held;
    return *extra == 0;
}

int mend_line(struct typing *t, ptrdiff_t expected, size_t *have, struct failure *f) {
    const char *keys = "";
    size_t times = 0;
    size_t held = 0;
    ptrdiff_t extra = 0;
    // A plain echo tells already what stands there; not so half a drawing that is on its way.
    const bool plain = t->p->echo == ECHO_ONCE && !t->m->unsure && !t->late;
    int looked = plain && read_line(t, &held, &extra) ? 0 : 2;
    for (; t->failures < FAILURES_MAX; t->failures++) {
        if (looked == 0) {
            const bool few = extra >= 0 && extra <= ERASE_MIN + (ptrdiff_t)held;
            keys = few ? t->p->erase : t->p->kill;
            times = few ? (size_t)extra : 1;
            expected = few ? (ptrdiff_t)held : 0;
        }
        looked = mend_look(t, keys, times, expected, &held, &extra, f);
        times = 0;
        expected = NOTHING_EXPECTED;
        if (looked < 0)
            return -1;
        if (looked == 1) {
            *have = held;
            t->failures++;
            if (held > t->best)
                typing_progress(t, held);
            return 1;
        }
    }
    return 0;
}

// Looks once more. 1: the whole line stands there; 0: not, and *have bytes do; -1 with *f.
static int look_again(struct typing *t, size_t *have, struct failure *f) {
    for (; t->failures < FAILURES_MAX; t->failures++) {
        ptrdiff_t extra = 0;
        const int looked = mend_look(t, "", 0, (ptrdiff_t)t->size, have, &extra, f);
        if (looked < 0)
            return -1;
        if (looked != 2)
            return looked == 1 && *have == t->size;
    }
    return 0;
}

// Two drawings, and one of a line that is longer by a byte: faults on the way back that come in
// step with the first two cannot hide the same mistake in the third.
static int prove_once(struct typing *t, size_t *have, struct failure *f) {
    enum { DRAWINGS = 3 };
    for (int drawing = 1; drawing <= DRAWINGS; drawing++) {
        if (drawing == DRAWINGS && t->p->pad != NULL && t->size > 0) {
            const size_t stood = t->size;
            if (typing_add_pad(t, f) != 0)
                return -1;
            const int brought = typing_bring(t, stood, f);
            if (brought != 1)
                return brought;
        }
        const int looked = look_again(t, have, f);
        if (looked != 1)
            return looked;
    }
    return 1;
}

int mend_prove(struct typing *t, struct failure *f) {
    for (unsigned proofs = 0; proofs < PROOFS_MAX && t->failures < FAILURES_MAX; proofs++) {
        size_t have = 0;
        const int proved = prove_once(t, &have, f);
        if (proved != 0)
            return proved;
        int brought = mend_line(t, NOTHING_EXPECTED, &have, f);
        if (brought == 1)
            brought = typing_bring(t, have, f);
        if (brought != 1)
            return brought;
    }
    return 0;
}

int mend_settle(struct typing *t, struct failure *f) {
    for (unsigned tries = 0; t->late && tries < PROOFS_MAX; tries++) {
        for (size_t pads = t->pads; pads > 0; pads--)
            if (typing_count_pad(t, f) != 0)
                return -1;
        t->stands = t->size;
        if (typing_add_pad(t, f) != 0)
            return -1;
        const int brought = typing_bring(t, t->stands, f);
        if (brought != 1)
            return brought;
    }
    return 1;
}
