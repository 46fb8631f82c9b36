// Kernel and initramfs, unpacked, in the cache: made once, used again, thrown away when they are
// not what they were.
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/signals.h"
#include "boot_kept.h"
#include "iso/boot_file.h"
#include "kernel_image.h"

#define FOLDER "cache/qemu-grow/boot"

enum { LARGE = 100000000 }; // bytes that take a moment

// What all need: an ISO with both files in it, each packed, and a cache that is empty.
static struct iso begin(const char *sha256) {
    struct failure f;
    struct iso iso = {.path = strdup("iso")};
    char *here = get_current_dir_name();
    sh_do("rm -rf cache && mkdir cache");
    char *folder = sh("echo '%s/cache'", here);
    setenv("XDG_CACHE_HOME", folder, 1);
    free(here);
    free(folder);
    (void)snprintf(iso.sha256, sizeof iso.sha256, "%s", sha256);
    assert_int_equal(cache_open(&iso.cache, false, &f), 0);
    return iso;
}

static void make_iso(void) {
    sh_do(
        "rm -rf tree iso root && mkdir -p tree/boot root && head -c 100000 /dev/urandom >root/file "
        "&& (cd root && find . | cpio --quiet -o -H newc >../cpio) && "
        "gzip -nc cpio >tree/boot/initramfs-virt && cp image tree/boot/vmlinuz-virt && "
        "xorriso -as mkisofs -quiet -r -o iso tree 2>/dev/null");
}

// What was said of it goes to *said (freed by the caller), which may be NULL.
static int opened(const struct iso *iso, bool initramfs, bool no_cache, char **said) {
    struct failure f = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct report *report = report_new(out, out, 1, false, false);
    assert_non_null(report);
    const int fd = (initramfs ? boot_kept_initramfs : boot_kept_kernel)(iso, no_cache, report, &f);
    if (fd < 0)
        fail_msg("%s", f.what);
    report_free(report);
    (void)fclose(out);
    if (said != NULL)
        *said = text;
    else
        free(text);
    return fd;
}

// It has those bytes, and of it those words were said.
static void expect(const struct iso *iso, bool initramfs, const char *original, const char *words) {
    char *said = NULL;
    const int fd = opened(iso, initramfs, false, &said);
    sh_do("cmp /proc/%d/fd/%d %s", (int)getpid(), fd, original);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    if (strstr(said, words) == NULL)
        fail_msg("`%s` has not: %s", said, words);
    free(said);
    assert_int_equal(close(fd), 0);
}

static void expect_kernel(const struct iso *iso, const char *words) {
    expect(iso, false, "elf", words);
}

// How many files of that name there are in the cache.
static int files(const char *pattern) {
    char path[128];
    glob_t found;
    (void)snprintf(path, sizeof path, FOLDER "/%s", pattern);
    const int count = glob(path, 0, NULL, &found) == 0 ? (int)found.gl_pathc : 0;
    globfree(&found);
    return count;
}

static void end(struct iso *iso) {
    cache_close(&iso->cache);
    free(iso->path);
}

static const char made[] = "unpacked, and kept";
static const char used[] = "unpacked before";
static const char thrown[] = "thrown away";

static void test_kept(void **state) {
    (void)state;
    struct iso iso = begin("aa");
    expect_kernel(&iso, made);
    assert_int_equal(files("*.file"), 1);
    expect(&iso, true, "cpio", made);
    assert_int_equal(files("*.file"), 2);
    assert_int_equal(files("*.yaml"), 2);
    assert_int_equal(files("*.part"), 0);
    sh_do("test -z \"$(find " FOLDER " -type f ! -perm 600)\"");
    expect_kernel(&iso, used);
    expect(&iso, true, "cpio", used);
    // Another ISO has others.
    (void)snprintf(iso.sha256, sizeof iso.sha256, "bb");
    expect_kernel(&iso, made);
    assert_int_equal(files("*.file"), 3);
    expect_kernel(&iso, used);
    end(&iso);
}

static void test_thrown_away(void **state) {
    static const char *const damages[] = {
        "truncate -s -1 " FOLDER "/*.file", // cut short
        ": >$(echo " FOLDER "/*.file)",
        "printf X | dd of=$(echo " FOLDER "/*.file) bs=1 seek=70000 conv=notrunc 2>/dev/null",
        "head -c 200000 /dev/urandom >$(echo " FOLDER "/*.file)",
        "rm " FOLDER "/*.yaml", // of a run that was killed before it was written
        "echo garbage >$(echo " FOLDER "/*.yaml)",
    };
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct iso iso = begin("aa");
        expect_kernel(&iso, made);
        sh_do("%s", damages[i]);
        expect_kernel(&iso, thrown);
        expect_kernel(&iso, used);
        assert_int_equal(files("*.file"), 1);
        end(&iso);
    }
}

// Without a cache that can be used all goes as before.
static void test_without(void **state) {
    (void)state;
    struct iso iso = begin("aa");
    const int fd = opened(&iso, false, true, NULL);
    sh_do("cmp /proc/%d/fd/%d elf", (int)getpid(), fd);
    assert_int_equal(write(fd, "x", 1), -1); // sealed
    assert_int_equal(close(fd), 0);
    sh_do("test -z \"$(ls cache)\"");
    sh_do("rm -rf cache && : >cache"); // a file is in the folder's place
    expect_kernel(&iso, "is not kept");
    expect(&iso, true, "cpio", "is not kept");
    end(&iso);
    iso = begin("aa");
    free(iso.cache.folder);
    iso.cache.folder = NULL;
    expect_kernel(&iso, "");
    end(&iso);
}

