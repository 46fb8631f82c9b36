// QEMU's command line: as the runbook has it, and as a real QEMU understands it, odd names
// included.
#include <ctype.h>

#include "guest/command.h"
#include "workspace.h"

static struct options options_for(enum attach attach) {
    static char *no_args[] = {NULL};
    return (struct options){
        .attach = attach,
        .plug_by = PLUG_BY_DEVICE,
        .iso = "alpine.iso",
        .memory_mib = 192,
        .qemu = "qemu-system-x86_64",
        .qemu_args = no_args,
    };
}

static struct plan plan_for(const char *disk, const char *format) {
    return (struct plan){.disk = (char *)disk, .format = (char *)format};
}

// All arguments but the first, with | between them.
static char *joined(char **argv) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (int i = 1; argv[i] != NULL; i++)
        (void)fprintf(out, "%s%s", i == 1 ? "" : "|", argv[i]);
    (void)fclose(out);
    return text;
}

static void expect_args(const struct options *o, const struct plan *p, const char *expected) {
    struct qemu_command c;
    struct failure f = {0};
    if (qemu_command_make(&c, o, p, "QG0123456789abcd", &f) != 0)
        fail_msg("%s", f.what);
    assert_string_equal(c.argv[0], o->qemu);
    char *args = joined(c.argv);
    assert_string_equal(args, expected);
    free(args);
    qemu_command_free(&c);
}

