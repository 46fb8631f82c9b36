// QEMU's machine protocol on a socket of our own: what QEMU itself knows of the guest's death, and
// the guest's screen, on which a kernel without a serial console says its last words.
//
// The runbook's monitor, which a person would use, is not touched by it.
#ifndef QEMU_GROW_GUEST_QMP_H
#define QEMU_GROW_GUEST_QMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

struct qmp;

// A pair of sockets; QEMU is given the number of qmp_theirs. NULL with *f.
struct qmp *qmp_new(struct failure *f);
void qmp_free(struct qmp *q);

int qmp_theirs(const struct qmp *q); // QEMU's end
void qmp_started(struct qmp *q);     // QEMU has it: ours is closed

enum qmp_place { QMP_EVENT, QMP_SCREEN, QMP_SCREEN_KERNEL };

// Called with one line, ended by LF: an event as "NAME key=value key=value", keys in order, or a
// line of the guest's screen; kernel lines, which begin with a time stamp, apart.
typedef void qmp_sink(void *arg, enum qmp_place place, const char *line, size_t size);

// Readable when QEMU has said something; -1: it talks no more.
int qmp_fd(const struct qmp *q);

// Takes in what QEMU says, without waiting, when something may have come. look: the guest is quiet,
// so its screen is asked for, some seconds of now_ms after QEMU has greeted, and no oftener than
// every so many. A QEMU that does not answer is no failure.
void qmp_pump(struct qmp *q, bool come, bool look, uint64_t now_ms, qmp_sink *sink, void *arg);

// Gives QEMU a command, as soon as it takes one: JSON with `execute` and perhaps `arguments`. One
// at a time; what the one before has answered is forgotten. 0, or -1 when the text is no such JSON.
int qmp_ask(struct qmp *q, const char *command);

// The descriptor that goes with the next command `getfd`, borrowed; -1: none.
void qmp_lend(struct qmp *q, int fd);

enum qmp_answer { QMP_AWAITED, QMP_DONE, QMP_REFUSED };

// What became of the last command. *says: QEMU's reason, or what it returned as JSON; *status: the
// member `status` of that, or empty. Valid until the next command.
enum qmp_answer qmp_answer(const struct qmp *q, const char **says, const char **status);

// For tests: gives one line of the protocol to the sink.
void qmp_take_line(struct qmp *q, const char *line, size_t size, qmp_sink *sink, void *arg);

#endif
