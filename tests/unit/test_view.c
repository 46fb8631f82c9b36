// The clean view: escapes out, line ends folded, kernel lines lifted wherever they fall.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "console/view.h"
#include "recordings.h"

// What a view gave out: all bytes in their order, and from which sink each came.
struct trace {
    size_t size, room;
    char *bytes;
    char *sinks; // 't' or 'k'
};

static void trace_add(struct trace *t, char sink, const char *bytes, size_t size) {
    assert_true(size > 0);
    if (t->bytes == NULL || t->size + size > t->room) {
        t->room = 2 * (t->size + size);
        t->bytes = realloc(t->bytes, t->room);
        t->sinks = realloc(t->sinks, t->room);
        if (t->bytes == NULL || t->sinks == NULL)
            abort();
    }
    memcpy(t->bytes + t->size, bytes, size);
    memset(t->sinks + t->size, sink, size);
    t->size += size;
}

static void on_text(void *arg, const char *text, size_t size) {
    trace_add(arg, 't', text, size);
}

static void on_kernel(void *arg, const char *text, size_t size) {
    trace_add(arg, 'k', text, size);
}

static void trace_free(struct trace *t) {
    free(t->bytes);
    free(t->sinks);
    *t = (struct trace){0};
}

// The bytes of one sink, with a NUL behind them; to be freed.
static char *trace_of(const struct trace *t, char sink) {
    char *bytes = malloc(t->size + 1);
    assert_non_null(bytes);
    size_t n = 0;
    for (size_t i = 0; i < t->size; i++)
        if (t->sinks[i] == sink)
            bytes[n++] = t->bytes[i];
    bytes[n] = '\0';
    return bytes;
}

static bool trace_equal(const struct trace *a, const struct trace *b) {
    return a->size == b->size && (a->size == 0 || (memcmp(a->bytes, b->bytes, a->size) == 0 &&
                                                   memcmp(a->sinks, b->sinks, a->size) == 0));
}

// Feeds bytes in pieces of `piece` bytes (0: random ones, from seed).
static struct trace run(const char *bytes, size_t size, size_t piece, uint64_t seed) {
    struct trace t = {0};
    struct view *v = view_new(on_text, on_kernel, &t);
    assert_non_null(v);
    for (size_t done = 0; done < size;) {
        size_t n = piece == 0 ? random_piece(&seed, size - done)
                              : (piece < size - done ? piece : size - done);
        view_feed(v, bytes + done, n);
        done += n;
    }
    view_free(v);
    return t;
}

// ---- Single cases.

struct row {
    const char *bytes;
    const char *text;
    const char *kernel;
};

#define K "[   12.345678] hub 1-0:1.0: USB hub found\r\n"
#define KL "[   12.345678] hub 1-0:1.0: USB hub found\n"
#define K2 "[12345.678901] a: [b] <c>\r\r\n"
#define K2L "[12345.678901] a: [b] <c>\n"

#define C "[   12.345678][    T1] hub 1-0:1.0: USB hub found\r\r\n"
#define CL "[   12.345678][    T1] hub 1-0:1.0: USB hub found\n"

