// Whole sessions through the view, with every pattern of the real dialogues and of the death table
// looked for at a time, each in streams of its own: the same text, kernel lines and matches however
// the bytes were cut into reads, and whatever kernel line comes at whatever byte.
//
// QEMU_GROW_CUTS: seeded ways of cutting each session; QEMU_GROW_STRIDE: a kernel line is inserted
// at every so many bytes. The target property-full runs 10,000 ways and every byte.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/stream.h"
#include "console/view.h"
#include "dialogue/script.h"
#include "dialogue/vars.h"
#include "recordings.h"

enum { PATTERNS_MAX = 256, LIMIT = 65536, HISTORY = 512, CUTS = 150, STRIDE = 61 };

// ---- The patterns of the dialogues, for the console and for kernel lines.

struct set {
    struct pattern *at[PATTERNS_MAX];
    size_t count;
};

// Who looks, and at what.
enum place { CONSOLE, KERNEL, DEATH_CONSOLE, DEATH_KERNEL, PLACES };

struct fixture {
    struct set sets[PLACES];
};

// Variables of the runs that were recorded. What differs from run to run is put in afterwards: vars
// are quoted in a pattern.
static const char *const values[][2] = {
    {"node", "NODE"},      {"part_name", "PART"},     {"part", "2"},
    {"label", "rootfs"},   {"mark_left", "MARKLEFT"}, {"mark_right", "MARKRIGHT"},
    {"disk_name", "DISK"}, {"serial", "SERIAL"},
};
static const char *const stand_ins[][2] = {
    {"NODE", "/dev/[sv]da"},
    {"PART", "[sv]da2"},
    {"MARKLEFTMARKRIGHT", "(?:rc|[a-z]{12})"},
    {"DISK", "[sv]da"},
};

// Replaces each of the stand-ins; to be freed.
static char *with_stand_ins(const char *text) {
    char *out = strdup(text);
    assert_non_null(out);
    for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++) {
        const char *from = stand_ins[i][0];
        for (char *at; (at = strstr(out, from)) != NULL;) {
            char *longer = NULL;
            assert_true(asprintf(&longer, "%.*s%s%s", (int)(at - out), out, stand_ins[i][1],
                                 at + strlen(from)) >= 0);
            free(out);
            out = longer;
        }
    }
    return out;
}

static void set_add(struct set *set, struct vars *vars, const char *see) {
    char *unknown = NULL;
    char *text = NULL;
    while ((text = vars_expand(vars, see, true, &unknown)) == NULL) {
        assert_non_null(unknown);
        assert_int_equal(vars_set(vars, unknown, "x"), 0);
        free(unknown);
        unknown = NULL;
    }
    char *regex = with_stand_ins(text);
    free(text);
    bool known = false;
    for (size_t i = 0; i < set->count; i++)
        known = known || strcmp(pattern_regex(set->at[i]), regex) == 0;
    if (!known) {
        char why[256];
        assert_true(set->count < PATTERNS_MAX);
        struct pattern *p = pattern_compile(regex, why, sizeof why);
        if (p == NULL)
            fail_msg("%s: %s", regex, why);
        set->at[set->count++] = p;
    }
    free(regex);
}

// In the kernel's lines, or on the console?
static int is_in_kernel(const char *in) {
    return in != NULL && strcmp(in, "kernel") == 0;
}

static void fixture_add(struct fixture *f, struct vars *vars, const struct dialogue *d) {
    for (unsigned i = 0; i < d->deaths_count; i++)
        if (d->deaths[i].see != NULL)
            set_add(&f->sets[DEATH_CONSOLE + is_in_kernel(d->deaths[i].in)], vars,
                    d->deaths[i].see);
    for (unsigned i = 0; i < d->states_count; i++)
        for (unsigned k = 0; k < d->states[i].expect_count; k++)
            if (d->states[i].expect[k].see != NULL)
                set_add(&f->sets[CONSOLE + is_in_kernel(d->states[i].expect[k].in)], vars,
                        d->states[i].expect[k].see);
    for (unsigned i = 0; i < d->prompts_count; i++) {
        if (d->prompts[i].done != NULL)
            set_add(&f->sets[CONSOLE], vars, d->prompts[i].done);
        if (d->prompts[i].again != NULL)
            set_add(&f->sets[CONSOLE], vars, d->prompts[i].again);
    }
}

