// The routes: which options have a meaning on which, when one gives way, and the kernel that is
// taken out of the ISO.
#include <fcntl.h>
#include <sys/stat.h>

#include "dialogue/assign.h"
#include "give_way.h"
#include "guest/command.h"
#include "iso/boot_file.h"
#include "options/route.h"
#include "routes.h"
#include "workspace.h"

// ------------------------------------------------------------------ options

static struct options parsed(const char *words) {
    struct options o;
    struct failure f = {0};
    char *argv[16] = {"qemu-grow", "--iso=x"};
    int argc = 2;
    char *copy = strdup(words);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc++] = "disk";
    argv[argc++] = "1G";
    if (options_parse(&o, argc, argv, &f) != 0)
        fail_msg("%s: %s", words, f.what);
    options_free(&o);
    free(copy);
    return o;
}

static void test_quickest(void **state) {
    static const struct {
        const char *words;
        enum route quickest;
    } rows[] = {
        {"--fast", ROUTE_WARM},
        {"--fast --attach=usb", ROUTE_WARM},
        {"--fast --attach=virtio", ROUTE_WARM},
        {"--fast --attach=hda", ROUTE_DIRECT},
        {"--fast --no-warm", ROUTE_DIRECT},
        {"--fast --no-cache", ROUTE_DIRECT},
        {"--fast --attach=usb --plug=late --plug-by=drive", ROUTE_DIRECT},
        {"--fast --console --append=x --dmesg --kmsg-mark --in-place", ROUTE_WARM},
        {"--fast --seq=no --log=no", ROUTE_WARM},
        {"--fast --attach=usb --plug=boot", ROUTE_EARLY},
        {"--fast --attach=usb --plug=single", ROUTE_SINGLE},
        {"--fast --debug-init", ROUTE_SINGLE},
        {"--fast --attach=usb --plug=init", ROUTE_RUNBOOK},
        {"--fast --attach=usb --plug=login", ROUTE_RUNBOOK},
        {"--fast --seq=login", ROUTE_RUNBOOK},
        {"--fast --log=single", ROUTE_RUNBOOK},
        {"--fast --verbose-services", ROUTE_RUNBOOK},
        {"", ROUTE_RUNBOOK},
        {"--route=early", ROUTE_EARLY},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(parsed(rows[i].words).route, rows[i].quickest);
}

// Whatever is allowed on a route is allowed on each slower one, and everything on the runbook's.
static void test_slower(void **state) {
    static const char *const words[] = {"",
                                        "--seq=init",
                                        "--log=login",
                                        "--attach=usb",
                                        "--debug-init",
                                        "--verbose-services",
                                        "--attach=usb --plug=boot",
                                        "--attach=usb --plug=single"};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const struct options o = parsed(words[i]);
        enum route last = ROUTE_COUNT;
        for (enum route r = route_quickest(&o); r != ROUTE_COUNT; r = route_slower(&o, r)) {
            assert_int_equal(route_check(&o, r, NULL), 0);
            assert_true(last == ROUTE_COUNT || r < last);
            last = r;
        }
        assert_int_equal(last, ROUTE_RUNBOOK);
    }
}

static void test_gives_way(void **state) {
    (void)state;
    for (enum route r = 0; r < ROUTE_COUNT; r++)
        for (int in_place = 0; in_place < 2; in_place++)
            for (enum stage s = 0; s < STAGE_COUNT; s++) {
                struct options o = parsed("");
                o.route = r;
                o.in_place = in_place != 0;
                const enum route next = give_way(&o, s, EXIT_ID_APK_FAILED);
                // Never behind the first write, and never from the last one.
                if (s >= STAGE_TABLE || r == ROUTE_RUNBOOK)
                    assert_int_equal(next, ROUTE_COUNT);
                else if (in_place != 0 && routes[r].mounts && s == STAGE_ATTACHED)
                    assert_int_equal(next, ROUTE_COUNT);
                else
                    assert_int_equal(next, r - 1);
            }
}

