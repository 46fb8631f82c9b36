// The command line and the environment: every option, every mistake.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "options/nearest.h"
#include "options/options.h"
#include "options/print.h"
#include "options/table.h"

enum { ARGV_MAX = 16 };

static const char *const variables[] = {"QEMU", "QEMU_IMG", "QEMUFLAGS", "NO_COLOR",
                                        "POSIXLY_CORRECT"};

static int clear_environment(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        assert_int_equal(unsetenv(variables[i]), 0);
    return 0;
}

static int parse_list(struct options *o, struct failure *f, const char *const *list) {
    static char name[] = "qemu-grow";
    char *argv[ARGV_MAX + 2] = {name};
    int argc = 1;
    for (; argc <= ARGV_MAX && list[argc - 1] != NULL; argc++)
        memcpy(&argv[argc], &list[argc - 1], sizeof argv[argc]); // not written to
    memset(f, 0, sizeof *f);
    return options_parse(o, argc, argv, f);
}

#define PARSE(o, f, ...) parse_list((o), (f), (const char *const[]){__VA_ARGS__, NULL})

static void test_defaults(void **state) {
    (void)state;
    struct options o;
    struct failure f;
    assert_int_equal(PARSE(&o, &f, "my disk.img", "8G"), 0);
    assert_int_equal(o.action, ACTION_GROW);
    assert_string_equal(o.disk, "my disk.img");
    assert_string_equal(o.size, "8G");
    assert_int_equal(o.attach, ATTACH_HDA);
    assert_int_equal(o.seq, MOMENT_LOGIN);
    assert_int_equal(o.log, MOMENT_NO);
    assert_int_equal(o.plug, PLUG_LATE);
    assert_false(o.plug_given);
    assert_int_equal(o.plug_by, PLUG_BY_DEVICE);
    assert_false(o.plug_by_given);
    assert_false(o.debug_init || o.console || o.kmsg_mark || o.dmesg || o.verbose_services);
    assert_null(o.append);
    assert_null(o.iso);
    assert_null(o.sha256);
    assert_false(o.plan_only || o.json);
    assert_null(o.mirror);
    assert_null(o.isos);
    assert_int_equal(o.trust, TRUST_SIGNED);
    assert_false(o.trust_given || o.offline || o.no_cache || o.allow_http);
    assert_int_equal(o.memory_mib, 192);
    assert_true(o.timeout_scale == 1);
    assert_int_equal(o.max_time_s, 0);
    assert_null(o.accel);
    assert_string_equal(o.qemu, "qemu-system-x86_64");
    assert_string_equal(o.qemu_img, "qemu-img");
    assert_null(o.format);
    assert_null(o.scripts);
    assert_null(o.transcript);
    assert_null(o.mdev_log);
    assert_int_equal(o.verbosity, 0);
    assert_int_equal(o.colour, COLOUR_AUTO);
    assert_non_null(o.qemu_args);
    assert_null(o.qemu_args[0]);
    options_free(&o);
    options_free(&o); // harmless
}

