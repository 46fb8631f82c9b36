// A line that is being typed: what typing.c (typing on), mend.c (lines that can be drawn anew),
// name.c (getty's, which cannot) and enter.c (handing in) share. Not for others.
//
// The rule: what stands on the guest's line is known from the clean text that came since the line
// was empty or drawn anew, all of it, since keys arrive in order. A blank ends each line (the
// prompt's `pad`): its echo proves that nothing that was sent before is still to come.
#ifndef QEMU_GROW_DIALOGUE_TYPING_H
#define QEMU_GROW_DIALOGUE_TYPING_H

#include "dialogue/echo.h"
#include "dialogue/machine_impl.h"

enum {
    FAILURES_MAX = 24,     // times in a row that no further byte could be brought to stand
    NOTHING_EXPECTED = -1, // see mend_look
    DITHER = 4,            // see typing_dither: idle keys and pads, less than so many
};

struct typing {
    struct machine *m;
    const struct prompt *p;
    char *text; // the line, and its pads
    size_t size;
    size_t before;         // columns that the prompt takes, as far as is known
    struct pattern *again; // what a drawn line comes after; NULL: none
    bool drawn;            // the line is read after the last match of `again`
    size_t from;           // so many bytes of the stream's rest are older
    size_t stands;         // bytes of the line that were drawn in one piece
    size_t pads;           // pads behind the line, in the last drawing
    bool unseen;           // the drawing that was asked for last was not seen
    bool late;             // drawings that were asked for may still be on their way
    bool mended;           // keys were sent twice or taken back
    size_t best;           // most bytes that ever stood right
    unsigned failures;     // since then
    unsigned reliefs;      // of these, taken back
};

// Starts waiting for an echo: as long as echoes took up to now, some times over, and longer with
// each failure.
void typing_begin(struct typing *t);

// One turn of waiting. 0: something may have come; 1: nothing comes any more; -1 with *f.
int typing_turn(struct typing *t, struct failure *f);

// Sends keys: n times.
void typing_send(struct typing *t, const char *keys, size_t n);

// The text that tells what stands; NULL while a line that was to be drawn has not begun to come.
const char *typing_seen(const struct typing *t, size_t *size);

// Waits for the echo of the first `sent` bytes. The verdict (ECHO_PENDING: no more of it came, and
// *echoed bytes are there), or -1 with *f.
int typing_await(struct typing *t, size_t sent, size_t *echoed, struct failure *f);

// One byte more stands right, so many in all. Where there were never so many the failures are
// forgotten; else, up to a bound, one of them.
void typing_progress(struct typing *t, size_t have);

// A number below n, a new one each time: how many bytes more are sent, so that faults that come in
// step with ours do not do so for ever.
size_t typing_dither(struct machine *m, size_t n);

// Counts a pad that stands on the line already. 0, or -1 with *f.
int typing_count_pad(struct typing *t, struct failure *f);

// Adds a pad to the line; and more where the line would end a row of the screen, since what comes
// at the end of a row looks like the answer to Enter. 0, or -1 with *f.
int typing_add_pad(struct typing *t, struct failure *f);

// Types on from the first `have` bytes, which stand. 1: the line stands there; 0: it was given up;
// -1 with *f.
int typing_bring(struct typing *t, size_t have, struct failure *f);

// mend.c ---------------------------------------------------------------------------------------

// Has the line drawn, after sending keys (times). 1: *held bytes of text stand there and nothing
// else but pads; 0: something else, and then *held is how many bytes are right, *extra how many
// stand after them (-1: cannot be told); 2: no answer; -1 with *f. Does not wait any longer once
// `expected` bytes are seen to stand (-1: always waits until no more comes).
int mend_look(struct typing *t, const char *keys, size_t times, ptrdiff_t expected, size_t *held,
              ptrdiff_t *extra, struct failure *f);

// Takes back what is wrong. expected: as above, for the first look. 1: *have bytes stand, all
// right; 0: given up; -1 with *f.
int mend_line(struct typing *t, ptrdiff_t expected, size_t *have, struct failure *f);

// Looks until a line that was mended is proved to stand there. 1, 0 (given up) or -1 with *f.
int mend_prove(struct typing *t, struct failure *f);

// A late drawing must not be taken for Enter's answer: types one more pad until its echo proves
// that none is on its way any more. 1, 0 (given up) or -1 with *f.
int mend_settle(struct typing *t, struct failure *f);

// enter.c --------------------------------------------------------------------------------------

// Presses Enter behind the line, which stands there. 1: it arrived; 0: cannot be told; -1 with *f.
int enter_line(struct typing *t, struct failure *f);

// name.c ---------------------------------------------------------------------------------------

// The same as typing_bring, where a line cannot be drawn. `again`: something stands there already.
int name_bring(struct typing *t, bool again, struct failure *f);

// No answer came to Enter. 1: it was lost, and the line is empty; 0: it arrived; 2: cannot be told;
// -1 with *f.
int name_lost_enter(struct typing *t, struct failure *f);

#endif
