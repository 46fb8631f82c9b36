// Plans for disks made here: the numbers, the warnings, and what SIZE can be refused for.
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>

#include "plan/nbd.h"
#include "plan/plan.h"
#include "workspace.h"

// A raw disk `disk` of `size` with one partition `table` (a line for sfdisk) and an ext4 of its
// length.
static void make_disk(const char *size, unsigned start, unsigned sectors, const char *mke2fs) {
    sh_do("rm -f disk part && truncate -s %s disk && "
          "printf 'label: dos\\nlabel-id: 0xcbad8a62\\n%u,%u,83\\n' | sfdisk -q disk && "
          "truncate -s $((%u * 512)) part && mke2fs -q -F %s part && "
          "dd if=part of=disk bs=512 seek=%u conv=notrunc,sparse status=none",
          size, start, sectors, sectors, mke2fs, start);
}

static int plan_of(struct plan *p, struct failure *f, const char *disk, const char *size,
                   const char *format) {
    const struct plan_request q = {
        .disk = disk, .size = size, .format = format, .qemu_img = "qemu-img"};
    *f = (struct failure){0};
    return plan_make(p, &q, f);
}

static void plan(struct plan *p, const char *disk, const char *size, const char *format) {
    struct failure f;
    if (plan_of(p, &f, disk, size, format) != 0)
        fail_msg("%s %s: %s", disk, size, f.what);
}

static void expect(const char *disk, const char *size, const char *format, enum exit_id id,
                   const char *says) {
    struct plan p;
    struct failure f;
    if (plan_of(&p, &f, disk, size, format) != -1)
        fail_msg("%s %s was not refused", disk, size);
    assert_int_equal(p.verdict, PLAN_REFUSED);
    plan_free(&p);
    assert_id(&f, id);
    assert_says(&f, says);
    assert_string_not_equal(f.next, "");
}

static void expect_in_place(const char *disk, enum exit_id id, const char *says) {
    const struct plan_request q = {
        .disk = disk, .size = "64M", .qemu_img = "qemu-img", .in_place = true};
    struct plan p;
    struct failure f = {0};
    assert_int_equal(plan_make(&p, &q, &f), -1);
    plan_free(&p);
    assert_id(&f, id);
    assert_says(&f, says);
}

static bool warns(const struct plan *p, const char *words) {
    for (size_t i = 0; i < p->reasons.count; i++)
        if (reason_rows[p->reasons.at[i].id].severity == SEVERITY_WARN &&
            strstr(p->reasons.at[i].what, words) != NULL)
            return true;
    return false;
}

static int warnings(const struct plan *p) {
    int count = 0;
    for (size_t i = 0; i < p->reasons.count; i++)
        count += reason_rows[p->reasons.at[i].id].severity == SEVERITY_WARN;
    return count;
}

static void expect_unchanged(const char *disk, const char *size) {
    struct plan p;
    plan(&p, disk, size, "raw");
    assert_int_equal(p.verdict, PLAN_UNCHANGED);
    plan_free(&p);
}

static void test_numbers(void **state) {
    const char *folder = *state;
    make_disk("40M", 2048, 65536, "-t ext4 -b 4096 -L root");
    struct plan p;
    plan(&p, "disk", "64M", "raw");
    assert_int_equal(strncmp(p.disk, folder, strlen(folder)), 0);
    assert_string_equal(p.format, "raw");
    assert_int_equal(p.virtual_size, 64 << 20);
    assert_true(p.resize);
    assert_int_equal(p.part, 1);
    assert_int_equal(p.partitions, 1);
    assert_int_equal(p.before.virtual_size, 40 << 20);
    assert_int_equal(p.before.mbr.signature, 0xcbad8a62);
    assert_int_equal(p.before.fs.blocks, 8192);
    assert_string_equal(p.before.fs.label, "root");
    assert_int_equal(p.entry.start, 2048);
    assert_int_equal(p.entry.sectors, (64 << 11) - 2048); // its last sector is the disk's last
    assert_int_equal(p.fs_blocks, ((64 << 11) - 2048) / 8);
    assert_int_equal(warnings(&p), 0);
    plan_free(&p);
    plan(&p, "disk", "+24M", NULL);
    assert_int_equal(p.virtual_size, 64 << 20);
    assert_int_equal(warnings(&p), 0); // a table was found: that it is raw is no news
    plan_free(&p);
    plan(&p, "disk", "67108352", "raw"); // one sector less: no whole block more
    assert_int_equal(p.entry.sectors, (64 << 11) - 2049);
    assert_int_equal(p.fs_blocks, ((64 << 11) - 2048) / 8 - 1);
    plan_free(&p);
}