// Every row that takes no action: what it changes in struct options, and nothing else.
static void test_every_option(void **state) {
    (void)state;
    struct options plain;
    struct failure f;
    assert_int_equal(PARSE(&plain, &f, "d", "8G"), 0);
    options_free(&plain);
    size_t seen = 0;
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        const char *value = row->kind == KIND_MIB        ? "4096"
                            : row->kind == KIND_FACTOR   ? "2.5"
                            : row->kind == KIND_DURATION ? "15m"
                            : row->kind == KIND_WORD
                                ? row->words[row->words[1] != NULL && row->words[2] == NULL]
                            : row->kind == KIND_TEXT || row->kind == KIND_LIST ? "a b,c"
                            : row->kind == KIND_KERNEL                         ? "quiet x=y"
                                                                               : NULL;
        if (row->kind == KIND_ACTION || row->kind == KIND_PRINT || row->kind == KIND_DEED ||
            strcmp(row->name, "speed") == 0 || strcmp(row->name, "step") == 0 ||
            strcmp(row->name, "cut") == 0) // these belong to a deed
            continue;
        seen++;
        char one[64];
        char name[64];
        (void)snprintf(name, sizeof name, "--%s", row->name);
        (void)snprintf(one, sizeof one, "--%s=%s", row->name, value == NULL ? "" : value);
        struct options a, b;
        const char *plan = row->field == offsetof(struct options, runbook) ? "-v" : "--plan";
        if (value == NULL) {
            assert_int_equal(PARSE(&a, &f, plan, "--attach=usb", "--log=init", name, "d", "8G"), 0);
            assert_int_equal(PARSE(&b, &f, "d", plan, "--attach=usb", "--log=init", "8G", name), 0);
        } else {
            assert_int_equal(PARSE(&a, &f, plan, "--attach=usb", "--log=init", one, "d", "8G"), 0);
            assert_int_equal(
                PARSE(&b, &f, "d", plan, "--attach=usb", "--log=init", "8G", name, value), 0);
        }
        const void *x = (char *)&a + row->field;
        const void *y = (char *)&b + row->field;
        const void *before = (char *)&plain + row->field;
        switch (row->kind) {
        case KIND_FLAG:
            assert_true(*(const bool *)x && *(const bool *)y && !*(const bool *)before);
            break;
        case KIND_VERBOSITY:
            assert_int_equal(*(const int *)x, row->value);
            assert_int_equal(*(const int *)y, row->value);
            break;
        case KIND_WORD:
            assert_string_equal(row->words[*(const unsigned *)x], value);
            assert_string_equal(row->words[*(const unsigned *)y], value);
            break;
        case KIND_FACTOR:
            assert_true(*(const double *)x == 2.5 && *(const double *)y == 2.5);
            break;
        case KIND_DURATION:
            assert_int_equal(*(const unsigned *)x, 900);
            assert_int_equal(*(const unsigned *)y, 900);
            break;
        case KIND_MIB:
            assert_int_equal(*(const unsigned *)x, 4096);
            assert_int_equal(*(const unsigned *)y, 4096);
            break;
        case KIND_LIST:
            assert_int_equal(((const struct option_list *)x)->count, 1);
            assert_string_equal(((const struct option_list *)y)->at[0], value);
            assert_int_equal(((const struct option_list *)before)->count, 0);
            break;
        default:
            assert_string_equal(*(const char *const *)x, value);
            assert_string_equal(*(const char *const *)y, value);
            break;
        }
        if (row->given != 0)
            assert_true(*((const char *)&a + row->given) && !*((const char *)&plain + row->given));
        assert_string_equal(a.disk, "d");
        assert_string_equal(b.disk, "d");
        assert_string_equal(a.size, "8G");
        assert_string_equal(b.size, "8G");
        options_free(&a);
        options_free(&b);
    }
    assert_true(seen > 20);
}

static void test_numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } factors[] = {{"1", 1},    {"0.001", 0.001}, {"1000", 1000},
                   {".5", 0.5}, {"2.", 2},        {"12.25", 12.25}};
    static const struct {
        const char *text;
        unsigned seconds;
    } times[] = {{"90", 90},   {"90s", 90},      {"15m", 900},
                 {"2h", 7200}, {"30d", 2592000}, {"2592000", 2592000}};
    struct options o;
    struct failure f;
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        assert_int_equal(PARSE(&o, &f, "d", "8G", "--timeout-scale", factors[i].text), 0);
        assert_true(o.timeout_scale > factors[i].value * 0.999999 &&
                    o.timeout_scale < factors[i].value * 1.000001);
        options_free(&o);
    }
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        assert_int_equal(PARSE(&o, &f, "d", "8G", "--max-time", times[i].text), 0);
        assert_int_equal(o.max_time_s, times[i].seconds);
        options_free(&o);
    }
}