static int setup(void **state) {
    struct failure f;
    struct scripts *scripts = scripts_load(SOURCE_DIR "/scripts", &f);
    struct vars *vars = vars_new();
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (scripts == NULL || vars == NULL || fixture == NULL)
        abort();
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        (void)vars_set(vars, values[i][0], values[i][1]);
    for (unsigned i = 0; i < scripts_count(scripts); i++)
        fixture_add(fixture, vars, scripts_at(scripts, i));
    vars_free(vars);
    scripts_free(scripts);
    *state = fixture;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    for (int k = 0; k < PLACES; k++)
        for (size_t i = 0; i < f->sets[k].count; i++)
            pattern_free(f->sets[k].at[i]);
    free(f);
    return 0;
}

// ---- What a session comes to.

struct bytes {
    char *at;
    size_t size, room;
};

static void bytes_add(struct bytes *b, const char *at, size_t size) {
    if (b->room - b->size < size) {
        b->room = 2 * (b->size + size);
        b->at = realloc(b->at, b->room);
        assert_non_null(b->at);
    }
    memcpy(b->at + b->size, at, size);
    b->size += size;
}

static bool bytes_equal(const struct bytes *a, const struct bytes *b) {
    return a->size == b->size && (a->size == 0 || memcmp(a->at, b->at, a->size) == 0);
}

struct side {
    struct stream *stream;
    const struct set *set;
    struct bytes text;   // all of it
    struct bytes events; // pattern, begin and end of the match and of each group: offsets in text
};

struct session {
    struct side sides[PLACES];
    size_t matches;
};

static void session_add(struct session *s, int place, const char *text, size_t size) {
    for (int k = place; k < PLACES; k += DEATH_CONSOLE) {
        bytes_add(&s->sides[k].text, text, size);
        assert_int_equal(stream_append(s->sides[k].stream, text, size), 0);
    }
}

static void on_text(void *arg, const char *text, size_t size) {
    session_add(arg, CONSOLE, text, size);
}

static void on_kernel(void *arg, const char *text, size_t size) {
    session_add(arg, KERNEL, text, size);
}

static void event_add(struct side *s, int pattern) {
    size_t rest = 0, size = 0;
    (void)stream_rest(s->stream, &rest);
    const char *match = stream_group(s->stream, NULL, &size);
    size_t event[2 + 2 * 16] = {(size_t)pattern};
    size_t n = 1;
    const size_t begin = s->text.size - rest - size;
    event[n++] = begin;
    event[n++] = begin + size;
    for (size_t g = 0; pattern_group(s->set->at[pattern], g) != NULL; g++) {
        const char *group = stream_group(s->stream, pattern_group(s->set->at[pattern], g), &size);
        assert_true(n + 2 <= sizeof event / sizeof *event);
        event[n++] = group == NULL ? SIZE_MAX : begin + (size_t)(group - match);
        event[n++] = group == NULL ? SIZE_MAX : size;
    }
    bytes_add(&s->events, (const char *)event, n * sizeof *event);
}

static void session_look(struct session *s, bool final) {
    for (int k = 0; k < PLACES; k++)
        for (int i; (i = stream_find(s->sides[k].stream, final)) >= 0; s->matches++)
            event_add(&s->sides[k], i);
}