// What cannot be unpacked is taken as it is, and nothing of it is kept.
static void test_packed(void **state) {
    (void)state;
    struct iso iso = begin("aa");
    sh_do("cp image whole && head -c 70000 /dev/urandom >image");
    make_iso();
    expect(&iso, false, "image", "");
    assert_int_equal(files("*.file") + files("*.part") + files("*.yaml"), 0);
    sh_do("mv whole image");
    make_iso();
    expect_kernel(&iso, made);
    end(&iso);
}

// A run that has it open keeps it from --clear-cache; one that is damaged meanwhile is another
// file.
static void test_in_use(void **state) {
    (void)state;
    struct failure f;
    struct iso iso = begin("aa");
    uint64_t bytes = 0;
    size_t busy = 0;
    expect_kernel(&iso, made);
    const int fd = opened(&iso, false, false, NULL);
    assert_int_equal(cache_clear(&iso.cache, &bytes, &busy, &f), 0);
    assert_int_equal(busy, 1);
    assert_int_equal(files("*.file"), 1);
    sh_do("echo garbage >$(echo " FOLDER "/*.yaml)");
    expect_kernel(&iso, thrown);
    sh_do("cmp /proc/%d/fd/%d elf", (int)getpid(), fd);
    assert_int_equal(close(fd), 0);
    assert_int_equal(cache_clear(&iso.cache, &bytes, &busy, &f), 0);
    assert_true(bytes > 200000);
    assert_int_equal(busy, 0);
    sh_do("test ! -e " FOLDER);
    end(&iso);
}

static void test_bounded(void **state) {
    (void)state;
    struct failure f;
    struct cache part;
    struct iso iso = begin("aa");
    assert_int_equal(cache_part(&part, &iso.cache, CACHE_BOOT, &f), 0);
    for (size_t i = 0; i < part.most + 2; i++) {
        (void)snprintf(iso.sha256, sizeof iso.sha256, "%zu", i);
        expect_kernel(&iso, made);
    }
    assert_int_equal(files("*.file"), part.most);
    assert_int_equal(files("*.yaml"), part.most);
    expect_kernel(&iso, used); // the last one
    (void)snprintf(iso.sha256, sizeof iso.sha256, "0");
    expect_kernel(&iso, made); // the first one is gone
    cache_close(&part);
    end(&iso);
}

// A child that wants the kernel. It ends with 0 once it has it.
static pid_t another(const struct iso *iso) {
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    char *said = NULL;
    const int fd = opened(iso, false, false, &said);
    struct stat st;
    if (fstat(fd, &st) != 0)
        _exit(2);
    _exit(strstr(said, made) != NULL ? 10 : 0);
}

static int ended(pid_t pid) {
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

// Several runs want it: one makes it, the others wait for it.
static void test_at_once(void **state) {
    (void)state;
    struct iso iso = begin("aa");
    pid_t pids[6];
    int makers = 0;
    for (size_t i = 0; i < sizeof pids / sizeof *pids; i++)
        pids[i] = another(&iso);
    for (size_t i = 0; i < sizeof pids / sizeof *pids; i++) {
        const int status = ended(pids[i]);
        assert_true(WIFEXITED(status));
        makers += WEXITSTATUS(status) == 10;
        assert_true(WEXITSTATUS(status) == 10 || WEXITSTATUS(status) == 0);
    }
    assert_int_equal(makers, 1);
    assert_int_equal(files("*.file"), 1);
    expect_kernel(&iso, used);
    end(&iso);
}

// A run is killed while it makes it: nothing looks as if it were whole, and the next run makes it.
static void test_killed(void **state) {
    (void)state;
    sh_do("mv elf small && mv image small-image");
    make_elf("Xen", 18);
    sh_do("head -c 10000 /dev/urandom >piece && truncate -s %d elf && cat piece >>elf", LARGE);
    pack("gzip -n", false);
    make_iso();
    struct iso iso = begin("aa");
    const pid_t pid = another(&iso);
    while (files("*.part") == 0) // its own end would be seen below
        assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_true(WIFSIGNALED(ended(pid)));
    assert_int_equal(files("*.file") + files("*.yaml"), 0);
    assert_int_equal(files("*.part"), 1);
    expect_kernel(&iso, made);
    assert_int_equal(files("*.part"), 0);
    expect_kernel(&iso, used);
    end(&iso);
    sh_do("mv small elf && mv small-image image");
    make_iso();
}

static int set_up(void **state) {
    if (workspace_enter(state) != 0 || signals_open() != 0)
        return -1;
    make_elf("Xen", 18);
    pack("gzip -n", false);
    make_iso();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept),    cmocka_unit_test(test_thrown_away),
        cmocka_unit_test(test_without), cmocka_unit_test(test_packed),
        cmocka_unit_test(test_in_use),  cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_at_once), cmocka_unit_test(test_killed),
    };
    return cmocka_run_group_tests_name("boot_kept", tests, set_up, workspace_leave);
}