// The disk has its new size, but what is in it has not: a run that was cut short.
static void test_cut_short(void **state) {
    (void)state;
    make_disk("64M", 2048, 65536, "-t ext4 -b 4096");
    struct plan p;
    plan(&p, "disk", "64M", "raw");
    assert_false(p.resize);
    assert_int_equal(p.fs_blocks, ((64 << 11) - 2048) / 8);
    plan_free(&p);
    plan(&p, "disk", "+0", "raw");
    assert_false(p.resize);
    plan_free(&p);
    // The partition has been grown, too.
    make_disk("64M", 2048, 129024, "-t ext4 -b 4096");
    sh_do("rm part && truncate -s 32M part && mke2fs -q -F -t ext4 -b 4096 part && "
          "dd if=part of=disk bs=512 seek=2048 conv=notrunc status=none");
    plan(&p, "disk", "64M", "raw");
    assert_false(p.resize);
    assert_int_equal(p.entry.sectors, p.before.mbr.entry[0].sectors);
    assert_int_equal(p.before.fs.blocks, 8192);
    assert_int_equal(p.fs_blocks, 129024 / 8);
    plan_free(&p);
    // All of it has.
    make_disk("64M", 2048, 129024, "-t ext4 -b 4096");
    expect_unchanged("disk", "64M");
    expect_unchanged("disk", "+0");
    expect("disk", "63M", "raw", EXIT_ID_SIZE_NOT_LARGER, "67108864 already");
    expect("disk", "+512", "raw", EXIT_ID_SIZE_NOT_LARGER, "has 16128 already");
    expect("disk", "+3584", "raw", EXIT_ID_SIZE_NOT_LARGER, "has 16128 already");
    plan(&p, "disk", "+4k", "raw");
    assert_int_equal(p.fs_blocks, 16129);
    plan_free(&p);
}

static void test_sizes(void **state) {
    (void)state;
    make_disk("40M", 2048, 65536, "-t ext4 -b 4096");
    expect("disk", "39M", "raw", EXIT_ID_SIZE_NOT_LARGER, "41943040 already");
    expect("disk", "512", "raw", EXIT_ID_SIZE_NOT_LARGER, "41943040 already");
    expect("disk", "-1M", "raw", EXIT_ID_SIZE_NOT_LARGER, "shrink");
    expect("disk", "+1", "raw", EXIT_ID_SIZE_INVALID, "41943040 and 41943552");
    expect("disk", "8GB", "raw", EXIT_ID_SIZE_INVALID, "8GB");
    expect("disk", "2T", "raw", EXIT_ID_SIZE_BEYOND_MBR, "2199023255040 at most");
    expect("disk", "3T", "raw", EXIT_ID_SIZE_BEYOND_MBR, "");
    expect("disk", "+8191P", "raw", EXIT_ID_SIZE_BEYOND_MBR, "");
    expect("disk", "7.5E", "raw", EXIT_ID_SIZE_BEYOND_MBR, "");
    struct plan p;
    plan(&p, "disk", "2199023255040", "raw"); // 2 TiB but for a sector: the most there is
    assert_int_equal(p.entry.sectors, UINT32_MAX - 2048);
    plan_free(&p);
}

static void test_formats(void **state) {
    (void)state;
    make_disk("40M", 2048, 65536, "-t ext3 -b 4096");
    struct plan p;
    sh_do("qemu-img convert -q -f raw -O qcow2 disk disk.qcow2");
    plan(&p, "disk.qcow2", "64M", NULL);
    assert_string_equal(p.format, "qcow2");
    assert_int_equal(p.before.fs.version, 3);
    assert_int_equal(warnings(&p), 0);
    plan_free(&p);
    sh_do("qemu-img convert -q -f raw -O vmdk disk disk.vmdk");
    plan(&p, "disk.vmdk", "64M", NULL); // by a grown copy
    assert_true(p.resize);
    plan_free(&p);
    expect_in_place("disk.vmdk", EXIT_ID_FORMAT_FIXED, "vmdk");
    sh_do("ln disk.vmdk second.vmdk");
    expect("disk.vmdk", "64M", NULL, EXIT_ID_COPY_REFUSED, "hard links");
    sh_do("qemu-img convert -q -f raw -O vmdk -o subformat=monolithicFlat disk flat.vmdk");
    expect("flat.vmdk", "64M", NULL, EXIT_ID_FORMAT_FIXED, "several files");
    sh_do("qemu-img convert -q -f raw -O parallels disk disk.hds");
    expect("disk.hds", "64M", "parallels", EXIT_ID_FORMAT_FIXED, "parallels");
    // What qemu-img cannot resize may have been converted into something larger.
    sh_do("qemu-img create -q -f vmdk large.vmdk 64M && "
          "qemu-img convert -q -n -f raw -O vmdk disk large.vmdk");
    plan(&p, "large.vmdk", "64M", NULL);
    assert_false(p.resize);
    assert_string_equal(p.format, "vmdk");
    plan_free(&p);
    sh_do("rm -f old.qcow2 && qemu-img convert -q -f raw -O qcow2 -o compat=0.10 disk old.qcow2 && "
          "qemu-img snapshot -c one old.qcow2");
    expect("old.qcow2", "64M", NULL, EXIT_ID_FORMAT_FIXED, "version 2");
    // Told that a qcow2 is raw, its header is no table.
    expect("disk.qcow2", "64M", "raw", EXIT_ID_NO_MBR, "55 aa");
}