// Arguments for QEMU itself have no meaning on the route warm, wherever they come from.
static void test_qemu_arguments(void **state) {
    (void)state;
    struct options o;
    struct failure f = {0};
    char *warm[] = {"qemu-grow", "--route=warm", "disk", "1G", "--", "-smp", "2", NULL};
    assert_int_equal(options_parse(&o, 7, warm, &f), -1);
    assert_id(&f, EXIT_ID_USAGE);
    assert_says(&f, "prepared for other runs");
    setenv("QEMUFLAGS", "-smp 2", 1);
    assert_int_equal(parsed("--fast").route, ROUTE_DIRECT);
    unsetenv("QEMUFLAGS");
    char *hda[] = {"qemu-grow", "--route=warm", "--attach=hda", "disk", "1G", NULL};
    assert_int_equal(options_parse(&o, 5, hda, &f), -1);
    assert_says(&f, "no IDE disk can be plugged in");
}

static void test_final(void **state) {
    static const enum exit_id finals[] = {
        EXIT_ID_INTERRUPTED, EXIT_ID_TERMINATED, EXIT_ID_MAX_TIME,    EXIT_ID_HOST_FULL,
        EXIT_ID_INTERNAL,    EXIT_ID_QEMU_START, EXIT_ID_DISK_LOCKED, EXIT_ID_IO_ERROR};
    static const enum exit_id others[] = {
        EXIT_ID_QEMU_DIED,     EXIT_ID_BOOT_FAILED, EXIT_ID_KERNEL_PANIC, EXIT_ID_GUEST_STUCK,
        EXIT_ID_TYPING_FAILED, EXIT_ID_CD_ERROR,    EXIT_ID_GUEST_MEMORY, EXIT_ID_ISO_WRONG};
    struct options o = parsed("--fast --no-warm");
    (void)state;
    for (size_t i = 0; i < sizeof finals / sizeof *finals; i++)
        assert_int_equal(give_way(&o, STAGE_UNTOUCHED, finals[i]), ROUTE_COUNT);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(give_way(&o, STAGE_UNTOUCHED, others[i]), ROUTE_EARLY);
}

// ------------------------------------------------------------------ dialogues

// Each route's first state makes a command line for the kernel without anything of the guest's.
static void test_command_lines(void **state) {
    static const char *const lines[ROUTE_COUNT] = {
        [ROUTE_SINGLE] = " console=ttyS0,115200 quiet no_timer_check single a=b",
        [ROUTE_EARLY] =
            " console=ttyS0,115200 quiet no_timer_check cryptomgr.notests rdinit=/bin/sh a=b",
        [ROUTE_DIRECT] =
            "console=ttyS0,115200 quiet no_timer_check cryptomgr.notests rdinit=/bin/sh a=b",
        [ROUTE_WARM] =
            "console=ttyS0,115200 quiet no_timer_check cryptomgr.notests rdinit=/bin/sh a=b",
    };
    struct failure f = {0};
    struct scripts *s = scripts_load(SOURCE_DIR "/scripts", &f);
    (void)state;
    assert_non_null(s);
    for (enum route r = ROUTE_SINGLE; r < ROUTE_COUNT; r++) {
        struct vars *v = vars_new();
        (void)vars_set(v, "console", "no");
        (void)vars_set(v, "debug_init", "no");
        (void)vars_set(v, "attach", "hda");
        (void)vars_set(v, "append", "a=b");
        assert_int_equal(
            assign_first(v, s, routes[r].prepare != NULL ? routes[r].prepare : routes[r].dialogue,
                         &f),
            0);
        assert_string_equal(vars_get(v, "cmdline"), lines[r]);
        vars_free(v);
    }
    struct vars *v = vars_new();
    assert_int_equal(assign_first(v, s, "no-such-dialogue", &f), -1);
    assert_int_equal(f.id, EXIT_ID_SCRIPTS_BAD);
    vars_free(v);
    scripts_free(s);
}

// ------------------------------------------------------------------ kernel and initramfs

static void make_iso(const char *options) {
    sh_do("rm -rf tree iso && mkdir -p tree/boot && head -c 300001 /dev/urandom "
          ">tree/boot/vmlinuz-virt && "
          "head -c 2048 /dev/urandom >tree/boot/initramfs-virt && : >tree/boot/empty && "
          "xorriso -as mkisofs -quiet %s -o iso tree 2>/dev/null",
          options);
}

static void expect_file(const char *name, const char *original) {
    struct failure f = {0};
    const int fd = boot_file_open("iso", name, &f);
    if (fd < 0)
        fail_msg("%s", f.what);
    sh_do("cmp /proc/%d/fd/%d %s", (int)getpid(), fd, original);
    assert_int_equal(write(fd, "x", 1), -1); // nobody changes it any more
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
}

