// The steps of a run as lines, the current one live, and the lines between them.
#include "report/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/monotonic.h"
#include "report/diagnosis.h"
#include "report/disk.h"
#include "report/proved.h"
#include "report/screen.h"
#include "report/text.h"

enum { STEP_SIZE = 8, TITLE_SIZE = 256, LINE_SIZE = 2048, MESSAGE_SIZE = 4096 };
enum { TITLE_COLUMNS = 44 }; // of a step's line; less on a narrow terminal
enum { FIXED_COLUMNS = 16 }; // of a step's line: mark, step, time and the blanks between
enum { ROOMY_COLUMNS = 99 }; // from here on, the live line says `waiting for`
static const double redraw_seconds = 0.1;

struct report {
    FILE *out, *err;
    int verbosity;
    bool colour, live;
    struct report_host host;
    double start;
    bool step_open;
    char step[STEP_SIZE];
    char title[TITLE_SIZE];
    double step_start;
    bool drawn; // the cursor is in a live line
    double drawn_at;
    bool due;          // the live line is drawn at the next occasion, however short the time
    json_t *diagnosis; // or NULL
    char *recording;   // its folder, or NULL
};

// How a step's line begins.
static const struct {
    const char *utf8, *ascii, *colour;
} marks[] = {{"  ", "  ", ""}, {"✓ ", "ok", "32"}, {"✗ ", "!!", "31"}};
enum mark { MARK_NONE, MARK_DONE, MARK_CUT_OFF };

static double host_seconds(void *data) {
    (void)data;
    return monotonic_seconds();
}

static unsigned host_columns(void *data) {
    return screen_columns(data);
}

struct report *report_new_on(FILE *out, FILE *err, int verbosity, bool colour, bool live,
                             const struct report_host *host) {
    struct report *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->out = out;
    r->err = err;
    r->verbosity = verbosity;
    r->colour = colour;
    r->live = live;
    r->host = *host;
    r->start = host->seconds(host->data);
    return r;
}

struct report *report_new(FILE *out, FILE *err, int verbosity, bool colour, bool live) {
    struct report_host host = {
        .seconds = host_seconds, .columns = host_columns, .data = out, .utf8 = screen_is_utf8()};
    return report_new_on(out, err, verbosity, colour, live, &host);
}

void report_free(struct report *r) {
    if (r == NULL)
        return;
    if (r->drawn)
        (void)fputc('\n', r->out);
    (void)fflush(r->out);
    json_decref(r->diagnosis);
    free(r->recording);
    free(r);
}

static double now(const struct report *r) {
    return r->host.seconds(r->host.data);
}

static bool escapes_utf8(const struct report *r) {
    return r->live && !r->host.utf8;
}

// Text for a person, of any bytes, on at most `columns` columns.
static size_t printable(const struct report *r, char *out, size_t size, size_t columns,
                        const char *bytes, size_t length) {
    return text_printable(out, size, columns, bytes, length, !escapes_utf8(r));
}

// Whatever is printed next begins in an empty line.
static void clear_live_line(struct report *r) {
    if (r->drawn)
        screen_clear_line(r->out);
    r->drawn = false;
}

// The columns that may be written to. The last one stays empty: a terminal may go to the next line
// when it is written to.
static size_t usable_columns(const struct report *r) {
    size_t columns = r->host.columns(r->host.data);
    return columns > 0 ? columns - 1 : 0;
}

// Writes the step's line up to its time; returns the columns used. A line that stays has its time
// in a column of its own; in the live line the room behind the title is needed for what is waited
// for.
static size_t format_step(const struct report *r, char *line, size_t size, enum mark mark,
                          size_t columns) {
    size_t room = columns > FIXED_COLUMNS ? columns - FIXED_COLUMNS : 0;
    if (room > TITLE_COLUMNS)
        room = TITLE_COLUMNS;
    char title[TITLE_SIZE];
    size_t width = printable(r, title, sizeof title, room, r->title, strlen(r->title));
    if (mark == MARK_NONE)
        room = width;
    const char *sign = r->host.utf8 ? marks[mark].utf8 : marks[mark].ascii;
    bool colour = r->colour && marks[mark].colour[0] != '\0';
    (void)snprintf(line, size, "%s%s%s%s%s %2s %s%*s %7.1f s", colour ? "\033[" : "",
                   colour ? marks[mark].colour : "", colour ? "m" : "", sign,
                   colour ? "\033[m" : "", r->step, title, (int)(room - width), "",
                   now(r) - r->step_start);
    return FIXED_COLUMNS + room;
}

// "[  12.3 s] "
static void print_time(const struct report *r) {
    (void)fprintf(r->out, "[%6.1f s] ", now(r) - r->start);
}