static const struct row rows[] = {
    // Line ends
    {"a\r\nb\r\r\nc\nd", "a\nb\nc\nd", ""},
    {"a\r\n\r\nb\n\nc\r\n\nd", "a\n\nb\n\nc\n\nd", ""},
    {"10%\r20%\r\n", "10%\n20%\n", ""},
    {"a\r", "a\n", ""}, // told at once
    {"a\r\033[K\nb", "a\nb", ""},
    {"a\r\n\rSent SIGTERM\r\n\rSent\r\r\n", "a\nSent SIGTERM\nSent\n", ""},
    {"\r\r\n\rx", "\nx", ""},
    // Controls and escapes
    {"a\tb\b\007\001c\x7f", "a\tbc", ""},
    {"\033c\033[?7l\033[2J\033[0mSeaBIOS (version 1.16.2)\r\n", "SeaBIOS (version 1.16.2)\n", ""},
    {"bo\033[05;02H\033[05;03Hot:boot:  ", "boot:boot:  ", ""},
    {"~ # \033[6n", "~ # ", ""},
    // What is no kernel line
    {" * Starting busybox mdev ...\r\n [ ok ]\r\n", " * Starting busybox mdev ...\n [ ok ]\n", ""},
    {"Fix<y>? yes", "Fix<y>? yes", ""},
    {"[   12.34567] x\n", "[   12.34567] x\n", ""},
    {"[   12.3456789] x\n", "[   12.3456789] x\n", ""},
    {"[  12.345678] x\n", "[  12.345678] x\n", ""},     // too narrow
    {"[     1.345678] x\n", "[     1.345678] x\n", ""}, // too wide
    {"[1234.567890] x\n", "[1234.567890] x\n", ""},
    {"[ 12 4.567890] x\n", "[ 12 4.567890] x\n", ""},
    {"[     .567890] x\n", "[     .567890] x\n", ""},
    {"[   12.345678]x\n", "[   12.345678]x\n", ""},
    {"<6>x<1234>[   12.345678]\n", "<6>x<1234>[   12.345678]\n", ""},
    {"<6>[ ok ]<<6>>\n", "<6>[ ok ]<<6>>\n", ""},
    {"[123456789012.345678] x\n", "[123456789012.345678] x\n", ""},
    // Kernel lines
    {K, "", KL},
    {"[    0.000000] x\n[99999999999.999999] y\n", "",
     "[    0.000000] x\n[99999999999.999999] y\n"},
    {"[    0.000000] \n", "", "[    0.000000] \n"},
    {"[    1.000000] a\tb\001\033[1mc\x7f\033]never ended\nx", "x", "[    1.000000] a\tbc\n"},
    {"[    1.000000] a\033[1\nx", "x", "[    1.000000] a\n"},
    {"<6>" K "<191>" K2, "", "<6>" KL "<191>" K2L},
    {"<1" K "23>x", "<123>x", KL},
    {"a" K K2 K "b", "ab", KL K2L KL},
    {" [ ok" K " ]\r\n", " [ ok ]\n", KL},
    {"localhost login: " K, "localhost login: ", KL},
    {"[" K " ok ]", "[ ok ]", KL},
    {"[   [   12.345678] x\r\nok", "[   ok", "[   12.345678] x\n"},
    {"[   " K K2 " x", "[    x", KL K2L},
    {"[" K2, "", K2L}, // the bracket waits
    {"[[" K " ok", "[[ ok", KL},
    {"[[[" K " ok", "[[[ ok", KL},
    {"[  [ [   " K " 1x", "[  [ [    1x", KL}, // two candidates and a line
    {"<6>" K "x", "x", "<6>" KL},              // cannot be told from a level
    {"<6" K ">x", "<6>x", KL},
    {"printf '<14>" K "%s'", "printf '<14>%s'", KL}, // levels stand at the beginning of a line
    {"a\r\n<6>" K "<6>x", "a\n<6>x", "<6>" KL},
    {"a\n\033[<6>" K "1mb", "a\nb", KL},
    {"a\n\033]<6>" K "x\007b", "a\nb", KL},
    {"[    1.000000] a\033[1\n[    2.000000] b\n", "", "[    1.000000] a\n[    2.000000] b\n"},
    // Callers (CONFIG_PRINTK_CALLER)
    {"lo" C "gin: ", "login: ", CL},
    {"a\n[   12.345678][  C127] x\n[   12.345678][T12345] y\r\n[   12.345678][T1234567] z\n", "a\n",
     "[   12.345678][  C127] x\n[   12.345678][T12345] y\n[   12.345678][T1234567] z\n"},
    {"<6>" C "x", "x", "<6>" CL},
    {"[   12.345678][   T1] x\n", "[   12.345678][   T1] x\n", ""},     // too narrow
    {"[   12.345678][     T1] x\n", "[   12.345678][     T1] x\n", ""}, // too wide
    {"[   12.345678][    X1] x\n", "[   12.345678][    X1] x\n", ""},   // no caller
    {"[   12.345678][    T1]x\n", "[   12.345678][    T1]x\n", ""},     // no blank
    {"[   12.345678][T12345678901] x\n", "[   12.345678][T12345678901] x\n", ""},
    {"[   12.345678][    T1 x\n", "[   12.345678][    T1 x\n", ""},
    // Text that ends like a stamp, then a kernel line
    {"[   12.345678]" K " x\n", "", KL "[   12.345678] x\n"},
    {"[   12.345678]" C "x\n", "[   12.345678]x\n", CL},
    {"[   12.345678][  " K "x\n", "[   12.345678][  x\n", KL},
    {"[   12.345678][    T" C "x\n", "[   12.345678][    Tx\n", CL},
    {"[ [   12.345678]" K "x\n", "[ [   12.345678]x\n", KL},
    {"[   12.345678][[[" K "x\n", "[   12.345678][[[x\n", KL},
    // A kernel line within what looks like one: the text's end heals, too
    {"[   1" K "2.345678] dmesg\r\nx", "x", KL "[   12.345678] dmesg\n"},
    // Within escape sequences and line ends
    {"a\033" K "[1mb", "ab", KL},
    {"a\033[" K "1mb", "ab", KL},
    {"a\033[0" K "5;02Hb", "ab", KL},
    {"a\033[05;" K "02Hb", "ab", KL},
    {"a\033]0;ti" K "tle\007b", "ab", KL},
    {"a\r" K "\nb", "a\nb", KL},
    {"a\r" K "\r" K "\nb", "a\nb", KL KL},
    {"a\r\n" K "\r\nb", "a\n\nb", KL},
};