static void test_boot_files(void **state) {
    (void)state;
    static const char *const kinds[] = {"-r", "-J", "-J -R"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        make_iso(kinds[i]);
        expect_file(BOOT_FILE_KERNEL, "tree/boot/vmlinuz-virt");
        expect_file(BOOT_FILE_INITRAMFS, "tree/boot/initramfs-virt");
    }
}

// Of a file's beginning, enough for QEMU: all setup code that a kernel can have, and something
// behind it; of a short file all.
static void test_boot_heads(void **state) {
    (void)state;
    struct failure f = {0};
    struct stat st;
    make_iso("-r");
    const int fd = boot_file_open_head("iso", BOOT_FILE_KERNEL, &f);
    const int whole = boot_file_open_head("iso", BOOT_FILE_INITRAMFS, &f);
    assert_true(fd >= 0 && whole >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_true(st.st_size > 256 * 512 && st.st_size < 300001);
    sh_do("head -c %d tree/boot/vmlinuz-virt | cmp - /proc/%d/fd/%d && "
          "cmp tree/boot/initramfs-virt /proc/%d/fd/%d",
          (int)st.st_size, (int)getpid(), fd, (int)getpid(), whole);
    assert_int_equal(ftruncate(fd, 0), -1);
    close(fd);
    close(whole);
    assert_int_equal(boot_file_open_head("iso", "boot/none", &f), -1);
    assert_int_equal(f.id, EXIT_ID_ISO_WRONG);
}

static void expect_no_file(const char *iso, const char *name, enum exit_id id) {
    struct failure f = {0};
    assert_int_equal(boot_file_open(iso, name, &f), -1);
    assert_int_equal(f.id, id);
}

static void test_no_boot_files(void **state) {
    (void)state;
    make_iso("-r");
    expect_no_file("no-such-iso", BOOT_FILE_KERNEL, EXIT_ID_ISO_UNREADABLE);
    expect_no_file("iso", "boot/none", EXIT_ID_ISO_WRONG);
    expect_no_file("iso", "none/vmlinuz-virt", EXIT_ID_ISO_WRONG);
    expect_no_file("iso", "boot", EXIT_ID_ISO_WRONG); // a folder
    expect_no_file("iso", "boot/empty", EXIT_ID_ISO_WRONG);
    expect_no_file("tree/boot/vmlinuz-virt", BOOT_FILE_KERNEL, EXIT_ID_ISO_WRONG);
    sh_do("truncate -s 360448 iso"); // in the middle of the kernel's data, or of the initramfs'
    struct failure f = {0};
    const int fd = boot_file_open("iso", BOOT_FILE_KERNEL, &f);
    const int other = boot_file_open("iso", BOOT_FILE_INITRAMFS, &f);
    assert_true(fd < 0 || other < 0);
    assert_int_equal(f.id, EXIT_ID_ISO_WRONG);
    if (fd >= 0)
        close(fd);
    if (other >= 0)
        close(other);
}

static void test_kernel_arguments(void **state) {
    struct failure f = {0};
    struct qemu_command c = {.argv = calloc(2, sizeof(char *))};
    (void)state;
    c.argv[0] = strdup("qemu");
    assert_int_equal(qemu_command_add_kernel(&c, 7, 9, "console=ttyS0 a,b 'c'", &f), 0);
    static const char *const wanted[] = {"qemu",
                                         "-kernel",
                                         "/proc/self/fd/7",
                                         "-initrd",
                                         "/proc/self/fd/9",
                                         "-append",
                                         "console=ttyS0 a,b 'c'"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_string_equal(c.argv[i], wanted[i]);
    assert_null(c.argv[sizeof wanted / sizeof *wanted]);
    qemu_command_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quickest),       cmocka_unit_test(test_slower),
        cmocka_unit_test(test_gives_way),      cmocka_unit_test(test_final),
        cmocka_unit_test(test_qemu_arguments), cmocka_unit_test(test_command_lines),
        cmocka_unit_test(test_boot_files),     cmocka_unit_test(test_boot_heads),
        cmocka_unit_test(test_no_boot_files),  cmocka_unit_test(test_kernel_arguments),
    };
    return cmocka_run_group_tests_name("routes", tests, workspace_enter, workspace_leave);
}