static void close_step(struct report *r, bool ok) {
    if (!r->step_open)
        return;
    r->step_open = false;
    clear_live_line(r);
    if (r->verbosity < 0)
        return;
    if (r->live) {
        char line[LINE_SIZE];
        enum mark mark = ok ? MARK_DONE : MARK_CUT_OFF;
        (void)format_step(r, line, sizeof line, mark, usable_columns(r));
        (void)fprintf(r->out, "%s\n", line);
    } else if (r->verbosity > 0 || !ok) {
        print_time(r);
        (void)fprintf(r->out, "%s%s%s after %.1f s\n", r->step[0] != '\0' ? "step " : "",
                      r->step[0] != '\0' ? r->step : r->title, ok ? " done" : " cut off",
                      now(r) - r->step_start);
    }
    (void)fflush(r->out);
}

void report_step(struct report *r, const char *step, const char *title) {
    close_step(r, true);
    (void)snprintf(r->step, sizeof r->step, "%s", step == NULL ? "" : step);
    (void)snprintf(r->title, sizeof r->title, "%s", title);
    r->step_start = now(r);
    r->step_open = true;
    if (r->verbosity < 0)
        return;
    if (r->live) {
        r->due = true;
        report_waiting(r, "", 0, NULL, 0);
        r->due = true;
        return;
    }
    char line[LINE_SIZE];
    (void)printable(r, line, sizeof line, sizeof line, r->title, strlen(r->title));
    print_time(r);
    (void)fprintf(r->out, "%s%s%s%s\n", r->step[0] != '\0' ? "step " : "", r->step,
                  r->step[0] != '\0' ? ": " : "", line);
    (void)fflush(r->out);
}

// "  waiting for WHAT (3 s) | LAST LINE", of any bytes, without the first two words when there is
// little room; returns their number.
static size_t format_waiting(char *tail, size_t size, bool brief, const char *what, double seconds,
                             const char *line, size_t line_size) {
    static const char glue[] = " | ";
    int n = 0;
    if (what[0] != '\0')
        n = snprintf(tail, size, "  %s%s (%.0f s)", brief ? "" : "waiting for ", what, seconds);
    size_t used = n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
    if (line_size == 0 || used + strlen(glue) >= size)
        return used;
    for (const char *c = glue; *c != '\0'; c++)
        tail[used++] = *c;
    size_t room = size - used;
    size_t take = line_size < room ? line_size : room;
    memcpy(tail + used, line, take);
    return used + take;
}

void report_waiting(struct report *r, const char *what, double seconds, const char *line,
                    size_t size) {
    if (!r->live || r->verbosity < 0 || !r->step_open)
        return;
    if (!r->due && now(r) - r->drawn_at < redraw_seconds)
        return;
    r->due = false;
    r->drawn_at = now(r);
    size_t columns = usable_columns(r);
    char text[LINE_SIZE];
    char tail[LINE_SIZE];
    char shown[2 * LINE_SIZE];
    size_t used = format_step(r, text, sizeof text, MARK_NONE, columns);
    if (used > columns) {
        (void)printable(r, shown, sizeof shown, columns, text, strlen(text));
    } else {
        char wait[LINE_SIZE];
        size_t wait_size =
            format_waiting(wait, sizeof wait, columns < ROOMY_COLUMNS, what, seconds, line, size);
        (void)printable(r, tail, sizeof tail, columns - used, wait, wait_size);
        (void)snprintf(shown, sizeof shown, "%s%s", text, tail);
    }
    screen_redraw(r->out, shown);
    r->drawn = true;
}

// One line between the steps, led by `lead`.
static void print_between(struct report *r, const char *lead, const char *text, va_list args) {
    char message[MESSAGE_SIZE];
    char line[MESSAGE_SIZE];
    int n = vsnprintf(message, sizeof message, text, args);
    if (n < 0)
        return;
    size_t size = (size_t)n < sizeof message ? (size_t)n : sizeof message - 1;
    (void)printable(r, line, sizeof line, sizeof line, message, size);
    clear_live_line(r);
    if (!r->live)
        print_time(r);
    (void)fprintf(r->out, "%s%s\n", lead, line);
    (void)fflush(r->out);
    r->due = true; // the live line comes back at once
}

void report_detail(struct report *r, const char *text, ...) {
    if (r->verbosity < 1)
        return;
    va_list args;
    va_start(args, text);
    print_between(r, r->live ? "      " : "  ", text, args);
    va_end(args);
}

void report_note(struct report *r, const char *text, ...) {
    if (r->verbosity < 0)
        return;
    va_list args;
    va_start(args, text);
    print_between(r, r->live ? "   " : "", text, args);
    va_end(args);
}

void report_say(struct report *r, const char *text, ...) {
    va_list args;
    va_start(args, text);
    print_between(r, "", text, args);
    va_end(args);
}

void report_end(struct report *r, bool ok) {
    close_step(r, ok);
}

