// SIGINT, SIGTERM and SIGHUP as something to poll for.
#ifndef QEMU_GROW_BASE_SIGNALS_H
#define QEMU_GROW_BASE_SIGNALS_H

// Installs the handlers (and ignores SIGPIPE); 0, or -1 with errno. Handlers are process-wide state
// by their nature: this is the only mutable global of the program.
int signals_open(void);

int signals_fd(void);    // readable once a signal has come, and stays so
int signals_first(void); // the first that came, or 0
int signals_count(void); // how many have come

#endif
