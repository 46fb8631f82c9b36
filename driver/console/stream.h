// Patterns over a stream of text that comes in pieces, each byte scanned a bounded number of times.
//
// PCRE2, JIT, PCRE2_PARTIAL_HARD: one code and one scan offset per pattern. The match that is
// certain after the fewest bytes of the stream wins; of several, the one that ends first; then the
// order of listing. So the outcome does not depend on how the text was cut; but for a try that
// backtracks a million times: it is given up with all the text that it was to look at.
#ifndef QEMU_GROW_CONSOLE_STREAM_H
#define QEMU_GROW_CONSOLE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pattern; // a compiled pattern; may be used in any number of streams, one after the other

// Compiles. Returns NULL and a reason for a person in why (PCRE2's own message and offset, or:
// matches the empty string; ends in `$`, `\Z`, `\z` or `\b`, which never match at the end of a
// stream; has `\G`, `\K` or `\C`).
// UTF is off (bytes); `.` does not match LF; `^` matches at the beginning of each line, also of one
// of which nothing has come yet (PCRE2_MULTILINE, PCRE2_ALT_CIRCUMFLEX); `$` in the middle
// likewise.
struct pattern *pattern_compile(const char *regex, char *why, size_t why_size);
void pattern_free(struct pattern *p);

// What it was compiled from.
const char *pattern_regex(const struct pattern *p);

// Whether it ends in an open or optional tail (`x+`, ` *`, `(?:...)?`, `(?!...)`): then it matches
// only when one byte more has come, which after a prompt never does. (A lazy tail is not open.)
// Not seen: `ab|a`, an alternative in the end that goes on where a later one ends.
bool pattern_waits(const struct pattern *p);

// Named groups of a pattern: name of the i-th, or NULL past the last.
const char *pattern_group(const struct pattern *p, size_t i);

struct stream;

// history: bytes kept before the read position, for stream_tail (say 512; what lookbehind and `^`
// need is kept in any case). limit: the most text (bytes) that is waited for to complete a match,
// from where it begins; beyond it that attempt is given up and counted in stream_overruns, as is
// one that backtracks without end. No more than that is kept of text in which nothing matches: the
// read position moves on.
struct stream *stream_new(size_t history, size_t limit);
void stream_free(struct stream *s);

// From now on a pattern each of whose matches has a certain text (console/literal.h) is not tried
// before that has come. It finds the same; but stream_open and the read position may stay
// behind what they could be, by as much as a match may be long.
void stream_defer(struct stream *s);

// Sets what is looked for from the read position on; the array is borrowed until the next call,
// NULL entries are skipped, also those that become NULL later. count may be 0. Returns 0, -1
// without memory.
int stream_watch(struct stream *s, struct pattern *const *patterns, size_t count);

// Adds text. Returns 0, -1 without memory.
int stream_append(struct stream *s, const char *text, size_t size);

// Looks for the first match in what is there. Returns the index of the pattern, or -1 for none yet.
// With `final` no more text is expected: when nothing is certain, what matches as the text stands
// does count. After a match the read position is its end, and stream_group gives its groups until
// the next call of append, watch, skip or find.
int stream_find(struct stream *s, bool final);

// The bytes of a named group of the last match, or NULL if it took no part. name NULL: the whole
// match.
const char *stream_group(const struct stream *s, const char *name, size_t *size);

// Where the last match begins and ends, in bytes from the stream's first one; 0 without a match.
void stream_match_range(const struct stream *s, uint64_t *begin, uint64_t *end);

// Bytes that were appended so far, and how many of them no later match can begin before.
uint64_t stream_end(const struct stream *s);
uint64_t stream_open(const struct stream *s);

// Text from the read position on, for progress lines and messages; valid until the next append.
const char *stream_rest(const struct stream *s, size_t *size);

// The last `size` bytes at most of all text that is still held, read or not; for messages.
const char *stream_tail(const struct stream *s, size_t *size);

// Moves the read position to the end of what is there: it is not looked at any more.
void stream_skip(struct stream *s);

// How many tries were given up so far, and which pattern's was the last one (its index).
size_t stream_overruns(const struct stream *s);
size_t stream_overrun(const struct stream *s);

// How many of them were given up since they backtracked without end.
size_t stream_exhausted(const struct stream *s);

#endif