static void test_every_word(void **state) {
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->kind != KIND_WORD)
            continue;
        for (unsigned word = 0; row->words[word] != NULL; word++) {
            char lower[64];
            char upper[64];
            (void)snprintf(lower, sizeof lower, "--%s=%s", row->name, row->words[word]);
            (void)snprintf(upper, sizeof upper, "%s", lower);
            for (char *c = strchr(upper, '=') + 1; *c != '\0'; c++)
                *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
            struct options o;
            struct failure f;
            assert_int_equal(PARSE(&o, &f, "d", "8G", "--attach=usb", lower), 0);
            assert_int_equal(*(unsigned *)((char *)&o + row->field), word);
            options_free(&o);
            assert_int_equal(PARSE(&o, &f, "d", "8G", "--attach=usb", upper), 0);
            assert_int_equal(*(unsigned *)((char *)&o + row->field), word);
            options_free(&o);
        }
    }
}

static void test_48_combinations(void **state) {
    (void)state;
    int seen = 0;
    for (unsigned attach = 0; attach_words[attach] != NULL; attach++)
        for (unsigned seq = 0; moment_words[seq] != NULL; seq++)
            for (unsigned log = 0; moment_words[log] != NULL; log++) {
                struct options o;
                struct failure f;
                assert_int_equal(PARSE(&o, &f, "--attach", attach_words[attach], "--seq",
                                       moment_words[seq], "--log", moment_words[log], "d", "+1M"),
                                 0);
                assert_int_equal(o.attach, attach);
                assert_int_equal(o.seq, seq);
                assert_int_equal(o.log, log);
                options_free(&o);
                seen++;
            }
    assert_int_equal(seen, 48);
}

static void test_short_and_shortened(void **state) {
    (void)state;
    struct options o;
    struct failure f;
    assert_int_equal(PARSE(&o, &f, "-m256", "-qfqcow2", "d", "-v", "8G"), 0);
    assert_int_equal(o.memory_mib, 256);
    assert_string_equal(o.format, "qcow2");
    assert_int_equal(o.verbosity, 1); // the last of -q and -v
    options_free(&o);
    assert_int_equal(PARSE(&o, &f, "-v", "--quiet", "--mem", "64", "d", "8G"), 0);
    assert_int_equal(o.memory_mib, 64);
    assert_int_equal(o.verbosity, -1);
    options_free(&o);
    assert_int_equal(PARSE(&o, &f, "--append=", "--iso", "", "d", "8G"), -1);
    assert_int_equal(PARSE(&o, &f, "--append=a", "--append=", "d", "8G"), 0);
    assert_null(o.append);
    options_free(&o);
}