// A session in pieces of random length, or, with seed 0, in one. What was there before is emptied.
static void session_run(struct session *s, const struct fixture *f, const char *bytes, size_t size,
                        uint64_t seed) {
    s->matches = 0;
    for (int k = 0; k < PLACES; k++) {
        struct side *side = &s->sides[k];
        side->stream = stream_new(HISTORY, LIMIT);
        side->set = &f->sets[k];
        side->text.size = side->events.size = 0;
        assert_int_equal(stream_watch(side->stream, f->sets[k].at, f->sets[k].count), 0);
    }
    struct view *v = view_new(on_text, on_kernel, s);
    assert_non_null(v);
    view_traces(v, true);
    for (size_t done = 0; done < size;) {
        const size_t n = seed == 0 ? size : random_piece(&seed, size - done);
        view_feed(v, bytes + done, n);
        done += n;
        session_look(s, false);
    }
    view_end(v);
    session_look(s, true);
    view_free(v);
    for (int k = 0; k < PLACES; k++)
        stream_free(s->sides[k].stream);
}

static void session_free(struct session *s) {
    for (int k = 0; k < PLACES; k++) {
        free(s->sides[k].text.at);
        free(s->sides[k].events.at);
    }
}

// ---- Cutting.

static void test_cuts(void **state) {
    const struct fixture *f = *state;
    struct session whole = {0}, cut = {0};
    const uint64_t cuts = cuts_wanted(CUTS);
    print_message("patterns: %zu on the console, %zu of the death table there, %zu and %zu on "
                  "kernel lines; %ju ways of cutting each of %d sessions\n",
                  f->sets[CONSOLE].count, f->sets[DEATH_CONSOLE].count, f->sets[KERNEL].count,
                  f->sets[DEATH_KERNEL].count, (uintmax_t)cuts, RECORDINGS);
    assert_true(f->sets[CONSOLE].count > 30 && f->sets[DEATH_CONSOLE].count > 5);
    for (size_t i = 0; i < RECORDINGS; i++) {
        size_t size = 0;
        char *bytes = recording_read(i, &size);
        session_run(&whole, f, bytes, size, 0);
        assert_true(whole.matches > 50);
        for (uint64_t seed = 1; seed <= cuts; seed++) {
            session_run(&cut, f, bytes, size, seed);
            for (int k = 0; k < PLACES; k++) {
                if (!bytes_equal(&whole.sides[k].text, &cut.sides[k].text))
                    fail_msg("%s, seed %ju: another text", recordings[i], (uintmax_t)seed);
                if (!bytes_equal(&whole.sides[k].events, &cut.sides[k].events))
                    fail_msg("%s, seed %ju: other matches", recordings[i], (uintmax_t)seed);
            }
        }
        free(bytes);
    }
    session_free(&whole);
    session_free(&cut);
}

// ---- Inserting.

#define LONG_LINE                                                                                  \
    "[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz-virt console=ttyS0 debug_init single "  \
    "init=/bin/sh modules=loop,squashfs,sd-mod,usb-storage initrd=/boot/initramfs-virt\r\r\n"

// Kernel lines as they were recorded, among them one with a caller, several in a row and a long
// one; and what is to be seen of them.
static const char *const inserted[] = {
    "[   97.359271] reboot: Power down\r\r\n",
    "[   61.004711][    T1] Run /init as init process\r\r\n",
    "[    2.161519] ata2.00: ATAPI: QEMU DVD-ROM, 2.5+, max UDMA/100\r\n",
    "[   86.141563]  sda: sda1 sda2\r\r\n[   86.279686] Sun Nov 22 17:04:18 UTC 2026\r\r\n"
    "[   86.280001] e1000: [eth0] <6> up\r\r\n",
    LONG_LINE,
};
enum { INSERTED = sizeof inserted / sizeof *inserted };

// Whether `with` is `plain` with `line` (its CRs taken out) at the beginning of one of the lines.
static bool has_inserted(const struct bytes *with, const struct bytes *plain, const char *line) {
    char clean[512];
    size_t n = 0;
    for (; *line != '\0'; line++)
        if (*line != '\r')
            clean[n++] = *line;
    if (with->size != plain->size + n)
        return false;
    size_t same = 0;
    while (same < plain->size && with->at[same] == plain->at[same])
        same++;
    for (size_t p = same + 1; p-- > 0;)
        if ((p == 0 || plain->at[p - 1] == '\n') && memcmp(with->at + p, clean, n) == 0 &&
            (p == plain->size || memcmp(with->at + p + n, plain->at + p, plain->size - p) == 0))
            return true;
    return false;
}

