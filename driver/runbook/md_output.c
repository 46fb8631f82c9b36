// The console's bytes through the view, line by line.
#include "runbook/md_output.h"

#include <stdlib.h>
#include <string.h>

#include "console/view.h"
#include "report/text.h"

enum {
    LINES_MAX = 40,    // of a state's output, half of them its last ones
    LINE_BYTES = 2048, // of a line that is shown
};

// Text and the kernel's lines, of one state. Both allocated, or NULL without memory.
struct printed {
    char *text, *kernel;
    size_t text_size, kernel_size;
    FILE *text_out, *kernel_out;
};

static void add_text(void *arg, const char *bytes, size_t size) {
    (void)fwrite(bytes, 1, size, ((struct printed *)arg)->text_out);
}

static void add_kernel(void *arg, const char *bytes, size_t size) {
    (void)fwrite(bytes, 1, size, ((struct printed *)arg)->kernel_out);
}

// What came from one place of the guest's output to another. 0, or -1 without memory; printed_free
// in each case.
static int printed_read(struct printed *p, const struct reading *r, uint64_t from, uint64_t to) {
    const size_t end = to < r->output_size ? (size_t)to : r->output_size;
    *p = (struct printed){0};
    p->text_out = open_memstream(&p->text, &p->text_size);
    p->kernel_out = open_memstream(&p->kernel, &p->kernel_size);
    struct view *view =
        p->text_out == NULL || p->kernel_out == NULL ? NULL : view_new(add_text, add_kernel, p);
    if (view != NULL && from < end)
        view_feed(view, r->output + from, end - (size_t)from);
    if (view != NULL)
        view_end(view);
    view_free(view);
    int rc = view == NULL ? -1 : 0;
    if (p->text_out != NULL && fclose(p->text_out) != 0)
        rc = -1;
    if (p->kernel_out != NULL && fclose(p->kernel_out) != 0)
        rc = -1;
    return rc;
}

static void printed_free(struct printed *p) {
    free(p->text);
    free(p->kernel);
}

// A fence that is longer than any in the text.
static void put_fence(FILE *out, const char *text) {
    size_t longest = 2;
    for (size_t run = 0; *text != '\0'; text++) {
        run = *text == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    (void)fputs("    ", out);
    for (size_t i = 0; i <= longest; i++)
        (void)fputc('`', out);
}

static void put_line(FILE *out, const char *line, size_t size) {
    char shown[LINE_BYTES];
    (void)text_printable(shown, sizeof shown, sizeof shown, line, size, true);
    (void)fprintf(out, "    %s\n", shown);
}

static void put_lines(FILE *out, const char *text) {
    size_t lines = 0;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    size_t n = 0;
    for (const char *line = text; *line != '\0'; n++) {
        const size_t size = strcspn(line, "\n");
        if (lines <= LINES_MAX || n < LINES_MAX / 2 || n >= lines - LINES_MAX / 2)
            put_line(out, line, size);
        else if (n == LINES_MAX / 2)
            (void)fprintf(out, "    [%zu lines are left out]\n", lines - LINES_MAX);
        line += size + (line[size] == '\n');
    }
}

static void put_block(FILE *out, const char *text) {
    const char *begin = text + strspn(text, "\n");
    if (begin[strspn(begin, " \n")] == '\0')
        return;
    put_fence(out, begin);
    (void)fputs("text\n", out);
    put_lines(out, begin);
    put_fence(out, begin);
    (void)fputc('\n', out);
}

int md_output(FILE *out, const struct reading *r, uint64_t from, uint64_t to) {
    struct printed p;
    const int rc = printed_read(&p, r, from, to);
    if (rc == 0) {
        put_block(out, p.text);
        if (p.kernel[0] != '\0')
            (void)fputs("    - The kernel's lines meanwhile:\n", out);
        put_block(out, p.kernel);
    }
    printed_free(&p);
    return rc;
}
