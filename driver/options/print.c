// Which printed form --help, --version or --print asks for.
#include "options/print.h"

#include <errno.h>
#include <string.h>

#include "options/version.h"

static const struct {
    const char *what; // of --print
    void (*print)(FILE *out);
} print_rows[] = {
    {"man", man_print},
    {"readme", readme_print},
    {"bash", completion_print_bash},
    {"zsh", completion_print_zsh},
    {"fish", completion_print_fish},
};

int options_print(const struct options *o, FILE *out, struct failure *f) {
    errno = 0;
    if (!action_is_print(o->action))
        return 0;
    if (o->action == ACTION_HELP)
        help_print(out);
    else if (o->action == ACTION_VERSION)
        (void)fprintf(out, "qemu-grow %s\n", QEMU_GROW_VERSION);
    else
        for (size_t i = 0; i < sizeof print_rows / sizeof print_rows[0]; i++)
            if (strcmp(print_rows[i].what, o->print_what) == 0)
                print_rows[i].print(out);
    if (fflush(out) != 0 || ferror(out))
        return failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE, "", "the output cannot be written: %s",
                           strerror(errno));
    return 1;
}
