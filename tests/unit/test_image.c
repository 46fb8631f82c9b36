// Images as qemu-img knows them: formats, locks, backing files, damage, and odd names.
#include <sys/stat.h>
#include <sys/wait.h>

#include "plan/image.h"
#include "workspace.h"

static void inspect(struct image *i, const char *disk, const char *format) {
    struct reasons r = {0};
    if (image_inspect(i, disk, format, "qemu-img", &r) != 0 || reasons_refusal(&r) != NULL)
        fail_msg("%s: %s", disk, r.count > 0 ? r.at[0].what : "no reason");
}

static void expect(const char *disk, const char *format, enum exit_id id, const char *says) {
    struct image i;
    struct reasons r = {0};
    struct failure f = {0};
    (void)image_inspect(&i, disk, format, "qemu-img", &r);
    if (reasons_failure(&r, &f) != -1)
        fail_msg("%s was not refused", disk);
    assert_id(&f, id);
    assert_says(&f, says);
    assert_string_not_equal(f.next, "");
    image_free(&i);
}

static void test_formats(void **state) {
    (void)state;
    static const struct {
        const char *format, *options;
        bool resizable;
    } rows[] = {
        {"raw", "", true},
        {"qcow2", "-o compat=1.1", true},
        {"qcow2", "-o compat=0.10", true},
        {"qed", "", true},
        {"qcow", "", false},
        {"vdi", "", false},
        {"vmdk", "", false},
        {"vpc", "-o force_size", false},
        {"vhdx", "", false},
        {"parallels", "", false},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        sh_do("rm -f disk && qemu-img create -q -f %s %s disk 16M", rows[k].format,
              rows[k].options);
        struct image i;
        inspect(&i, "disk", NULL);
        assert_string_equal(i.format, rows[k].format);
        assert_int_equal(i.virtual_size, 16 << 20);
        assert_true(i.probed);
        assert_null(i.backing);
        if ((i.fixed == NULL) != rows[k].resizable)
            fail_msg("%s: %s", i.format, i.fixed == NULL ? "can be resized" : i.fixed);
        // qemu-img itself is the judge.
        char *says =
            sh("if qemu-img resize -q -f %s disk 32M 2>/dev/null; then echo yes; else echo no; fi",
               i.format);
        assert_string_equal(says, rows[k].resizable ? "yes" : "no");
        free(says);
        image_free(&i);
    }
}

static void test_told_format(void **state) {
    (void)state;
    sh_do("rm -f disk && qemu-img create -q -f qcow2 disk 16M");
    struct image i;
    inspect(&i, "disk", "raw"); // a qcow2 within a guest's raw disk, if the user says so
    assert_string_equal(i.format, "raw");
    assert_false(i.probed);
    assert_true(i.virtual_size < 16 << 20);
    image_free(&i);
    expect("disk", "vmdk", EXIT_ID_FORMAT_UNREADABLE, "as vmdk");
    expect("disk", "no-such-format", EXIT_ID_FORMAT_UNREADABLE, "Unknown driver");
    sh_do("head -c 100000 /dev/urandom >noise");
    inspect(&i, "noise", NULL);
    assert_string_equal(i.format, "raw");
    image_free(&i);
    sh_do(": >empty");
    inspect(&i, "empty", NULL);
    assert_int_equal(i.virtual_size, 0);
    image_free(&i);
}

static void test_files(void **state) {
    (void)state;
    sh_do("mkdir -p folder && rm -f fifo loop dangling && mkfifo fifo && ln -s loop loop && "
          "ln -s nowhere dangling");
    expect("folder", NULL, EXIT_ID_DISK_UNREADABLE, "is a directory");
    expect("fifo", NULL, EXIT_ID_DISK_UNREADABLE, "is a FIFO");
    expect("/dev/null", NULL, EXIT_ID_DISK_UNREADABLE, "is a character device");
    expect("loop", NULL, EXIT_ID_DISK_UNREADABLE, "symbolic links");
    expect("dangling", NULL, EXIT_ID_DISK_UNREADABLE, "No such file");
    expect("no-such-file", NULL, EXIT_ID_DISK_UNREADABLE, "No such file");
    expect("", NULL, EXIT_ID_DISK_UNREADABLE, "No such file");
    expect("empty/disk", NULL, EXIT_ID_DISK_UNREADABLE, "cannot be opened");
    // A protocol's name is no path.
    expect("nbd:localhost:1", NULL, EXIT_ID_DISK_UNREADABLE, "No such file");
    if (geteuid() != 0) {
        sh_do("rm -f disk && qemu-img create -q -f qcow2 disk 16M && chmod 444 disk");
        expect("disk", NULL, EXIT_ID_DISK_UNREADABLE, "for writing: Permission denied");
    }
}