static void check_row(const struct row *r, const struct trace *t) {
    char *text = trace_of(t, 't');
    char *kernel = trace_of(t, 'k');
    assert_string_equal(text, r->text);
    assert_string_equal(kernel, r->kernel);
    free(text);
    free(kernel);
}

// Each row whole, byte by byte, and cut in two at each place.
static void test_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t size = strlen(rows[i].bytes);
        struct trace whole = run(rows[i].bytes, size, size, 1);
        check_row(&rows[i], &whole);
        struct trace single = run(rows[i].bytes, size, 1, 1);
        assert_true(trace_equal(&whole, &single));
        trace_free(&single);
        for (size_t cut = 1; cut < size; cut++) {
            struct trace t = {0};
            struct view *v = view_new(on_text, on_kernel, &t);
            view_feed(v, rows[i].bytes, cut);
            view_feed(v, rows[i].bytes + cut, size - cut);
            view_free(v);
            assert_true(trace_equal(&whole, &t));
            trace_free(&t);
        }
        trace_free(&whole);
    }
}

// ---- Questions to the terminal.

// The question where the cursor is, with a kernel line in it, cut anywhere; others are none.
static void test_asked(void **state) {
    (void)state;
    static const char others[] = "\033[5n\033[16n\033[6m 6n";
    static const char question[] = "# \033\033[[    1.000000] usb\r\n6n";
    const size_t size = sizeof question - 1;
    for (size_t cut = 0; cut <= size; cut++) {
        struct trace t = {0};
        struct view *v = view_new(on_text, on_kernel, &t);
        assert_non_null(v);
        view_feed(v, others, sizeof others - 1);
        assert_false(view_asked(v));
        view_feed(v, question, cut);
        view_feed(v, question + cut, size - cut);
        assert_true(view_asked(v));
        assert_false(view_asked(v));
        view_free(v);
        trace_free(&t);
    }
}

// ---- Silence.

static const struct idle_row {
    const char *before; // then view_idle
    const char *shown;  // text by then
    const char *after;
    const char *text; // in the end
    const char *kernel;
} idle_rows[] = {
    {"[", "[", "x", "[x", ""},
    {"y/n [", "y/n [", " ok ]", "y/n [ ok ]", ""},
    {"[[[", "[[[", "[[", "[[[", ""},
    {"<6>[   1", "<6>[   1", "x", "<6>[   1x", ""},
    {"[   1" K "2", "[   12", "x", "[   12x", KL},
    {"[   1[   1", "[   1[   1", "x", "[   1[   1x", ""},
    // A kernel line that came haltingly: the line is whole, its beginning stays in the text
    {"a[   12.3", "a[   12.3", "45678] Kernel panic\nb", "a[   12.3b",
     "[   12.345678] Kernel panic\n"},
    {"[ [   12.3", "[ [   12.3", "45678] x\nok", "[ [   12.3ok", "[   12.345678] x\n"},
    {"[ [   12.345678] x", "[ ", " y\nok", "[ ok", "[   12.345678] x y\n"}, // within a kernel line
    {"a\033[1", "a", "mb", "ab", ""},                                       // not given out
    {"a\r", "a\n", "\nb", "a\nb", ""},
    {"[   12.345678] reboot: Power down", "", "", "", "[   12.345678] reboot: Power down"},
    {"[   12.345678][  ", "[   12.345678][  ", "  T1] x\na", "[   12.345678][  a",
     "[   12.345678][    T1] x\n"},
    {"[   12.345678][  ", "[   12.345678][  ", "  1.345678] x\ny", "[   12.345678][  y",
     "[    1.345678] x\n"},
};