static void test_warnings(void **state) {
    (void)state;
    struct plan p;
    make_disk("40M", 2047, 65536, "-t ext4 -b 4096");
    plan(&p, "disk", "64M", "raw");
    assert_int_equal(warnings(&p), 1);
    assert_true(warns(&p, "sector 2047, which is no multiple of 8"));
    plan_free(&p);
    make_disk("40M", 2048, 65536, "-t ext4 -b 4096");
    sh_do("debugfs -w -R 'feature needs_recovery' part 2>/dev/null && "
          "dd if=part of=disk bs=512 seek=2048 conv=notrunc status=none");
    plan(&p, "disk", "64M", "raw");
    assert_int_equal(warnings(&p), 1);
    assert_true(warns(&p, "journal"));
    plan_free(&p);
    sh_do("debugfs -w -R 'feature -needs_recovery' part 2>/dev/null && "
          "debugfs -w -R 'ssv state 2' part 2>/dev/null && "
          "dd if=part of=disk bs=512 seek=2048 conv=notrunc status=none");
    plan(&p, "disk", "64M", "raw");
    assert_int_equal(warnings(&p), 2);
    assert_true(warns(&p, "having errors"));
    plan_free(&p);
    make_disk("40M", 2048, 65536, "-t ext4 -b 4096");
    sh_do("printf '2048,65528,83\\n' | sfdisk -q --no-reread disk"); // one block less than it holds
    plan(&p, "disk", "64M", "raw");
    assert_int_equal(warnings(&p), 1);
    assert_true(warns(&p, "but its partition has room for 8191 only"));
    plan_free(&p);
    make_disk("40M", 2048, 65536, "-t ext4 -b 4096");
    sh_do("rm -f over && qemu-img create -q -f qcow2 -F raw -b disk over && "
          "qemu-img snapshot -c one over");
    plan(&p, "over", "64M", NULL);
    assert_int_equal(warnings(&p), 2);
    assert_true(warns(&p, "overlay on disk"));
    assert_true(warns(&p, "1 internal snapshot:"));
    plan_free(&p);
}

static void test_contents(void **state) {
    (void)state;
    sh_do("rm -f disk; : >disk");
    expect("disk", "64M", "raw", EXIT_ID_NO_MBR, "0 bytes only");
    sh_do("head -c 512 /dev/zero >disk");
    expect("disk", "64M", "raw", EXIT_ID_NO_MBR, "55 aa");
    sh_do("printf '\\125\\252' | dd of=disk bs=1 seek=510 conv=notrunc status=none");
    expect("disk", "64M", "raw", EXIT_ID_NO_PARTITION, "empty");
    sh_do("rm disk && truncate -s 16M disk && mke2fs -q -F -t ext4 disk");
    expect("disk", "64M", "raw", EXIT_ID_NO_MBR, "all of it is an ext file system");
    sh_do("rm disk && truncate -s 16M disk && printf 'label: gpt\\n,,L\\n' | sfdisk -q disk");
    expect("disk", "64M", "raw", EXIT_ID_GPT, "protective");
    sh_do("printf '\\203' | dd of=disk bs=1 seek=450 conv=notrunc status=none"); // 83 for ee
    expect("disk", "64M", "raw", EXIT_ID_GPT, "sector 1");
    sh_do("rm disk && truncate -s 16M disk && printf 'label: dos\\n1,8,83\\n8192,,83\\n' | sfdisk "
          "-q disk");
    expect("disk", "64M", "raw", EXIT_ID_NOT_EXT, "no ext2");
    // A last partition of a few sectors at the disk's very end is not read beyond.
    sh_do("rm disk && truncate -s 1M disk && printf 'label: dos\\n2047,1,83\\n' | sfdisk -q disk");
    expect("disk", "64M", "raw", EXIT_ID_NOT_EXT, "no ext2");
    make_disk("40M", 2048, 65536, "-t ext4 -b 4096 -O bigalloc -C 65536");
    expect("disk", "64M", "raw", EXIT_ID_FS_UNGROWABLE, "bigalloc");
}

