// Three control sequences that every terminal in use knows, and what the kernel says of its size.
#include "report/screen.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_UNKNOWN = 80 };

bool screen_is_live(FILE *file) {
    const char *term = getenv("TERM");
    return isatty(fileno(file)) && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

unsigned screen_columns(FILE *file) {
    struct winsize size = {0};
    if (ioctl(fileno(file), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return COLUMNS_UNKNOWN;
    return size.ws_col;
}

bool screen_is_utf8(void) {
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void screen_redraw(FILE *file, const char *text) {
    (void)fprintf(file, "\r%s\033[K", text);
    (void)fflush(file);
}

void screen_clear_line(FILE *file) {
    (void)fputs("\r\033[K", file);
    (void)fflush(file);
}
