// A host program run to its end, its output kept in memory: how qemu-img and its like are asked.
#ifndef QEMU_GROW_BASE_RUN_H
#define QEMU_GROW_BASE_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

enum {
    RUN_OUT_MAX = 1024 * 1024, // bytes of standard output that are kept
    RUN_ERR_MAX = 8 * 1024,    // bytes of standard error that are kept
};

// What a program left behind. The texts are NUL-terminated and always set after a run that started.
struct run_result {
    int status; // as waitpid gives it
    char *out;
    size_t out_size; // bytes, without the NUL
    char *err;
    size_t err_size;
    bool cut; // one of the texts was longer than what is kept
};

// Runs argv[0] (looked up in PATH when it has no slash) with no shell between, standard input
// empty, default signal actions, an empty signal mask and a process group of its own, and waits for
// its end. stop_fd: -1, or a descriptor that becomes readable when the caller wants to stop; the
// program's group then gets SIGTERM and its end is awaited. Returns 0 when the program ran to its
// end, whatever its exit status; else -1 with EXIT_ID_PROGRAM_MISSING (it cannot be executed),
// EXIT_ID_INTERRUPTED or EXIT_ID_TERMINATED (stopped by stop_fd) or EXIT_ID_INTERNAL. *r is filled
// in each case and is to be given to run_free.
int run_program(struct run_result *r, char *const argv[], int stop_fd, struct failure *f);
void run_free(struct run_result *r);

// Somebody who is told of each program that run_program starts (status NULL) and of its end (as
// waitpid gives it); NULL: nobody. Process-wide, as the programs themselves are.
typedef void run_watcher(void *arg, char *const argv[], const int *status);
void run_watch(run_watcher *watcher, void *arg);

// True when the program exited by itself with code 0.
bool run_ok(const struct run_result *r);

// The program `name`, as a path that can be executed: name itself if it has a slash, else found in
// PATH. Allocated; NULL when there is none.
char *run_find(const char *name);

#endif