static void test_names(void **state) {
    const char *folder = *state;
    static const char *const names[] = {
        "a b",         "q\"uote", "apo'strophe", "c,omma",      "c,,ommas",  "co:lon",
        "nbd:x",       "json:{}", "e=q",         "-dash",       "new\nline", "\xc3\xbc\xe6\x97\xa5",
        "back\\slash", "?#%",     "\xff\x9b",    "file.snap@1", "': why",
    };
    sh_do("mkdir -p 'odd, \"names\"' && qemu-img create -q -f qcow2 master 16M");
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        char path[WORKSPACE_PATH_MAX];
        (void)snprintf(path, sizeof path, "odd, \"names\"/%s", names[k]);
        char *argv[] = {"cp", "--", "master", path, NULL};
        struct run_result r;
        assert_int_equal(run_program(&r, argv, -1, NULL), 0);
        assert_true(run_ok(&r));
        run_free(&r);
        struct image i;
        inspect(&i, path, NULL);
        assert_string_equal(i.format, "qcow2");
        assert_int_equal(strncmp(i.path, folder, strlen(folder)), 0);
        assert_string_equal(i.path + strlen(folder) + 1, path);
        image_free(&i);
        // The reason is found behind any name.
        expect(path, "vdi", EXIT_ID_FORMAT_UNREADABLE, " as vdi: Unsupported VDI image size");
    }
    assert_int_equal(chdir("odd, \"names\""), 0); // a name with a leading dash, as it is typed
    struct image i;
    inspect(&i, "-dash", NULL);
    image_free(&i);
    assert_int_equal(symlink("-dash", "link"), 0);
    inspect(&i, "link", NULL);
    assert_string_equal(strrchr(i.path, '/'), "/-dash");
    image_free(&i);
    assert_int_equal(chdir(folder), 0);
}

// A qemu-io that holds an image open for writing until it is let go.
struct holder {
    pid_t pid;
    int input;
};