void report_plan(struct report *r, const struct plan *p) {
    if (r->verbosity < 0)
        return;
    clear_live_line(r);
    char name[MESSAGE_SIZE];
    (void)printable(r, name, sizeof name, sizeof name, p->disk, strlen(p->disk));
    disk_print_plan(r->out, p, name);
    (void)fflush(r->out);
    report_reasons(r, &p->reasons);
}

void report_unchanged(struct report *r, const struct plan *p) {
    if (r->verbosity < 0)
        return;
    clear_live_line(r);
    char name[MESSAGE_SIZE];
    (void)printable(r, name, sizeof name, sizeof name, p->disk, strlen(p->disk));
    disk_print_unchanged(r->out, p, name);
    (void)fflush(r->out);
}

void report_reasons(struct report *r, const struct reasons *reasons) {
    for (size_t i = 0; i < reasons->count; i++) {
        const struct reason *x = &reasons->at[i];
        char line[MESSAGE_SIZE];
        (void)printable(r, line, sizeof line, sizeof line, x->what, strlen(x->what));
        if (reason_rows[x->id].severity == SEVERITY_NOTE)
            report_detail(r, "note: %s", line);
        else if (reason_rows[x->id].severity == SEVERITY_WARN && r->verbosity >= 0) {
            clear_live_line(r);
            (void)fprintf(r->err, "qemu-grow: warning: %s\n", line);
        }
    }
    (void)fflush(r->err);
}

void report_refusals(struct report *r, const struct reasons *reasons) {
    const struct reason *first = reasons_refusal(reasons);
    close_step(r, false);
    for (size_t i = 0; i < reasons->count; i++) {
        const struct reason *x = &reasons->at[i];
        char text[MESSAGE_SIZE];
        char line[MESSAGE_SIZE];
        if (reason_rows[x->id].severity != SEVERITY_REFUSE || x == first)
            continue;
        (void)snprintf(text, sizeof text, "%s%s%s", x->what, x->next[0] != '\0' ? "; " : "",
                       x->next);
        (void)printable(r, line, sizeof line, sizeof line, text, strlen(text));
        (void)fprintf(r->err, "qemu-grow: also: %s.\n", line);
    }
    (void)fflush(r->err);
}

void report_result(struct report *r, const struct plan *p, const struct disk_state *after,
                   const struct proof *proof, char *const *repairs, size_t repair_count,
                   double seconds) {
    close_step(r, true);
    if (r->verbosity < 0)
        return;
    char name[MESSAGE_SIZE];
    (void)printable(r, name, sizeof name, sizeof name, p->disk, strlen(p->disk));
    disk_print_result(r->out, p, after, name);
    proved_print(r->out, proof, p, repairs, repair_count, !escapes_utf8(r));
    (void)fprintf(r->out, "Time    %.1f s\n", seconds);
    (void)fflush(r->out);
}

void report_proof(struct report *r, const struct plan *p, const struct proof *proof,
                  char *const *repairs, size_t repair_count) {
    close_step(r, proof->ok);
    if (r->verbosity < 0)
        return;
    proved_print(r->out, proof, p, repairs, repair_count, !escapes_utf8(r));
    (void)fflush(r->out);
}

void report_keep_diagnosis(struct report *r, json_t *diagnosis, const char *recording) {
    json_decref(r->diagnosis);
    free(r->recording);
    r->diagnosis = json_incref(diagnosis);
    r->recording = recording == NULL ? NULL : strdup(recording);
}

static void print_diagnosis(struct report *r) {
    char line[MESSAGE_SIZE];
    const struct diagnosis_style style = {.all = r->verbosity > 0, .utf8 = !escapes_utf8(r)};
    if (r->diagnosis == NULL || r->verbosity < 0)
        return;
    diagnosis_print(r->err, r->diagnosis, &style);
    if (r->recording == NULL)
        return;
    (void)printable(r, line, sizeof line, sizeof line, r->recording, strlen(r->recording));
    (void)fprintf(r->err, "  recording %s\n", line);
}

void report_failure(struct report *r, const struct failure *f, enum stage stage) {
    close_step(r, false);
    char text[MESSAGE_SIZE];
    char line[MESSAGE_SIZE];
    // A command line that cannot be meant says nothing about a disk.
    const char *meaning =
        f->id == EXIT_ID_USAGE || stage >= STAGE_COUNT ? "" : stage_rows[stage].meaning;
    (void)snprintf(text, sizeof text, "%s%s%s%s%s", f->what, meaning[0] != '\0' ? "; " : "",
                   meaning, f->next[0] != '\0' ? "; " : "", f->next);
    (void)printable(r, line, sizeof line, sizeof line, text, strlen(text));
    (void)fprintf(r->err, "qemu-grow: %s.\n", line);
    print_diagnosis(r);
    (void)fflush(r->err);
}
