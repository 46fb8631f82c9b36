// --print=readme: README.md's tables, each between the two comments that mark its place there.
#include <stdio.h>

#include "options/print.h"
#include "options/table.h"
#include "plan/reason.h"

enum { TEXT_SIZE = 256 };

// A cell's text: a bar would end the cell, so it is escaped.
static void print_cell(FILE *out, const char *text) {
    for (; *text != '\0'; text++)
        (void)fprintf(out, *text == '|' ? "\\|" : "%c", *text);
}

static void print_row(FILE *out, const struct option_row *row) {
    char value[TEXT_SIZE];
    option_value_text(row, value, sizeof value);
    (void)fputs("| `", out);
    if (row->letter != 0)
        (void)fprintf(out, "-%c`, `", row->letter);
    (void)fprintf(out, "--%s%s", row->name, value[0] != '\0' ? "=" : "");
    print_cell(out, value);
    (void)fputs("` | ", out);
    if (row->env != NULL && row->env_word == NULL)
        (void)fprintf(out, "`$%s`, else ", row->env);
    if (row->fallback != NULL)
        (void)fprintf(out, "`%s`", row->fallback);
    else if (row->absent != NULL)
        print_cell(out, row->absent);
    (void)fputs(" | ", out);
    print_cell(out, row->help);
    (void)fputs(" |\n", out);
}

void readme_print(FILE *out) {
    (void)fputs("<!-- options:begin -->\n| Option | Default | Meaning |\n|---|---|---|\n", out);
    for (size_t i = 0; i < option_count; i++)
        if (option_rows[i].group != GROUP_HIDDEN)
            print_row(out, &option_rows[i]);
    (void)fputs("<!-- options:end -->\n", out);
    (void)fputs("<!-- exits:begin -->\n| Code | Name | Meaning |\n|---:|---|---|\n", out);
    for (int i = 0; i < EXIT_ID_COUNT; i++) {
        (void)fprintf(out, "| %d | %s | ", exit_rows[i].code, exit_rows[i].name);
        print_cell(out, exit_rows[i].meaning);
        (void)fputs(" |\n", out);
    }
    (void)fputs("<!-- exits:end -->\n", out);
    (void)fputs("<!-- reasons:begin -->\n| Reason | | What it is |\n|---|---|---|\n", out);
    for (int i = 0; i < REASON_COUNT; i++) {
        const struct reason_row *r = &reason_rows[i];
        (void)fprintf(out, "| %s | %s", r->code, severity_words[r->severity]);
        if (r->severity == SEVERITY_REFUSE)
            (void)fprintf(out, ", %d", exit_rows[r->exit].code);
        (void)fputs(" | ", out);
        print_cell(out, r->meaning);
        (void)fputs(" |\n", out);
    }
    (void)fputs("<!-- reasons:end -->\n", out);
}
