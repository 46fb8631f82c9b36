// A shell script as the guest at the other end of a link.
#ifndef QEMU_GROW_TESTS_SHELL_LINK_H
#define QEMU_GROW_TESTS_SHELL_LINK_H

#include "console/link.h"

// To be freed with link_free. No transcript, no signals.
static inline struct link *shell_link(const char *script) {
    struct failure f = {0};
    char shell[] = "sh";
    char option[] = "-c";
    char *const argv[] = {shell, option, (char *)script, NULL};
    struct pty *pty = pty_spawn(argv, &f);
    if (pty == NULL)
        fail_msg("%s", f.what);
    struct link *l = link_new(pty, NULL, -1);
    assert_non_null(l);
    return l;
}

#endif