static void test_attach(void **state) {
    char expected[WORKSPACE_COMMAND_MAX];
    const char *folder = *state;
    sh_do(": >alpine.iso");
    static const struct {
        enum attach attach;
        enum plug_by plug_by;
        const char *args;
    } rows[] = {
        {ATTACH_HDA, PLUG_BY_DEVICE,
         "-boot|order=d|-drive|if=none,id=disk0,file=/a,,b/d i.img,format=qcow2|"
         "-device|ide-hd,drive=disk0,bus=ide.0,unit=0,serial=QG0123456789abcd"},
        {ATTACH_VIRTIO, PLUG_BY_DEVICE,
         "-boot|order=d|-drive|if=none,id=disk0,file=/a,,b/d i.img,format=qcow2|"
         "-device|virtio-blk-pci,drive=disk0,serial=QG0123456789abcd"},
        {ATTACH_USB, PLUG_BY_DEVICE,
         "-drive|node-name=mydisk,file=/a,,b/d i.img,format=qcow2,if=none|-usb"},
        {ATTACH_USB, PLUG_BY_DRIVE, "-usb"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options o = options_for(rows[i].attach);
        struct plan p = plan_for("/a,b/d i.img", "qcow2");
        o.plug_by = rows[i].plug_by;
        (void)snprintf(expected, sizeof expected,
                       "%s|-m|192|-cdrom|%s/alpine.iso|-nographic|-nic|none|-no-reboot",
                       rows[i].args, folder);
        expect_args(&o, &p, expected);
        char *args[] = {"-cpu", "max", NULL};
        o.qemu_args = args; // last, so that the user has the last word
        o.accel = "tcg,thread=single";
        o.memory_mib = 256;
        (void)snprintf(expected, sizeof expected,
                       "%s|-m|256|-cdrom|%s/alpine.iso|-nographic|-nic|none|-no-reboot|"
                       "-accel|tcg,thread=single|-cpu|max",
                       rows[i].args, folder);
        expect_args(&o, &p, expected);
    }
}

static void test_iso(void **state) {
    (void)state;
    struct plan p = plan_for("/disk", "raw");
    struct qemu_command c;
    struct failure f = {0};
    struct options o = options_for(ATTACH_HDA);
    sh_do("rm -rf isos && mkdir isos");
    static const char *const bad[] = {NULL, "isos", "isos/none.iso", "/dev/null", ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        o.iso = bad[i];
        assert_int_equal(qemu_command_make(&c, &o, &p, "S", &f), -1);
        assert_id(&f, EXIT_ID_ISO_UNREADABLE);
        assert_null(c.argv);
    }
}

static void test_quote(void **state) {
    (void)state;
    static const struct {
        const char *text, *quoted;
    } rows[] = {
        {"", "\"\""},           {"a b", "\"a b\""},           {"a\"b", "\"a\\\"b\""},
        {"a\\b", "\"a\\\\b\""}, {"a\nb", "\"a\\nb\""},        {"a\\n", "\"a\\\\n\""},
        {"'$`", "\"'$`\""},     {"\xc3\xbc", "\"\xc3\xbc\""}, {"\xff", "\"\xff\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct failure f = {0};
        char *quoted = monitor_quote(rows[i].text, &f);
        assert_string_equal(quoted, rows[i].quoted);
        free(quoted);
    }
    static const char *const untypable[] = {"a\tb", "\x01", "\x1b[A", "\x7f", "\xc4\x9b", "\r"};
    for (size_t i = 0; i < sizeof untypable / sizeof untypable[0]; i++) {
        struct failure f = {0};
        assert_null(monitor_quote(untypable[i], &f));
        assert_id(&f, EXIT_ID_USAGE);
        assert_string_not_equal(f.next, "");
    }
}

static void test_long_path(void **state) {
    (void)state;
    sh_do(": >alpine.iso");
    char path[4090];
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    struct options o = options_for(ATTACH_USB);
    struct plan p = plan_for(path, "raw");
    struct qemu_command c;
    struct failure f = {0};
    assert_int_equal(qemu_command_make(&c, &o, &p, "S", &f), 0);
    qemu_command_free(&c);
    o.plug_by = PLUG_BY_DRIVE;
    assert_int_equal(qemu_command_make(&c, &o, &p, "S", &f), -1);
    assert_id(&f, EXIT_ID_USAGE);
}

static void test_serial(void **state) {
    (void)state;
    char one[COMMAND_SERIAL_SIZE];
    char two[COMMAND_SERIAL_SIZE];
    struct failure f = {0};
    assert_int_equal(qemu_serial(one, &f), 0);
    assert_int_equal(qemu_serial(two, &f), 0);
    assert_int_equal(strlen(one), 16);
    assert_int_equal(strncmp(one, "QG", 2), 0);
    for (int i = 2; i < 16; i++)
        assert_true(isxdigit((unsigned char)one[i]));
    assert_string_not_equal(one, two);
}

// A real QEMU, started with our arguments and stopped before its first instruction, is asked by its
// monitor what it has made of them. Returns what it said.
static char *ask_qemu(const struct qemu_command *c, const char *commands) {
    FILE *out = fopen("commands", "w");
    (void)fputs(commands, out);
    (void)fputs("info block -n\ninfo block -v\ninfo qtree\nquit\n", out);
    (void)fclose(out);
    int count = 0;
    while (c->argv[count] != NULL)
        count++;
    static char *const before[] = {"sh", "-c", "exec \"$@\" <commands 2>&1", "sh", NULL};
    // -nographic would put the serial port and the monitor on one line; here only the monitor
    // speaks.
    static char *const after[] = {"-S",    "-serial", "none", "-monitor",
                                  "stdio", "-accel",  "tcg",  NULL};
    char **argv = calloc((size_t)count + 16, sizeof *argv);
    int n = 0;
    for (int i = 0; before[i] != NULL; i++)
        argv[n++] = before[i];
    for (int i = 0; i < count; i++)
        argv[n++] = c->argv[i];
    for (int i = 0; after[i] != NULL; i++)
        argv[n++] = after[i];
    struct run_result r;
    struct failure f = {0};
    if (run_program(&r, argv, -1, &f) != 0)
        fail_msg("%s", f.what);
    free(argv);
    if (!run_ok(&r))
        fail_msg("QEMU failed: %s", r.out);
    char *text = r.out;
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) // the monitor ends lines with CR LF
        if (*from != '\r')
            *to++ = *from;
    *to = '\0';
    r.out = NULL;
    run_free(&r);
    return text;
}

static void assert_has(const char *text, const char *words) {
    if (strstr(text, words) == NULL)
        fail_msg("\"%s\" is not in: %s", words, text);
}

static void test_real_qemu(void **state) {
    const char *folder = *state;
    static const char *const names[] = {
        "plain",
        "a b",
        "q\"uote",
        "apo'strophe",
        "c,omma",
        "c,,ommas",
        ",lead",
        "co:lon",
        "e=q",
        "-dash",
        "new\nline",
        "\xc3\xbc\xe6\x97\xa5",
        "back\\slash",
        "b\\n",
        "?#%",
        "x\\",
        "all: \"\\,=\n,,'$`\xc3\xa9",
    };
    sh_do("rm -rf names && mkdir names && qemu-img create -q -f qcow2 master 1M");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[WORKSPACE_PATH_MAX];
        char words[WORKSPACE_PATH_MAX + 64];
        (void)snprintf(path, sizeof path, "%s/names/%s", folder, names[i]);
        char *argv[] = {"cp", "--", "master", path, NULL};
        struct run_result r;
        assert_int_equal(run_program(&r, argv, -1, NULL), 0);
        assert_true(run_ok(&r));
        run_free(&r);
        struct plan p = plan_for(path, "qcow2");
        // The disk's own name serves for the ISO as well: it is not booted.
        struct options o = options_for(i % 2 == 0 ? ATTACH_HDA : ATTACH_VIRTIO);
        char iso[WORKSPACE_PATH_MAX];
        (void)snprintf(iso, sizeof iso, "names/%s.iso", names[i]);
        FILE *out = fopen(iso, "w");
        (void)fprintf(out, "%2048s", "");
        (void)fclose(out);
        o.iso = iso;
        struct qemu_command c;
        struct failure f = {0};
        assert_int_equal(qemu_command_make(&c, &o, &p, "QG0123456789abcd", &f), 0);
        char *says = ask_qemu(&c, "");
        (void)snprintf(words, sizeof words, "): %s (qcow2)", path);
        assert_has(says, words);
        (void)snprintf(words, sizeof words, "): %s/%s (raw, read-only)", folder, iso);
        assert_has(says, words);
        assert_has(says, "serial = \"QG0123456789abcd\"");
        free(says);
        qemu_command_free(&c);
        // By USB, with the drive added in the monitor.
        o.attach = ATTACH_USB;
        o.plug_by = PLUG_BY_DRIVE;
        assert_int_equal(qemu_command_make(&c, &o, &p, "QG0123456789abcd", &f), 0);
        char commands[WORKSPACE_COMMAND_MAX];
        (void)snprintf(commands, sizeof commands,
                       "drive_add foo %s\ndevice_add usb-storage,drive=mydisk,serial=QGusb\n",
                       c.drive_add);
        says = ask_qemu(&c, commands);
        assert_has(says, "\nOK\n");
        (void)snprintf(words, sizeof words, "mydisk: %s (qcow2)", path);
        assert_has(says, words);
        assert_has(says, "serial = \"QGusb\"");
        free(says);
        qemu_command_free(&c);
    }
}

