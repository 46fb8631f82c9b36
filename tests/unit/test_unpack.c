// Kernel and initramfs without their compression: the same bytes that were packed, or none.
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "iso/unpack.h"
#include "workspace.h"

enum {
    SETUP = 1024, // bytes: the boot sector and one more
    REST = 200000,
    NOTE_AT = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
};

// An ELF file with one note, and bytes behind it that do not pack well.
static void make_elf(const char *owner, uint32_t type) {
    struct {
        Elf64_Ehdr e;
        Elf64_Phdr p;
        Elf64_Nhdr n;
        char owner[4];
        uint32_t entry;
    } head = {
        .e = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
              .e_type = ET_EXEC,
              .e_machine = EM_X86_64,
              .e_phoff = sizeof(Elf64_Ehdr),
              .e_phentsize = sizeof(Elf64_Phdr),
              .e_phnum = 1},
        .p = {.p_type = PT_NOTE, .p_offset = NOTE_AT, .p_filesz = sizeof(Elf64_Nhdr) + 8},
        .n = {.n_namesz = 4, .n_descsz = 4, .n_type = type},
        .entry = 0x1000000,
    };
    memcpy(head.owner, owner, 4);
    FILE *out = fopen("elf", "we");
    assert_int_equal(fwrite(&head, 1, sizeof head, out), sizeof head);
    (void)fclose(out);
    sh_do("head -c %d /dev/urandom >>elf", REST);
}

// A bzImage around the file `payload`.
static void make_image(void) {
    struct stat st;
    uint8_t head[SETUP] = {0};
    assert_int_equal(stat("payload", &st), 0);
    head[0x1f1] = 1;
    memcpy(head + 0x202, "HdrS", 4);
    head[0x206] = 0x0f;
    head[0x207] = 0x02;
    head[0x248] = 16; // something stands before it
    for (unsigned i = 0; i < 4; i++)
        head[0x24c + i] = (uint8_t)((uint64_t)st.st_size >> 8 * i);
    FILE *out = fopen("image", "we");
    assert_int_equal(fwrite(head, 1, sizeof head, out), sizeof head);
    (void)fclose(out);
    sh_do("{ head -c 16 /dev/zero; cat payload; echo what follows; } >>image");
}

// Packs the file elf; the size is put behind it, as the kernel's makefiles do, but for gzip.
static void pack(const char *command, bool size_behind) {
    struct stat st;
    assert_int_equal(stat("elf", &st), 0);
    const unsigned size = (unsigned)st.st_size;
    sh_do("%s <elf >payload", command);
    if (size_behind)
        sh_do("printf '\\%03o\\%03o\\%03o\\%03o' >>payload", size & 255, size >> 8 & 255,
              size >> 16 & 255, size >> 24);
    make_image();
}

static int opened(const char *path, int unpack(int)) {
    const int packed = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(packed >= 0);
    const int unpacked = unpack(packed);
    (void)close(packed);
    return unpacked;
}

static void expect(const char *path, int unpack(int), const char *original) {
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
                {"zstd -q -19", true},
                {"cat", true}}; // not packed at all
    (void)state;
    make_elf("Xen", 18);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pack(rows[i].command, rows[i].size_behind);
        expect("image", unpack_kernel, "elf");
    }
}

static void stays(const char *path, int unpack(int)) {
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
        cmocka_unit_test(test_kernels),
        cmocka_unit_test(test_kernels_that_stay),
        cmocka_unit_test(test_initramfs),
    };
    return cmocka_run_group_tests_name("unpack", tests, workspace_enter, workspace_leave);
}