static void test_actions(void **state) {
    (void)state;
    static const struct {
        const char *args[4];
        enum action action;
        const char *what;
    } rows[] = {
        {{"--help", "--nonsense"}, ACTION_HELP, NULL},
        {{"-h"}, ACTION_HELP, NULL},
        {{"d", "--help"}, ACTION_HELP, NULL},
        {{"--version", "--attach=foo"}, ACTION_VERSION, NULL},
        {{"-V"}, ACTION_VERSION, NULL},
        {{"--check-scripts"}, ACTION_CHECK_SCRIPTS, NULL},
        {{"--check-scripts", "--scripts=dir", "-v"}, ACTION_CHECK_SCRIPTS, NULL},
        {{"--print=man"}, ACTION_MAN, "man"},
        {{"--print=bash"}, ACTION_COMPLETION, "bash"},
        {{"--print=zsh"}, ACTION_COMPLETION, "zsh"},
        {{"--print", "fish"}, ACTION_COMPLETION, "fish"},
        {{"--print=readme"}, ACTION_README, "readme"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options o;
        struct failure f;
        assert_int_equal(parse_list(&o, &f, rows[i].args), 0);
        assert_int_equal(o.action, rows[i].action);
        if (rows[i].what != NULL)
            assert_string_equal(o.print_what, rows[i].what);
        options_free(&o);
    }
}

// DISK, SIZE and QEMU's arguments around `--`.
static void test_dashes(void **state) {
    (void)state;
    static const struct {
        const char *args[8];
        const char *disk, *size, *qemu[3];
    } rows[] = {
        {{"d", "8G", "--", "-smp", "2"}, "d", "8G", {"-smp", "2"}},
        {{"d", "8G", "--"}, "d", "8G", {NULL}},
        {{"d", "8G", "--", "--", "x"}, "d", "8G", {"--", "x"}},
        {{"--", "-disk.img", "8G"}, "-disk.img", "8G", {NULL}},
        {{"--", "-disk.img", "8G", "--", "-smp", "2"}, "-disk.img", "8G", {"-smp", "2"}},
        {{"d", "--", "-8G", "--", "-s"}, "d", "-8G", {"-s"}},
        {{"d", "-v", "+512M"}, "d", "+512M", {NULL}},
        {{"a,b=c 'é", "8G"}, "a,b=c 'é", "8G", {NULL}},
        {{"-", "8G"}, "-", "8G", {NULL}},
        {{"--qemu", "--", "d", "8G"}, "d", "8G", {NULL}}, // the value of --qemu
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options o;
        struct failure f;
        assert_int_equal(parse_list(&o, &f, rows[i].args), 0);
        assert_string_equal(o.disk, rows[i].disk);
        assert_string_equal(o.size, rows[i].size);
        size_t n = 0;
        for (; rows[i].qemu[n] != NULL; n++) {
            assert_non_null(o.qemu_args[n]);
            assert_string_equal(o.qemu_args[n], rows[i].qemu[n]);
        }
        assert_null(o.qemu_args[n]);
        options_free(&o);
    }
}

static void test_environment(void **state) {
    (void)state;
    struct options o;
    struct failure f;
    (void)setenv("QEMU", "/opt/my qemu", 1);
    (void)setenv("QEMU_IMG", "", 1); // as if it were not there
    (void)setenv("QEMUFLAGS", " \t-accel  tcg,thread=single\n'a b' ", 1);
    (void)setenv("NO_COLOR", "1", 1);
    (void)setenv("POSIXLY_CORRECT", "1", 1); // does not turn options after DISK into operands
    assert_int_equal(PARSE(&o, &f, "d", "8G", "-v", "--", "-s"), 0);
    assert_string_equal(o.qemu, "/opt/my qemu");
    assert_string_equal(o.qemu_img, "qemu-img");
    assert_int_equal(o.colour, COLOUR_NEVER);
    assert_int_equal(o.verbosity, 1);
    static const char *const expected[] = {"-accel", "tcg,thread=single", "'a", "b'", "-s"};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(o.qemu_args[i], expected[i]);
    assert_null(o.qemu_args[5]);
    options_free(&o);
    assert_int_equal(PARSE(&o, &f, "--color=always", "--qemu=q", "--qemu-img=i", "d", "8G"), 0);
    assert_string_equal(o.qemu, "q");
    assert_string_equal(o.qemu_img, "i");
    assert_int_equal(o.colour, COLOUR_ALWAYS);
    options_free(&o);
    (void)setenv("NO_COLOR", "", 1);
    (void)setenv("QEMUFLAGS", "x", 1);
    assert_int_equal(PARSE(&o, &f, "d", "8G"), 0);
    assert_int_equal(o.colour, COLOUR_AUTO);
    assert_string_equal(o.qemu_args[0], "x");
    assert_null(o.qemu_args[1]);
    options_free(&o);
}

static void test_mistakes(void **state) {
    (void)state;
    static const char see[] = "see qemu-grow --help";
    static const struct {
        const char *args[8];
        const char *what, *next;
    } rows[] = {
        {{NULL}, "DISK and SIZE are missing", "call it as qemu-grow [OPTIONS] DISK SIZE"},
        {{"-v"}, "DISK and SIZE are missing", "call it as qemu-grow [OPTIONS] DISK SIZE"},
        {{"d"},
         "SIZE is missing after DISK 'd'",
         "say how large it shall be, such as 8G, or by how much, such as +512M"},
        {{"--", "d", "--", "8G"},
         "SIZE is missing after DISK 'd'",
         "say how large it shall be, such as 8G, or by how much, such as +512M"},
        {{"", "8G"}, "DISK is empty", see},
        {{"d", ""}, "SIZE is empty", see},
        {{"my", "disk.img", "8G"},
         "'8G' is one argument more than DISK and SIZE",
         "quote a DISK that has blanks, and put arguments for QEMU after --"},
        {{"--", "d", "8G", "-smp"},
         "'-smp' is one argument more than DISK and SIZE",
         "quote a DISK that has blanks, and put arguments for QEMU after --"},
        {{"--atach=usb", "d", "8G"}, "unknown option '--atach=usb'", "perhaps --attach is meant"},
        {{"--sqe", "no", "d", "8G"}, "unknown option '--sqe'", "perhaps --seq is meant"},
        {{"-attach=usb", "d", "8G"}, "unknown option '-attach=usb'", "perhaps --attach is meant"},
        {{"--colour=never", "d", "8G"},
         "unknown option '--colour=never'",
         "perhaps --color is meant"},
        {{"--frobnicate", "d", "8G"}, "unknown option '--frobnicate'", see},
        {{"-x", "d", "8G"}, "unknown option '-x'", see},
        {{"-\xc3\xa9", "d", "8G"}, "unknown option '-\xc3\xa9'", see},
        {{"-qx", "d", "8G"}, "unknown option '-qx'", see},
        {{"d", "-512M"},
         "unknown option '-512M'",
         "write SIZE without a minus: a disk is never made smaller"},
        {{"--d", "d", "8G"}, "option '--d' can mean more than one", see},
        {{"--ver", "d", "8G"}, "option '--ver' can mean more than one", see},
        {{"--quiet=1", "d", "8G"}, "--quiet takes no value", see},
        {{"d", "8G", "--attach"}, "--attach needs a value: hda|virtio|usb", see},
        {{"d", "8G", "-m"}, "--memory needs a value: MiB", see},
        {{"--attach=vritio", "d", "8G"},
         "--attach takes hda, virtio or usb, not 'vritio'",
         "perhaps --attach=virtio is meant"},
        {{"--attach=floppy", "d", "8G"}, "--attach takes hda, virtio or usb, not 'floppy'", see},
        {{"--seq=", "d", "8G"}, "--seq takes single, init, login or no, not ''", see},
        {{"--plug-by=drives", "d", "8G"},
         "--plug-by takes device or drive, not 'drives'",
         "perhaps --plug-by=drive is meant"},
        {{"--iso=", "d", "8G"}, "--iso has an empty value", see},
        {{"--memory=63", "d", "8G"},
         "--memory takes a number of MiB from 64 to 1048576, not '63'",
         see},
        {{"--memory=1048577", "d", "8G"},
         "--memory takes a number of MiB from 64 to 1048576, not '1048577'",
         see},
        {{"--memory=99999999999999999999", "d", "8G"},
         "--memory takes a number of MiB from 64 to 1048576, not '99999999999999999999'",
         see},
        {{"--memory=192M", "d", "8G"},
         "--memory takes a number of MiB from 64 to 1048576, not '192M'",
         see},
        {{"--memory= 192", "d", "8G"},
         "--memory takes a number of MiB from 64 to 1048576, not ' 192'",
         see},
        {{"--memory=-1", "d", "8G"},
         "--memory takes a number of MiB from 64 to 1048576, not '-1'",
         see},
        {{"--memory=", "d", "8G"},
         "--memory takes a number of MiB from 64 to 1048576, not ''",
         see},
        {{"--timeout-scale=0", "d", "8G"},
         "--timeout-scale takes a number from 0.001 to 1000, such as 2 or 0.5, not '0'",
         see},
        {{"--timeout-scale=1.2.3", "d", "8G"},
         "--timeout-scale takes a number from 0.001 to 1000, such as 2 or 0.5, not '1.2.3'",
         see},
        {{"--timeout-scale=1001", "d", "8G"},
         "--timeout-scale takes a number from 0.001 to 1000, such as 2 or 0.5, not '1001'",
         see},
        {{"--timeout-scale=-1", "d", "8G"},
         "--timeout-scale takes a number from 0.001 to 1000, such as 2 or 0.5, not '-1'",
         see},
        {{"--timeout-scale=", "d", "8G"},
         "--timeout-scale takes a number from 0.001 to 1000, such as 2 or 0.5, not ''",
         see},
        {{"--max-time=0", "d", "8G"},
         "--max-time takes a time such as 90, 15m or 2h, at most 30d, not '0'",
         see},
        {{"--max-time=h", "d", "8G"},
         "--max-time takes a time such as 90, 15m or 2h, at most 30d, not 'h'",
         see},
        {{"--max-time=1h30m", "d", "8G"},
         "--max-time takes a time such as 90, 15m or 2h, at most 30d, not '1h30m'",
         see},
        {{"--max-time=31d", "d", "8G"},
         "--max-time takes a time such as 90, 15m or 2h, at most 30d, not '31d'",
         see},
        {{"--max-time=99999999999999999999", "d", "8G"},
         "--max-time takes a time such as 90, 15m or 2h, at most 30d, not '99999999999999999999'",
         see},
        {{"--append=a\nb", "d", "8G"},
         "--append has a byte (0x0a) that cannot be typed at the boot loader's prompt",
         "use letters, digits, signs and blanks only"},
        {{"--append=\xc3\xa9", "d", "8G"},
         "--append has a byte (0xc3) that cannot be typed at the boot loader's prompt",
         "use letters, digits, signs and blanks only"},
        {{"--append=\x7f", "d", "8G"},
         "--append has a byte (0x7f) that cannot be typed at the boot loader's prompt",
         "use letters, digits, signs and blanks only"},
        {{"--plug=boot", "d", "8G"},
         "--plug has a meaning only for a USB disk",
         "add --attach=usb, or leave it out"},
        {{"--plug=late", "--attach=virtio", "d", "8G"},
         "--plug has a meaning only for a USB disk",
         "add --attach=usb, or leave it out"},
        {{"--plug-by=drive", "d", "8G"},
         "--plug-by has a meaning only for a USB disk",
         "add --attach=usb, or leave it out"},
        {{"--mdev-log=f", "d", "8G"},
         "--mdev-log has no log to keep while --log is no",
         "say when to begin, such as --log=login, or leave it out"},
        {{"--json", "d", "8G"},
         "--json has a meaning only with --plan",
         "add --plan, or leave it out"},
        {{"--plan", "--fetch"}, "--plan and --fetch exclude each other", "leave one of them out"},
        {{"--plan", "--runbook=md", "d", "8G"},
         "--runbook and --plan exclude each other",
         "leave one of them out"},
        {{"--runbook=md", "--recover", "d"},
         "--runbook and --recover exclude each other",
         "leave one of them out"},
        {{"--check-scripts", "d"},
         "--check-scripts takes no DISK, and 'd' is given",
         "leave it out"},
        {{"--check-scripts", "--", "d"},
         "--check-scripts takes no DISK, and 'd' is given",
         "leave it out"},
        {{"--print=pdf"}, "--print takes man, bash, zsh, fish or readme, not 'pdf'", see},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options o;
        struct failure f;
        assert_int_equal(parse_list(&o, &f, rows[i].args), -1);
        assert_int_equal(f.id, EXIT_ID_USAGE);
        assert_string_equal(f.what, rows[i].what);
        assert_string_equal(f.next, rows[i].next);
        assert_null(o.qemu_args);
    }
}

static void test_append_length(void **state) {
    (void)state;
    char text[sizeof "--append=" + APPEND_MAX + 1] = "--append=";
    memset(text + 9, 'x', APPEND_MAX);
    struct options o;
    struct failure f;
    assert_int_equal(PARSE(&o, &f, text, "d", "8G"), 0);
    assert_int_equal(strlen(o.append), APPEND_MAX);
    options_free(&o);
    text[9 + APPEND_MAX] = 'x';
    text[10 + APPEND_MAX] = '\0';
    assert_int_equal(PARSE(&o, &f, text, "d", "8G"), -1);
    assert_string_equal(f.what,
                        "--append has 201 bytes, and the boot loader's line has room for 200");
}

static void test_no_argv(void **state) {
    (void)state;
    struct options o;
    struct failure f;
    char *argv[] = {NULL};
    assert_int_equal(options_parse(&o, 0, argv, &f), -1);
    assert_int_equal(f.id, EXIT_ID_USAGE);
}

// The table against itself: names and letters are unique, every value can be named.
static void test_table(void **state) {
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        assert_true(row->help != NULL && row->more != NULL);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(row->name, option_rows[j].name);
            assert_true(row->letter == 0 || row->letter != option_rows[j].letter);
        }
        if (option_has_value(row))
            assert_true(row->argument != NULL || row->words != NULL);
        if (row->env_word != NULL)
            assert_int_equal(row->kind, KIND_WORD);
    }
}

