// The death table at work: looks for its rows in all that the guest says, remembers those that end
// nothing by themselves, and says in the end what a failure comes from.
//
// It has streams of its own: what a dialogue looks for is not taken away from it, and nothing that
// comes between two states is missed.
#ifndef QEMU_GROW_DIALOGUE_DEATH_H
#define QEMU_GROW_DIALOGUE_DEATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "dialogue/script.h"
#include "dialogue/vars.h"
#include "guest/qmp.h"

struct deaths;

// Compiles the rows of all files, which are borrowed. NULL with *f.
struct deaths *deaths_new(const struct scripts *scripts, struct failure *f);
void deaths_free(struct deaths *d);

// Takes text of the guest in: of the clean view, or kernel lines. A link_tap.
void deaths_feed(void *deaths, bool kernel, const char *text, size_t size);
// Takes a line in: QEMU's own, or one of the guest's screen. A qmp_sink.
void deaths_feed_line(void *deaths, enum qmp_place place, const char *line, size_t size);

// Whether a row belongs to a tool: it counts only while the command of that dialogue runs.
bool death_is_tools(const struct death *row);

// The next row whose pattern has come, whatever its `when` says; the named groups of its
// match are set in vars. final: no more text is expected. NULL when there is none (any more), or
// without memory, which *f then says.
const struct death *deaths_find(struct deaths *d, bool final, struct vars *vars, struct failure *f);

// A command of this dialogue begins: what was remembered of that tool before is forgotten.
void deaths_command(struct deaths *d, const char *dialogue);
// It has ended.
void deaths_command_ended(struct deaths *d);

// The i-th row that a tool's exit code matches: one with that very `code`, else those with one of
// its bits. NULL past the last.
const struct death *deaths_of_exit(const struct deaths *d, const char *dialogue, unsigned code,
                                   size_t i);

// Remembers a row that was seen, with what is to be said of it (copied). True when it is the first
// time.
bool deaths_remember(struct deaths *d, const struct death *row, const char *says, const char *next);

// The i-th row that is remembered, in the order in which they came: its name, and what it says.
// NULL past the last.
const char *deaths_row(const struct deaths *d, size_t i, const char **says);

// Puts what is remembered into a failure: its most likely reason, what else was seen, and whose
// fault it is. died: the fatal row that has ended the run, which says enough by itself, or NULL;
// named: the row whose sentence a dialogue has failed with, or NULL.
void deaths_explain(const struct deaths *d, const struct death *died, const struct death *named,
                    struct failure *f);

#endif
