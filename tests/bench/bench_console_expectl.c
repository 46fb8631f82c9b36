// The benchmark's reader with libexpect's own matcher: bench_console_expectl WRITER MB.
//
// Its regular expressions know neither `\d` nor lines, so `^` is a line feed before, and digits are
// a class. Its buffer is match_max bytes long, of which it keeps a third.
#include <expect.h>

#include "console_text.h"

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    exp_timeout = -1;
    exp_loguser = 0;
    exp_match_max = 2000;
    const struct cost begin = cost_begin();
    const int fd = exp_spawnl(argv[1], argv[1], "write", argv[2], (char *)NULL);
    if (fd < 0)
        return 1;
    enum { LONG = 1, REPAIR, OTHER };
    int matches = 0;
    for (int seen = 0; seen != LONG; matches++) {
        // The first of the list that is anywhere in the buffer wins: what ends the loop comes last.
        // clang-format off
        seen = exp_expectl(fd,
                           exp_regexp, "\n([^\n]+)\n[A-Z][A-Za-z +/-]*\\? yes\r\n", OTHER,
                           exp_regexp, "\n([^\n]*\\?) yes\r\n", REPAIR,
                           exp_regexp, "No such (file or directory|device)[^\n]*\n|Possibly non-existent device", OTHER,
                           exp_regexp, "No such (file or directory|device)[^\n]*\n", OTHER,
                           exp_regexp, "\n((resize2fs: |Please run |open: |The containing )[^\n]*)\n", OTHER,
                           exp_regexp, " is (now|already) ([0-9]+) \\([0-9]+k\\) blocks long", LONG,
                           exp_end);
        // clang-format on
        if (seen < 0)
            return 1;
    }
    cost_print(cost_since(begin));
    return matches == 2 ? 0 : 1;
}