static void test_nearest(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"abc", "", 3},
        {"usb", "USB", 0},
        {"sub", "usb", 1},
        {"vritio", "virtio", 1},
        {"virti", "virtio", 1},
        {"kitten", "sitting", 3},
        {"ca", "abc", 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(nearest_distance(rows[i].a, strlen(rows[i].a), rows[i].b),
                         rows[i].distance);
    static const char longer[] = "0123456789012345678901234567890123";
    assert_true(nearest_distance(longer, strlen(longer), "a") == SIZE_MAX);
    assert_false(nearest_is_like(longer, strlen(longer), longer));
    assert_true(nearest_is_like("on", 2, "no"));
    assert_false(nearest_is_like("floppy", 6, "hda"));
}

static void test_iso(void **state) {
    (void)state;
    struct options o;
    struct failure f;
    assert_int_equal(PARSE(&o, &f, "--iso=latest", "--trust=Checksum", "--sha256", "00",
                           "--offline", "--mirror=https://m/", "--isos=dir", "--no-cache",
                           "--allow-http", "d", "8G"),
                     0);
    assert_string_equal(o.iso, "latest");
    assert_int_equal(o.trust, TRUST_CHECKSUM);
    assert_true(o.trust_given && o.offline && o.no_cache && o.allow_http);
    assert_string_equal(o.sha256, "00");
    assert_string_equal(o.mirror, "https://m/");
    assert_string_equal(o.isos, "dir");
    options_free(&o);
    static const struct {
        const char *option;
        enum action action;
    } actions[] = {{"--fetch", ACTION_FETCH},
                   {"--list-isos", ACTION_LIST_ISOS},
                   {"--clear-cache", ACTION_CLEAR_CACHE}};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        assert_int_equal(PARSE(&o, &f, actions[i].option, "--iso=3.20", "-q"), 0);
        assert_int_equal(o.action, actions[i].action);
        assert_string_equal(o.iso, "3.20"); // what follows is read, too
        options_free(&o);
        assert_int_equal(PARSE(&o, &f, actions[i].option, "d"), -1);
        assert_int_equal(f.id, EXIT_ID_USAGE);
        assert_non_null(strstr(f.what, actions[i].option));
    }
    assert_int_equal(PARSE(&o, &f, "--fetch", "--no-cache"), -1);
    assert_int_equal(f.id, EXIT_ID_USAGE);
    assert_int_equal(PARSE(&o, &f, "--trust=sined", "d", "8G"), -1);
    assert_string_equal(f.next, "perhaps --trust=signed is meant");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_defaults, clear_environment),
        cmocka_unit_test_setup(test_every_option, clear_environment),
        cmocka_unit_test_setup(test_numbers, clear_environment),
        cmocka_unit_test_setup(test_every_word, clear_environment),
        cmocka_unit_test_setup(test_48_combinations, clear_environment),
        cmocka_unit_test_setup(test_short_and_shortened, clear_environment),
        cmocka_unit_test_setup(test_actions, clear_environment),
        cmocka_unit_test_setup(test_dashes, clear_environment),
        cmocka_unit_test_setup_teardown(test_environment, clear_environment, clear_environment),
        cmocka_unit_test_setup(test_mistakes, clear_environment),
        cmocka_unit_test_setup(test_append_length, clear_environment),
        cmocka_unit_test_setup(test_no_argv, clear_environment),
        cmocka_unit_test(test_iso),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