static void test_idle(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof idle_rows / sizeof *idle_rows; i++) {
        const struct idle_row *r = &idle_rows[i];
        struct trace t = {0};
        struct view *v = view_new(on_text, on_kernel, &t);
        view_feed(v, r->before, strlen(r->before));
        view_idle(v);
        char *shown = trace_of(&t, 't');
        assert_string_equal(shown, r->shown);
        free(shown);
        size_t size = t.size;
        view_idle(v); // nothing more to say
        assert_int_equal(t.size, size);
        view_feed(v, r->after, strlen(r->after));
        check_row(&(struct row){"", r->text, r->kernel}, &t);
        view_free(v);
        trace_free(&t);
    }
}

// ---- Traces of `sh -x`, where they are looked for.

static const struct row trace_rows[] = {
    {"+ mount /x\r\r\nlogin: ", "login: ", "+ mount /x\n"},
    {"a\r\n+ b\r\n+ c\nd", "a\nd", "+ b\n+ c\n"},
    {"a + b\n+c\n++ d\n +\n+", "a + b\n+c\n++ d\n +\n+", ""},
    {"+\n+\t\n+\r", "+\n+\t\n+\n", ""},
    {"\r+ a\033[1mb\tc\001\r\nd", "d", "+ ab\tc\n"},
    {"+" K " a" K2 "b\nx", "x", KL K2L "+ ab\n"}, // each in one piece
    {"+ a" K "[ ok ]\n[ x", "[ x", KL "+ a[ ok ]\n"},
    {K "+ a\n" K, "", KL "+ a\n" KL},
    {"+ never ended", "", "+ never ended\n"},
    {"[   12.345678] Kernel panic", "", "[   12.345678] Kernel panic\n"},
    {"a[   12.345", "a[   12.345", ""},
};

static void test_traces(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof trace_rows / sizeof *trace_rows; i++) {
        const char *bytes = trace_rows[i].bytes;
        const size_t size = strlen(bytes);
        for (size_t cut = 0; cut <= size; cut++) {
            struct trace t = {0};
            struct view *v = view_new(on_text, on_kernel, &t);
            view_traces(v, true);
            view_feed(v, bytes, cut);
            view_feed(v, bytes + cut, size - cut);
            view_end(v);
            check_row(&trace_rows[i], &t);
            view_free(v);
            trace_free(&t);
        }
    }
    // Not asked for, they are text.
    struct trace t = run("+ a\n", 4, 4, 1);
    check_row(&(struct row){"", "+ a\n", ""}, &t);
    trace_free(&t);
}

// A trace's line is told in pieces when it is too long to be kept, and a `+` when nothing follows.
static void test_trace_bounds(void **state) {
    (void)state;
    struct trace t = {0};
    struct view *v = view_new(on_text, on_kernel, &t);
    view_traces(v, true);
    view_feed(v, "+ ", 2);
    for (size_t i = 0; i < 1000; i++)
        view_feed(v, "0123456789", 10);
    assert_true(t.size > 8000);
    view_feed(v, "\nx\n+", 4);
    char *text = trace_of(&t, 't');
    assert_string_equal(text, "x\n");
    char *lifted = trace_of(&t, 'k');
    for (const char *line = lifted; *line != '\0'; line = strchr(line, '\n') + 1)
        assert_int_equal(*line, '+');
    free(lifted);
    free(text);
    view_idle(v);
    view_feed(v, " x", 2);
    text = trace_of(&t, 't');
    assert_string_equal(text, "x\n+ x");
    free(text);
    view_free(v);
    trace_free(&t);
}

// A kernel line is handed on as it comes, however long it is.
static void test_endless_kernel_line(void **state) {
    (void)state;
    struct trace t = {0};
    struct view *v = view_new(on_text, on_kernel, &t);
    view_feed(v, "[   12.345678] ", 15);
    assert_int_equal(t.size, 15);
    for (size_t i = 1; i <= 100000; i++) {
        view_feed(v, "0123456789", 10);
        assert_int_equal(t.size, 15 + 10 * i);
    }
    view_feed(v, "\nx", 2);
    assert_int_equal(t.sinks[t.size - 1], 't');
    assert_int_equal(t.sinks[t.size - 2], 'k');
    view_free(v);
    trace_free(&t);
}

// ---- Properties.

