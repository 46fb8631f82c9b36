// Types where a line can be neither drawn nor padded: getty's question for a name.
//
// What stands there is known from the echo only: a byte typed, or a blank for one taken back. When
// an echo does not come, either the key was lost or its echo. Emptying the line tells, since it
// brings back a blank for each byte that stood there. Only when keys were lost for certain may one
// be sent again; else the whole name is typed anew until it goes well. A key that came twice as the
// last of the name is seen only by waiting; a name that is wrong is refused, and no harm is done.
#include <stdlib.h>
#include <string.h>

#include "dialogue/typing.h"

enum {
    SETTLE_MIN_MS = 20,
    SETTLE_TIMES = 4, // as long as so many echoes
};

static void idle_keys(struct typing *t) {
    if (t->p->idle != NULL)
        typing_send(t, t->p->idle, typing_dither(t->m, DITHER));
}

// Waits until nothing comes any more. 0, or -1 with *f.
static int settle(struct typing *t, struct failure *f) {
    size_t before = SIZE_MAX;
    for (;;) {
        size_t size = 0;
        (void)stream_rest(link_text(t->m->link), &size);
        if (size != before)
            typing_begin(t);
        before = size;
        const int turn = typing_turn(t, f);
        if (turn != 0)
            return turn < 0 ? -1 : 0;
    }
}

// Bytes that stand by the text of the stream; *blanks of it are blanks, *letters are not.
static size_t standing(const struct typing *t, size_t *blanks, size_t *letters) {
    size_t size = 0;
    const char *rest = stream_rest(link_text(t->m->link), &size);
    char *line = malloc(size + 1);
    const ptrdiff_t length = line == NULL ? 0 : echo_read(ECHO_ERASED, rest, size, line);
    free(line);
    *blanks = *letters = 0;
    for (size_t i = 0; i < size; i++)
        *(rest[i] == ' ' ? blanks : letters) += rest[i] != '\n';
    return (size_t)length;
}

// Empties the line, and learns from the answer whether keys get lost. 1: it is empty; 0: that was
// not to be seen; -1 with *f.
static int empty_line(struct typing *t, struct failure *f) {
    size_t blanks = 0;
    size_t letters = 0;
    const size_t stood = standing(t, &blanks, &letters);
    stream_skip(link_text(t->m->link));
    idle_keys(t);
    // So that there is something to be taken back.
    link_send(t->m->link, t->text, 1);
    typing_send(t, t->p->kill, 1);
    if (settle(t, f) != 0)
        return -1;
    (void)standing(t, &blanks, &letters);
    size_t size = 0;
    const char *rest = stream_rest(link_text(t->m->link), &size);
    if (blanks == 0 || rest[size - 1] != ' ')
        return 0;
    if (t->mended && stood > 0 && letters <= 2 && blanks == stood + letters)
        t->m->keys_bad = true;
    return 1;
}

// The line as it stands: so many bytes of it are right, and so many stand after them. 0, or -1 with
// *f.
static int look(const struct typing *t, size_t *right, size_t *wrong, struct failure *f) {
    size_t size = 0;
    const char *rest = stream_rest(link_text(t->m->link), &size);
    char *line = malloc(size + 1);
    if (line == NULL)
        return failure_no_memory(f);
    const size_t length = (size_t)echo_read(ECHO_ERASED, rest, size, line);
    *right = 0;
    while (*right < length && *right < t->size && line[*right] == t->text[*right])
        (*right)++;
    *wrong = length - *right;
    free(line);
    return 0;
}

// Takes back what stands after the bytes that are right; of these, too, one is gone when a key that
// takes back came twice. 1: *have bytes stand, all right; 0: given up; -1 with *f.
static int take_back(struct typing *t, size_t *have, struct failure *f) {
    for (; t->failures < FAILURES_MAX; t->failures++) {
        size_t wrong = 0;
        size_t echoed = 0;
        if (look(t, have, &wrong, f) != 0)
            return -1;
        if (wrong == 0)
            return 1;
        typing_send(t, t->p->erase, wrong);
        const int v = typing_await(t, *have, &echoed, f);
        if (v < 0 || v == ECHO_PERFECT)
            return v < 0 ? -1 : 1;
        if (settle(t, f) != 0)
            return -1;
    }
    return 0;
}

// The echo of the next byte; of the whole name, once all of it is typed and nothing comes any more.
static int next_byte(struct typing *t, size_t have, size_t *echoed, struct failure *f) {
    if (have == t->size)
        return settle(t, f) == 0 ? typing_await(t, have, echoed, f) : -1;
    idle_keys(t);
    link_send(t->m->link, t->text + have, 1);
    return typing_await(t, have + 1, echoed, f);
}

// One byte after the other. 1: the name stands; 0: it went wrong; -1 with *f.
static int type_name(struct typing *t, struct failure *f) {
    size_t have = 0;
    for (;;) {
        size_t echoed = 0;
        const int v = next_byte(t, have, &echoed, f);
        if (v < 0 || (v == ECHO_PERFECT && have == t->size))
            return v < 0 ? -1 : 1;
        if (v == ECHO_PERFECT) {
            typing_progress(t, ++have);
            continue;
        }
        t->mended = true;
        t->m->retypings++;
        if (!t->m->keys_bad || ++t->failures >= FAILURES_MAX)
            return 0;
        have = echoed;
        const int back = v == ECHO_WRONG ? take_back(t, &have, f) : 1;
        if (back != 1)
            return back;
    }
}

int name_bring(struct typing *t, bool again, struct failure *f) {
    for (; t->failures < FAILURES_MAX; t->failures++) {
        int done = again ? empty_line(t, f) : 1;
        if (done == 1) {
            stream_skip(link_text(t->m->link));
            done = type_name(t, f);
        }
        if (done != 0)
            return done;
        again = true;
    }
    return 0;
}

int name_lost_enter(struct typing *t, struct failure *f) {
    const size_t taken = strlen(t->p->taken);
    const size_t before = t->size;
    stream_skip(link_text(t->m->link));
    idle_keys(t);
    typing_send(t, t->p->kill, 1);
    t->m->unsure = true;
    if (settle(t, f) != 0)
        return -1;
    size_t size = 0;
    const char *rest = stream_rest(link_text(t->m->link), &size);
    if (memmem(rest, size, t->p->taken, taken) != NULL)
        return 0;
    // As many blanks as the name has letters: it stood there, and was taken back.
    size_t blanks = 0;
    size_t letters = 0;
    (void)standing(t, &blanks, &letters);
    return letters == 0 && blanks == before ? 1 : 2;
}
