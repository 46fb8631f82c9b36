// --help: the table of options for a terminal of 80 columns, and the exit codes in short.
#include <stdio.h>
#include <string.h>

#include "options/print.h"
#include "options/table.h"

enum { HELP_COLUMN = 30, HELP_WIDTH = 79, TEXT_SIZE = 256 };

static const char usage_text[] =
    "Usage: qemu-grow [OPTIONS] DISK SIZE [-- QEMU-ARGUMENTS]\n"
    "\n"
    "Grows the virtual disk DISK to SIZE, and with it its last primary partition and\n"
    "that partition's ext2, ext3 or ext4 file system, in a guest that runs Alpine's\n"
    "live CD under QEMU. SIZE is what qemu-img takes: 8G, +512M, a number of bytes.\n"
    "A DISK that begins with a dash goes after --; a further -- then begins QEMU's\n"
    "arguments. The words of options may be written in upper or lower case.\n";

// Writes text from column `column` on, in lines that begin at HELP_COLUMN, broken at blanks.
static void print_wrapped(FILE *out, size_t column, const char *text) {
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (column > HELP_COLUMN && column + 1 + word > HELP_WIDTH) {
            (void)fputc('\n', out);
            column = 0;
        }
        bool first = column <= HELP_COLUMN;
        size_t pad = first ? HELP_COLUMN - column : 1;
        (void)fprintf(out, "%*s%.*s", (int)pad, "", (int)word, text);
        column += pad + word;
        text += word;
        text += strspn(text, " ");
    }
    (void)fputc('\n', out);
}

static void print_row(FILE *out, const struct option_row *row) {
    char value[TEXT_SIZE];
    char left[2 * TEXT_SIZE];
    char right[4 * TEXT_SIZE];
    option_value_text(row, value, sizeof value);
    int width = row->letter != 0 ? snprintf(left, sizeof left, "  -%c, ", row->letter)
                                 : snprintf(left, sizeof left, "      ");
    width += snprintf(left + width, sizeof left - (size_t)width, "--%s%s%s", row->name,
                      value[0] != '\0' ? "=" : "", value);
    const char *normal = row->fallback != NULL ? row->fallback : row->absent;
    const char *env = row->env != NULL && row->env_word == NULL ? row->env : NULL;
    (void)snprintf(right, sizeof right, "%s%s%s%s%s%s%s", row->help, normal != NULL ? " [" : "",
                   env != NULL ? "$" : "", env != NULL ? env : "", env != NULL ? ", else " : "",
                   normal != NULL ? normal : "", normal != NULL ? "]" : "");
    (void)fputs(left, out);
    if (width >= HELP_COLUMN) {
        (void)fputc('\n', out);
        width = 0;
    }
    print_wrapped(out, (size_t)width, right);
}

// "  18 no-mbr               19 gpt ...", three to a line.
static void print_exit_codes(FILE *out) {
    enum { COLUMNS = 3, COLUMN_WIDTH = 26 };
    (void)fputs("\nExit codes (man qemu-grow says more; from 10 to 39 nothing has been written):\n",
                out);
    for (int i = 0; i < EXIT_ID_COUNT; i++) {
        const struct exit_row *row = &exit_rows[i];
        bool last = i % COLUMNS == COLUMNS - 1 || i == EXIT_ID_COUNT - 1;
        (void)fprintf(out, " %4d %-*s", row->code, last ? 0 : COLUMN_WIDTH - 6, row->name);
        if (last)
            (void)fputc('\n', out);
    }
}

void help_print(FILE *out) {
    (void)fputs(usage_text, out);
    for (int group = 0; group < GROUP_HIDDEN; group++) {
        (void)fprintf(out, "\n%s:\n", option_group_names[group]);
        for (size_t i = 0; i < option_count; i++)
            if ((int)option_rows[i].group == group)
                print_row(out, &option_rows[i]);
    }
    (void)fputs("\nEnvironment: QEMUFLAGS holds further arguments for QEMU, separated by blanks.\n",
                out);
    print_exit_codes(out);
}