static void test_cuts_do_not_matter(void **state) {
    (void)state;
    uint64_t cuts = cuts_wanted(2000);
    for (size_t i = 0; i < RECORDINGS; i++) {
        size_t size = 0;
        char *bytes = recording_read(i, &size);
        struct trace whole = run(bytes, size, size, 1);
        assert_true(whole.size > size / 2);
        for (uint64_t seed = 1; seed <= cuts; seed++) {
            struct trace t = run(bytes, size, 0, seed);
            if (!trace_equal(&whole, &t))
                fail_msg("%s, seed %ju", recordings[i], (uintmax_t)seed);
            trace_free(&t);
        }
        struct trace single = run(bytes, size, 1, 1);
        assert_true(trace_equal(&whole, &single));
        trace_free(&single);
        trace_free(&whole);
        free(bytes);
    }
}

// Bytes of the head of a kernel line at b, or 0; told as simply as can be.
static size_t head_at(const char *b, size_t size) {
    size_t n = 0, digits = 0, blanks = 0;
    if (n >= size || b[n++] != '[')
        return 0;
    for (; n < size && b[n] == ' '; n++)
        blanks++;
    for (; n < size && b[n] >= '0' && b[n] <= '9'; n++)
        digits++;
    if (digits == 0 || digits > 11 || blanks + digits < 5 || (blanks > 0 && blanks + digits != 5))
        return 0;
    if (n + 9 > size || b[n] != '.' || memcmp(b + n + 7, "] ", 2) != 0)
        return 0;
    for (size_t i = n + 1; i < n + 7; i++)
        if (b[i] < '0' || b[i] > '9')
            return 0;
    return n + 9;
}

// Marks the bytes of kernel lines. Returns how many lines there are.
static size_t mark_kernel(const char *bytes, size_t size, bool *marks) {
    size_t lines = 0;
    memset(marks, 0, size * sizeof *marks);
    for (size_t i = 0; i < size;) {
        size_t n = head_at(bytes + i, size - i);
        if (n == 0) {
            i++;
            continue;
        }
        lines++;
        while (i < size && !marks[i]) {
            marks[i] = true;
            if (bytes[i++] == '\n')
                break;
        }
    }
    return lines;
}

// The recordings' kernel lines are lifted, all of them and nothing else.
static void test_recorded_kernel_lines(void **state) {
    (void)state;
    size_t all = 0;
    for (size_t i = 0; i < RECORDINGS; i++) {
        size_t size = 0;
        char *bytes = recording_read(i, &size);
        bool *marks = malloc(size * sizeof *marks);
        assert_non_null(marks);
        all += mark_kernel(bytes, size, marks);
        // The bytes without kernel lines give the same text, and no kernel line.
        char *rest = malloc(size);
        assert_non_null(rest);
        size_t rest_size = 0;
        for (size_t k = 0; k < size; k++)
            if (!marks[k])
                rest[rest_size++] = bytes[k];
        struct trace mixed = run(bytes, size, size, 1);
        struct trace clean = run(rest, rest_size, rest_size, 1);
        char *mixed_text = trace_of(&mixed, 't');
        char *clean_text = trace_of(&clean, 't');
        char *no_kernel = trace_of(&clean, 'k');
        assert_string_equal(mixed_text, clean_text);
        assert_string_equal(no_kernel, "");
        assert_null(strchr(clean_text, '\033'));
        assert_null(strchr(clean_text, '\r'));
        free(mixed_text);
        free(clean_text);
        free(no_kernel);
        trace_free(&mixed);
        trace_free(&clean);
        free(rest);
        free(marks);
        free(bytes);
    }
    assert_true(all > 300); // the recordings are full of them
}

enum { AROUND = 160 };

#define LONG_LINE                                                                                  \
    "[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz-virt console=ttyS0 debug_init single "  \
    "init=/bin/sh modules=loop,squashfs,sd-mod,usb-storage initrd=/boot/initramfs-virt\r\r\n"

// Lines as the kernel wrote them, among text as programs wrote it.
static const char *const lines[] = {
    "[   97.359271] reboot: Power down\r\n",
    "[    7.582221] loop: module loaded\r\r\n",
    "[  137.833339] ACPI: PM: Preparing to enter system sleep state S5\r\r\n",
    "[    3.244624] random: crng init done\r\n[    3.244700] [drm] <6>: [ 1.2]\r\n",
    "[   61.004711][    T1] Run /init as init process\r\r\n",
    "[   61.004712][  C127] rcu: INFO: x\r\r\n[   61.004713][T12345] e1000: y\r\r\n",
    LONG_LINE,
    "[12345.678901] EXT4-fs (sda2): mounted\r\n[12345.678902]  sda: sda1 sda2\n[12345.9",
};
enum { LINES = 7 };