static void test_export(void **state) {
    (void)state;
    uint8_t bytes[1024];
    struct failure f = {0};
    sh_do("rm -f disk && qemu-img create -q -f qcow2 disk 1M && "
          "qemu-io -f qcow2 -c 'write -P 0x5a 1048064 512' disk >/dev/null");
    char path[WORKSPACE_PATH_MAX];
    assert_non_null(realpath("disk", path));
    struct export *e = export_open(path, "qcow2", "qemu-img", &f);
    assert_non_null(e);
    assert_int_equal(export_size(e), 1 << 20);
    assert_int_equal(export_read(e, bytes, 1024, (1 << 20) - 1024, &f), 0);
    assert_int_equal(bytes[511], 0);
    assert_int_equal(bytes[512], 0x5a);
    assert_int_equal(bytes[1023], 0x5a);
    assert_int_equal(export_read(e, bytes, 0, 1 << 20, &f), 0);
    assert_int_equal(export_read(e, bytes, 1024, (1 << 20) - 512, &f), -1);
    assert_id(&f, EXIT_ID_IO_ERROR);
    assert_int_equal(export_read(e, bytes, 1, UINT64_MAX, &f), -1);
    assert_int_equal(export_read(e, bytes, 1024, UINT64_MAX - 511, &f), -1);
    export_close(e);
    export_close(NULL);
    assert_null(export_open(path, "vdi", "qemu-img", &f));
    assert_id(&f, EXIT_ID_FORMAT_UNREADABLE);
    assert_says(&f, "as vdi");
    assert_null(export_open("/no/such/disk", "raw", "qemu-img", &f));
    assert_id(&f, EXIT_ID_DISK_UNREADABLE);
    // What qemu-nbd says is not for the terminal; what is said afterwards is.
    int saved = dup(STDERR_FILENO);
    int file = open("stderr", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
    assert_null(export_open(path, "vdi", "qemu-img", &f));
    assert_int_equal(write(STDERR_FILENO, "x", 1), 1);
    assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    close(saved);
    assert_int_equal(lseek(file, 0, SEEK_END), 1);
    close(file);
    char *old = strdup(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    assert_null(export_open(path, "qcow2", "qemu-img", &f));
    assert_id(&f, EXIT_ID_PROGRAM_MISSING);
    setenv("PATH", old, 1);
    free(old);
    // A qemu-nbd beside the qemu-img that was given is the one to take.
    sh_do("mkdir -p beside && printf '#!/bin/sh\\necho the one beside >&2\\nexit 1\\n' "
          ">beside/qemu-nbd && chmod +x beside/qemu-nbd");
    assert_null(export_open(path, "qcow2", "beside/qemu-img", &f));
    assert_says(&f, "the one beside");
}

static int count_fds(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

// Nothing is left behind: no descriptor, no process, no change to the disk.
static void test_traceless(void **state) {
    (void)state;
    make_disk("40M", 2048, 65536, "-t ext4 -b 4096");
    char *before = sh("sha256sum disk; stat -c '%%Y %%Z %%s' disk");
    struct plan p;
    plan(&p, "disk", "64M", "raw");
    plan_free(&p);
    int fds = count_fds();
    for (int i = 0; i < 5; i++) {
        plan(&p, "disk", "64M", "raw");
        plan_free(&p);
        expect("disk", "64M", "vdi", EXIT_ID_FORMAT_UNREADABLE, "vdi");
        expect("disk", "3T", "raw", EXIT_ID_SIZE_BEYOND_MBR, "");
    }
    assert_int_equal(count_fds(), fds);
    char *children = sh("ps -o pid= --ppid %d | wc -l", (int)getpid());
    assert_string_equal(children, "1"); // the shell that counts
    free(children);
    char *after = sh("sha256sum disk; stat -c '%%Y %%Z %%s' disk");
    assert_string_equal(before, after);
    free(before);
    free(after);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),  cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_sizes),    cmocka_unit_test(test_formats),
        cmocka_unit_test(test_warnings), cmocka_unit_test(test_contents),
        cmocka_unit_test(test_export),   cmocka_unit_test(test_traceless),
    };
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
