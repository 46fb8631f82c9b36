// The line to the guest: a pty whose bytes are recorded, cleaned and put into two streams.
#ifndef QEMU_GROW_CONSOLE_LINK_H
#define QEMU_GROW_CONSOLE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "console/stream.h"
#include "guest/pty.h"
#include "guest/usage.h"
#include "record/record.h"

struct link;

// Takes the pty over (link_free frees it), borrows the recording (NULL: none). stop_fd: readable
// when somebody wants the run to end; -1: none. NULL without memory.
struct link *link_new(struct pty *pty, struct record *record, int stop_fd);
void link_free(struct link *l);

// Whether lines that begin with `+ ` (debug_init) are lifted like kernel lines; at first they are
// not.
void link_traces(struct link *l, bool lift);

enum link_event {
    LINK_TEXT,  // bytes came
    LINK_QUIET, // none came within the time
    LINK_STOP,  // stop_fd became readable (told each time; see watch_stop)
    LINK_GONE,  // the program has ended; its status is link_status
    LINK_ERROR, // *f says what: the recording cannot be written, or there is no memory
};

// Waits for at most timeout_ms milliseconds, takes in what the guest sent and sends what is queued.
// watch_stop false: stop_fd is not looked at.
enum link_event link_pump(struct link *l, int timeout_ms, bool watch_stop, struct failure *f);

// fd: readable when there is something for which link_pump shall not wait any longer; it is left to
// be read. -1: none (any more).
void link_set_wake(struct link *l, int fd);
// Whether there was, the last time.
bool link_woken(const struct link *l);

// For a guest that is a recording (again.h). cut: the console is read in pieces of a length that
// follows from this seed, which is not 0. waited: so much time is over without a byte, by another
// clock. limit: no byte is read beyond so many of the console, for now. counts: bytes that were
// sent and read so far.
void link_set_cut(struct link *l, uint64_t seed);
void link_set_limit(struct link *l, uint64_t out);

// before: how many bytes of the console the recorded run had read when it sent the byte `in`, out
// of which `out` are read by now; asked again whenever the wake descriptor has something. While
// gathering (a line is typed), so many are read before anybody looks at them: what stands on a line
// is judged by whole drawings of it, as it was then. Without set_gather, nothing of that is done.
typedef uint64_t link_before(void *arg, uint64_t in, uint64_t out);
void link_set_gather(struct link *l, link_before *before, void *arg);
void link_gather(struct link *l, bool on);
void link_waited(struct link *l, int ms);
void link_counts(const struct link *l, uint64_t *in, uint64_t *out);

// Whether the guest has asked where the cursor is (view_asked) since this was called last.
bool link_asked(struct link *l);

// Queues bytes for the guest.
void link_send(struct link *l, const char *bytes, size_t size);

// The program is about to write so many bytes at least, such as an echo: they are let pile up
// before they are read, as long as that many take by the pace of the last ones, but no more than
// two milliseconds.
void link_expect(struct link *l, size_t size);

// Somebody else who gets all clean text (kernel false) and all kernel lines, piece by piece, as
// soon as they are read.
typedef void link_tap(void *arg, bool kernel, const char *text, size_t size);
void link_set_tap(struct link *l, link_tap *tap, void *arg);

// Somebody who gets the console's raw bytes as they come, such as a person's terminal; NULL: nobody
// (any more).
typedef void link_mirror(void *arg, const void *bytes, size_t size);
void link_set_mirror(struct link *l, link_mirror *mirror, void *arg);

// The last raw bytes of the console: at most LINK_TAIL, copied out. Returns their number.
enum { LINK_TAIL = 2048 };
size_t link_tail(const struct link *l, char bytes[LINK_TAIL]);

struct stream *link_text(struct link *l);   // the clean view
struct stream *link_kernel(struct link *l); // kernel lines, and traces

// The last line of the console that has something in it; any bytes but control characters.
const char *link_last_line(const struct link *l, size_t *size);

// Lines so far that were no repetition of a recent one (console/news.h): a sign of life.
uint64_t link_news(const struct link *l);

bool link_ended(const struct link *l); // LINK_GONE has been told
int link_status(const struct link *l); // as waitpid gives it; after LINK_GONE
struct pty *link_pty(struct link *l);
struct record *link_record(struct link *l); // or NULL

// The time stamp of the last kernel line, in milliseconds; 0 before the first.
uint64_t link_stamp_ms(const struct link *l);

// What the program has used so far.
struct usage link_usage(const struct link *l);

#endif