// A kernel line at each offset of each recording leaves the text as it is, and is lifted.
static void test_lines_inserted_everywhere(void **state) {
    (void)state;
    size_t insertions = 0;
    for (size_t i = 0; i < RECORDINGS; i++) {
        size_t size = 0;
        char *bytes = recording_read(i, &size);
        bool *marks = malloc(size * sizeof *marks);
        assert_non_null(marks);
        (void)mark_kernel(bytes, size, marks);
        for (size_t at = 0; at < size; at++) {
            if (marks[at] && at > 0 && marks[at - 1] && bytes[at - 1] != '\n')
                continue; // within a kernel line, where the kernel cannot write another
            // A piece of the recording around that place will do; its first byte is no kernel
            // line's.
            size_t from = at > AROUND ? at - AROUND : 0;
            while (from < at && marks[from])
                from++;
            size_t to = at + AROUND < size ? at + AROUND : size;
            const char *line = lines[insertions++ % LINES];
            size_t length = strlen(line);
            char mixed[2 * AROUND + 256];
            char *end = mixed;
            put(&end, bytes + from, at - from);
            put(&end, line, length);
            put(&end, bytes + at, to - at);

            struct trace plain = run(bytes + from, to - from, to - from, 1);
            struct trace t = run(mixed, to - from + length, 0, insertions);
            char *plain_text = trace_of(&plain, 't');
            char *text = trace_of(&t, 't');
            if (strcmp(plain_text, text) != 0)
                fail_msg("%s, offset %zu", recordings[i], at);
            size_t before = 0, after = 0; // bytes of kernel lines
            for (size_t k = 0; k < plain.size; k++)
                before += plain.sinks[k] == 'k';
            for (size_t k = 0; k < t.size; k++)
                after += t.sinks[k] == 'k';
            size_t lifted = 0;
            for (size_t k = 0; k < length; k++)
                lifted += line[k] != '\r';
            assert_int_equal(after, before + lifted);
            free(plain_text);
            free(text);
            trace_free(&plain);
            trace_free(&t);
        }
        free(marks);
        free(bytes);
    }
    assert_true(insertions > 20000);
}

// Texts made of what kernel lines and sequences are made of, with a line inserted anywhere.
static void test_lines_in_hostile_text(void **state) {
    (void)state;
    static const char *const parts[] = {"[",   " ",  "   1", "12345", ".",     "345678", "]",
                                        "] x", "<",  "6",    ">",     "\033",  "\033[",  ";",
                                        "m",   "\r", "\n",   "a",     "[ ok ]"};
    for (uint64_t seed = 1; seed <= 100000; seed++) {
        uint64_t r = seed;
        char text[256];
        char *text_end = text;
        for (size_t i = 0; i < 8; i++) {
            const char *part = parts[random_below(&r, sizeof parts / sizeof *parts)];
            put(&text_end, part, strlen(part));
        }
        put(&text_end, "x", 1); // nothing is held back at the end
        size_t size = (size_t)(text_end - text);
        size_t at = random_below(&r, size);
        bool marks[256];
        // Left out: what is a kernel line itself, and what may be a level before the line.
        if (mark_kernel(text, size, marks) > 0 || (at > 0 && text[at - 1] == '>'))
            continue;
        const char *line = lines[random_below(&r, LINES)];
        char mixed[1024];
        char *end = mixed;
        put(&end, text, at);
        put(&end, line, strlen(line));
        put(&end, text + at, size - at);
        struct trace plain = run(text, size, size, 1);
        struct trace t = run(mixed, size + strlen(line), 0, seed);
        char *plain_text = trace_of(&plain, 't');
        char *t_text = trace_of(&t, 't');
        if (strcmp(plain_text, t_text) != 0)
            fail_msg("seed %ju", (uintmax_t)seed);
        free(plain_text);
        free(t_text);
        trace_free(&plain);
        trace_free(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_asked),
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_traces),
        cmocka_unit_test(test_trace_bounds),
        cmocka_unit_test(test_endless_kernel_line),
        cmocka_unit_test(test_cuts_do_not_matter),
        cmocka_unit_test(test_recorded_kernel_lines),
        cmocka_unit_test(test_lines_inserted_everywhere),
        cmocka_unit_test(test_lines_in_hostile_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