static struct holder hold(const char *file) {
    int in[2];
    int out[2];
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    struct holder h = {.pid = fork(), .input = in[1]};
    assert_true(h.pid >= 0);
    if (h.pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[0]);
        close(in[1]);
        close(out[0]);
        close(out[1]);
        execlp("qemu-io", "qemu-io", "-f", "qcow2", file, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    char prompt = 0; // it has the lock when it asks for a command
    assert_int_equal(read(out[0], &prompt, 1), 1);
    close(out[0]);
    return h;
}

static void let_go(const struct holder *h) {
    close(h->input);
    assert_int_equal(waitpid(h->pid, NULL, 0), h->pid);
}

static void test_lock(void **state) {
    (void)state;
    sh_do("rm -f disk over && qemu-img create -q -f qcow2 disk 16M && "
          "qemu-img create -q -f qcow2 -F qcow2 -b disk over");
    struct holder h = hold("disk");
    expect("disk", NULL, EXIT_ID_DISK_LOCKED, "lock");
    expect("over", NULL, EXIT_ID_DISK_LOCKED, "backed by");
    let_go(&h);
    struct image i;
    inspect(&i, "disk", NULL);
    image_free(&i);
    inspect(&i, "over", NULL);
    assert_string_equal(i.backing, "disk");
    image_free(&i);
}

static void test_backing(void **state) {
    (void)state;
    sh_do("rm -f base over top && qemu-img create -q -f raw base 16M && "
          "qemu-img create -q -f qcow2 -F raw -b base over && "
          "qemu-img create -q -f qcow2 -F qcow2 -b over top");
    struct image i;
    inspect(&i, "top", NULL);
    image_free(&i);
    sh_do("mv base gone");
    expect("top", NULL, EXIT_ID_BACKING_UNREADABLE, "backed by");
    expect("over", NULL, EXIT_ID_BACKING_UNREADABLE, "No such file");
    sh_do("qemu-img create -q -f qcow2 base 16M && mv base other && mkdir base");
    expect("over", NULL, EXIT_ID_BACKING_UNREADABLE, "backed by");
    sh_do("rmdir base");
}

static void test_damage(void **state) {
    (void)state;
    // Incompatible features are eight bytes at 72, big-endian: bit 0 dirty, bit 1 corrupt.
    sh_do("rm -f disk && qemu-img create -q -f qcow2 -o lazy_refcounts=on disk 16M && "
          "printf '\\001' | dd of=disk bs=1 seek=79 conv=notrunc status=none");
    expect("disk", NULL, EXIT_ID_FORMAT_UNREADABLE, "dirty");
    sh_do("printf '\\002' | dd of=disk bs=1 seek=79 conv=notrunc status=none");
    expect("disk", NULL, EXIT_ID_FORMAT_UNREADABLE, "corrupt");
    sh_do("printf '\\200' | dd of=disk bs=1 seek=79 conv=notrunc status=none");
    expect("disk", NULL, EXIT_ID_FORMAT_UNREADABLE, "cannot open");
    sh_do("rm -f disk && qemu-img create -q -f qcow2 disk 16M && "
          "qemu-io -f qcow2 -c 'write 0 8M' disk >/dev/null && truncate -s 4M disk");
    expect("disk", NULL, EXIT_ID_FORMAT_UNREADABLE, "damaged");
    sh_do("truncate -s 100000 disk");
    expect("disk", NULL, EXIT_ID_FORMAT_UNREADABLE, "");
    sh_do("rm -f disk && qemu-img create -q -f qcow2 disk 16M && truncate -s 150000 disk");
    expect("disk", NULL, EXIT_ID_FORMAT_UNREADABLE, "cut short");
    sh_do("printf 'QFI\\373\\000\\000\\000\\003' >disk && head -c 5000 /dev/zero >>disk");
    expect("disk", NULL, EXIT_ID_FORMAT_UNREADABLE, "cluster size");
    // Clusters that nobody uses are no damage.
    sh_do("rm -f disk && qemu-img create -q -f qcow2 disk 16M && "
          "qemu-io -f qcow2 -c 'write 0 1M' disk >/dev/null && "
          "printf '\\000\\000\\000\\000\\000\\000\\000\\000' | dd of=disk bs=1 seek=$((0x30000)) "
          "conv=notrunc status=none && { qemu-img check -q disk 2>/dev/null || test $? = 3; }");
    struct image i;
    inspect(&i, "disk", NULL);
    image_free(&i);
}

static void test_encryption(void **state) {
    (void)state;
    sh_do("rm -f disk && qemu-img create -q -f qcow2 --object secret,id=s,data=secret "
          "-o encrypt.format=aes,encrypt.key-secret=s disk 16M 2>&1");
    expect("disk", NULL, EXIT_ID_FORMAT_UNREADABLE, "encrypted");
    // qemu-img measures the CPU to choose LUKS's parameters, which does not work each time.
    sh_do(
        "rm -f disk; for try in 1 2 3 4 5 6 7 8 9 10; do "
        "qemu-img create -q -f luks --object secret,id=s,data=secret -o key-secret=s,iter-time=50 "
        "disk 16M && break; done; test -s disk");
    expect("disk", NULL, EXIT_ID_FORMAT_UNREADABLE, "encrypted");
}

static void test_snapshots(void **state) {
    (void)state;
    struct image i;
    sh_do("rm -f disk && qemu-img create -q -f qcow2 disk 16M && qemu-img snapshot -c one disk && "
          "qemu-img snapshot -c two disk");
    inspect(&i, "disk", NULL);
    assert_int_equal(i.snapshots, 2);
    assert_null(i.fixed);
    image_free(&i);
    sh_do("rm -f disk && qemu-img create -q -f qcow2 -o compat=0.10 disk 16M && "
          "qemu-img snapshot -c one disk");
    inspect(&i, "disk", NULL);
    assert_non_null(strstr(i.fixed, "version 2"));
    image_free(&i);
}

static void expect_with(const char *qemu_img, enum exit_id id) {
    struct image i;
    struct reasons r = {0};
    struct failure f = {0};
    assert_int_equal(image_inspect(&i, "disk", NULL, qemu_img, &r), -1);
    assert_int_equal(reasons_failure(&r, &f), -1);
    assert_id(&f, id);
    image_free(&i);
}

static void test_qemu_img_missing(void **state) {
    (void)state;
    sh_do("rm -f disk && qemu-img create -q -f qcow2 disk 16M");
    expect_with("/no/such/qemu-img", EXIT_ID_PROGRAM_MISSING);
    expect_with("true", EXIT_ID_INTERNAL); // something else of that name
    expect_with("false", EXIT_ID_FORMAT_UNREADABLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),   cmocka_unit_test(test_told_format),
        cmocka_unit_test(test_files),     cmocka_unit_test(test_names),
        cmocka_unit_test(test_lock),      cmocka_unit_test(test_backing),
        cmocka_unit_test(test_damage),    cmocka_unit_test(test_encryption),
        cmocka_unit_test(test_snapshots), cmocka_unit_test(test_qemu_img_missing),
    };
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