// -hda, which cannot be told a format, and our -drive and -device give the guest the same machine.
static void test_same_as_hda(void **state) {
    (void)state;
    char *theirs[] = {"qemu-system-x86_64",
                      "-boot",
                      "order=d",
                      "-hda",
                      "disk.qcow2",
                      "-cdrom",
                      "alpine.iso",
                      "-m",
                      "192",
                      "-nographic",
                      "-nic",
                      "none",
                      NULL};
    sh_do("rm -f disk.qcow2 && qemu-img create -q -f qcow2 disk.qcow2 1M && : >alpine.iso");
    struct options o = options_for(ATTACH_HDA);
    char *path = realpath("disk.qcow2", NULL);
    struct plan p = plan_for(path, "qcow2");
    struct qemu_command ours;
    struct failure f = {0};
    assert_int_equal(qemu_command_make(&ours, &o, &p, "QM00001", &f), 0);
    char *one = ask_qemu(&(struct qemu_command){.argv = theirs}, "");
    char *two = ask_qemu(&ours, "");
    char *tree_one = strstr(one, "bus: main-system-bus");
    char *tree_two = strstr(two, "bus: main-system-bus");
    assert_non_null(tree_one);
    assert_non_null(tree_two);
    // The drive's name in QEMU is the only difference.
    char *name = strstr(tree_one, "\"ide0-hd0\"");
    assert_non_null(name);
    memcpy(name, "\"disk0\"   ", 10);
    memmove(name + 7, name + 10, strlen(name + 10) + 1);
    assert_string_equal(tree_one, tree_two);
    free(one);
    free(two);
    free(path);
    qemu_command_free(&ours);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attach),      cmocka_unit_test(test_iso),
        cmocka_unit_test(test_quote),       cmocka_unit_test(test_long_path),
        cmocka_unit_test(test_serial),      cmocka_unit_test(test_real_qemu),
        cmocka_unit_test(test_same_as_hda),
    };
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
