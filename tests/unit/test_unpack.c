// Kernel and initramfs without their compression: the same bytes that were packed, or none.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/bytes.h"
#include "iso/unpack.h"
#include "kernel_image.h"

typedef bool unpacker(int packed, int out);

static int opened(const char *path, unpacker *unpack) {
    const int packed = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(packed >= 0);
    const int unpacked = unpack_sealed(packed, "test", unpack);
    (void)close(packed);
    return unpacked;
}

static void expect(const char *path, unpacker *unpack, const char *original) {
    const int fd = opened(path, unpack);
    assert_true(fd >= 0);
    sh_do("cmp /proc/%d/fd/%d %s", (int)getpid(), fd, original);
    assert_int_equal(write(fd, "x", 1), -1); // nobody changes it any more
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    (void)close(fd);
}

static void test_kernels(void **state) {
    static const struct {
        const char *command;
        bool size_behind;
    } rows[] = {{"gzip -n", false},
                {"xz --check=crc32 --x86 --lzma2=dict=8MiB", true},
                {"xz --check=crc32 --lzma2=dict=4KiB", true}, // too small to be looked at in a file
                {"xz --format=lzma", true},
                {"lz4 -q -l", true},
                {"zstd -q -19", true},
                {"cat", true}}; // not packed at all
    (void)state;
    make_elf("Xen", 18);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pack(rows[i].command, rows[i].size_behind);
        expect("image", unpack_kernel, "elf");
    }
}

// Bytes that come again from far back, and many that come out of few.
static void test_large(void **state) {
    static const char *const commands[] = {"gzip -n", "xz --check=crc32 --lzma2=preset=0,dict=2MiB",
                                           "xz --format=lzma --lzma1=preset=0,dict=3MiB"};
    (void)state;
    make_elf("Xen", 18);
    sh_do("head -c 1900000 /dev/urandom >far && cat far far far >>elf && "
          "head -c 3000000 /dev/zero >>elf && cat far >>elf && head -c 3000000 /dev/zero >>elf");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        pack(commands[i], strcmp(commands[i], "gzip -n") != 0);
        expect("image", unpack_kernel, "elf");
    }
    // Into a file that has a name, of which nothing else is left.
    const int packed = open("image", O_RDONLY | O_CLOEXEC);
    const int out = open("named", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(packed >= 0 && out >= 0);
    assert_true(unpack_kernel(packed, out));
    sh_do("cmp named elf");
    close(packed);
    close(out);
}

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define WITH_SANITIZER
#endif
#elif defined __SANITIZE_ADDRESS__
#define WITH_SANITIZER
#endif

// The largest of the processes that a child starts to unpack the file image: KiB.
static long peak(int out) {
    const pid_t pid = fork();
    int status = 0;
    if (pid == 0) {
        struct rusage u;
        const int packed = open("image", O_RDONLY | O_CLOEXEC);
        if (!unpack_kernel(packed, out) || getrusage(RUSAGE_CHILDREN, &u) != 0)
            _exit(255);
        _exit((int)(u.ru_maxrss / 1024));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 255);
    return WEXITSTATUS(status);
}

// Neither what is packed nor what comes out, nor what is looked at again, is in memory as a whole.
static void test_memory(void **state) {
    (void)state;
#ifdef WITH_SANITIZER
    skip();
#endif
    make_elf("Xen", 18);
    sh_do("head -c 9000000 /dev/urandom >far && cat far far far far >>elf");
    pack("xz --check=crc32 --lzma2=preset=0,dict=32MiB", true);
    const int out = open("peak", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(out >= 0);
    assert_in_range(peak(out), 1, 15); // MiB
    sh_do("cmp peak elf");
    close(out);
    pack("gzip -n", false);
    const int memory = memfd_create("peak", MFD_CLOEXEC);
    assert_in_range(peak(memory), 1, 8);
    close(memory);
}

static void stays(const char *path, unpacker *unpack) {
    assert_int_equal(opened(path, unpack), -1);
}

static void damage(const char *path, long at) {
    sh_do("cp %s damaged && printf '\\252\\125' | dd of=damaged bs=1 seek=%ld conv=notrunc "
          "2>/dev/null",
          path, at);
}

static void test_kernels_that_stay(void **state) {
    (void)state;
    make_elf("Xen", 18);
    pack("gzip -n", false);
    damage("image", SETUP + 16 + REST / 2);
    stays("damaged", unpack_kernel);
    damage("image", 0x202); // no such header
    stays("damaged", unpack_kernel);
    damage("image", 0x24e); // a payload longer than the file
    stays("damaged", unpack_kernel);
    sh_do("head -c 100000 image >damaged");
    stays("damaged", unpack_kernel);
    sh_do(": >damaged");
    stays("damaged", unpack_kernel);
    stays("elf", unpack_kernel);
    sh_do("gzip -n <elf | head -c -4 >payload && printf '\\1\\0\\0\\0' >>payload"); // another size
    make_image();
    stays("image", unpack_kernel);
    pack("xz --check=crc32", false); // no size behind it
    stays("image", unpack_kernel);
    pack("xz --check=crc32", true);
    damage("image", SETUP + 16 + REST / 2);
    stays("damaged", unpack_kernel);
    sh_do("{ xz --check=crc32 <elf; echo; } >more"); // something behind it
    pack("sh -c 'cat more'", true);
    stays("image", unpack_kernel);
    sh_do("xz --check=crc32 <elf | head -c 100000 >less");
    pack("sh -c 'cat less'", true);
    stays("image", unpack_kernel);
    make_elf("Xen", 17); // QEMU could not start it
    pack("gzip -n", false);
    stays("image", unpack_kernel);
    make_elf("GNU", 18);
    pack("gzip -n", false);
    stays("image", unpack_kernel);
}

static void test_initramfs(void **state) {
    (void)state;
    sh_do("mkdir -p root && head -c 100000 /dev/urandom >root/file && cd root && "
          "find . | cpio --quiet -o -H newc >../cpio && cd .. && gzip -nc cpio >packed");
    expect("packed", unpack_initramfs, "cpio");
    damage("packed", 50000);
    stays("damaged", unpack_initramfs);
    sh_do("cat packed packed >damaged"); // two of them: the kernel knows what that means
    stays("damaged", unpack_initramfs);
    sh_do("{ cat packed; echo; } >damaged");
    stays("damaged", unpack_initramfs);
    sh_do("head -c 60000 packed >damaged");
    stays("damaged", unpack_initramfs);
    sh_do("xz -c cpio >damaged");
    stays("damaged", unpack_initramfs);
    stays("cpio", unpack_initramfs);
    sh_do("gzip -nc root/file >damaged"); // no archive
    stays("damaged", unpack_initramfs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels),   cmocka_unit_test(test_kernels_that_stay),
        cmocka_unit_test(test_large),     cmocka_unit_test(test_memory),
        cmocka_unit_test(test_initramfs),
    };
    return cmocka_run_group_tests_name("unpack", tests, workspace_enter, workspace_leave);
}