// The offsets of a session at which a kernel line cannot be told from what stands there:
// - within a line that looks like the kernel's own, from behind its first byte to behind its LF:
// the
//   kernel writes no line into another, and a program's text of this shape (dmesg) is taken for
//   one.
// There are no others.
static bool is_exception(const bool *in_kernel, size_t at) {
    return at > 0 && in_kernel[at - 1] && in_kernel[at];
}

// Marks the bytes of lines that look like the kernel's, but not their first ones.
static void mark_kernel(const char *bytes, size_t size, bool *marks) {
    char why[256];
    struct pattern *head = pattern_compile("\\[(?: {4}\\d| {3}\\d{2}| {2}\\d{3}| \\d{4}|\\d{5,11})"
                                           "\\.\\d{6}\\](?:\\[[ \\w]{6,11}\\])? [^\\n]*\\n",
                                           why, sizeof why);
    assert_non_null(head);
    struct stream *s = stream_new(0, size + 1);
    assert_int_equal(stream_watch(s, &head, 1), 0);
    assert_int_equal(stream_append(s, bytes, size), 0);
    memset(marks, 0, (size + 1) * sizeof *marks);
    while (stream_find(s, false) >= 0) {
        size_t rest = 0, length = 0;
        (void)stream_rest(s, &rest);
        (void)stream_group(s, NULL, &length);
        for (size_t i = size - rest - length; i < size - rest; i++)
            marks[i] = true;
    }
    stream_free(s);
    pattern_free(head);
}

static void test_kernel_lines(void **state) {
    const struct fixture *f = *state;
    struct session plain = {0}, mixed = {0};
    const char *wanted = getenv("QEMU_GROW_STRIDE");
    size_t stride = wanted == NULL ? STRIDE : strtoul(wanted, NULL, 10);
    stride = stride > 0 ? stride : 1;
    size_t insertions = 0, exceptions = 0;
    for (size_t i = 0; i < RECORDINGS; i++) {
        size_t size = 0;
        char *bytes = recording_read(i, &size);
        bool *in_kernel = malloc(size + 1);
        char *with = malloc(size + 512);
        if (in_kernel == NULL || with == NULL)
            abort();
        mark_kernel(bytes, size, in_kernel);
        session_run(&plain, f, bytes, size, 0);
        for (size_t at = i * 7 % stride; at <= size; at += stride) {
            if (is_exception(in_kernel, at)) {
                exceptions++;
                continue;
            }
            const char *line = inserted[insertions++ % INSERTED];
            char *end = with;
            put(&end, bytes, at);
            put(&end, line, strlen(line));
            put(&end, bytes + at, size - at);
            session_run(&mixed, f, with, size + strlen(line), 0);
            for (int k = CONSOLE; k < PLACES; k += DEATH_CONSOLE)
                if (!bytes_equal(&plain.sides[k].text, &mixed.sides[k].text) ||
                    !bytes_equal(&plain.sides[k].events, &mixed.sides[k].events))
                    fail_msg("%s, offset %zu, %s", recordings[i], at, line);
            // None of the lines inserted tells of death.
            if (plain.sides[DEATH_KERNEL].events.size != mixed.sides[DEATH_KERNEL].events.size)
                fail_msg("%s, offset %zu: death by %s", recordings[i], at, line);
            if (!has_inserted(&mixed.sides[KERNEL].text, &plain.sides[KERNEL].text, line))
                fail_msg("%s, offset %zu: not lifted: %s", recordings[i], at, line);
        }
        free(with);
        free(in_kernel);
        free(bytes);
    }
    print_message("%zu insertions; %zu offsets left out, within kernel lines\n", insertions,
                  exceptions);
    assert_true(insertions > exceptions / 2);
    session_free(&plain);
    session_free(&mixed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_kernel_lines),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
