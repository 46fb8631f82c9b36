// Every sample disk of tests/disks: what the plan says of it, and, for those that can be grown,
// that the host's own tools come to the planned numbers and the proof holds (and fails before).
#include <inttypes.h>

#include "plan/plan.h"
#include "proof/proof.h"
#include "workspace.h"

#define MAKE_DISK "sh '" SOURCE_DIR "/tests/disks/make.sh'"

// Why each of the disks that must be refused is refused.
static const struct {
    const char *name;
    enum exit_id id;
} refusals[] = {
    {"no-mbr", EXIT_ID_NO_MBR},
    {"whole-disk-ext4", EXIT_ID_NO_MBR},
    {"gpt", EXIT_ID_GPT},
    {"extended", EXIT_ID_EXTENDED},
    {"no-partition", EXIT_ID_NO_PARTITION},
    {"last-xfs", EXIT_ID_NOT_EXT},
    {"last-not-ext", EXIT_ID_NOT_EXT},
    {"swap-last", EXIT_ID_NOT_EXT},
    {"bigalloc", EXIT_ID_FS_UNGROWABLE},
    {"too-big", EXIT_ID_SIZE_BEYOND_MBR},
    {"backing-missing", EXIT_ID_BACKING_UNREADABLE},
    {"corrupt-qcow2", EXIT_ID_FORMAT_UNREADABLE},
    {"truncated-qcow2", EXIT_ID_FORMAT_UNREADABLE},
    {"truncated-data-qcow2", EXIT_ID_FORMAT_UNREADABLE},
};

static void check_refusal(const char *name, const char *size) {
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (strcmp(refusals[i].name, name) == 0) {
            struct plan p;
            struct failure f = {0};
            const struct plan_request q = {.disk = "disk", .size = size, .qemu_img = "qemu-img"};
            char *before = sh("sha256sum <disk");
            if (plan_make(&p, &q, &f) != -1)
                fail_msg("%s was not refused", name);
            plan_free(&p);
            if (f.id != refusals[i].id)
                fail_msg("%s: %s: %s", name, exit_rows[f.id].name, f.what);
            char *after = sh("sha256sum <disk");
            assert_string_equal(before, after);
            free(before);
            free(after);
            return;
        }
    fail_msg("no reason is known here why %s should be refused", name);
}

// Grows the disk as the plan says, with sfdisk, e2fsck and resize2fs on a raw copy.
static void grow_on_host(const struct plan *p) {
    sh_do("qemu-img resize -q -f %s disk %" PRIu64 " && rm -f raw part && "
          "qemu-img convert -q -f %s -O raw disk raw && "
          "printf ',+\\n' | sfdisk -q --no-reread --no-tell-kernel -N %d raw && "
          "dd if=raw of=part bs=1M iflag=skip_bytes skip=$((%" PRIu32
          " * 512)) conv=sparse status=none && "
          "truncate -s $((%" PRIu32 " * 512)) part && "
          "{ e2fsck -fy part >fsck 2>&1 || test $? = 1; } && resize2fs part 2>&1 && "
          "dd if=part of=raw bs=1M oflag=seek_bytes seek=$((%" PRIu32
          " * 512)) conv=notrunc status=none && "
          "qemu-img convert -q -n -f raw -O %s raw disk",
          p->format, p->virtual_size, p->format, p->part, p->entry.start, p->entry.sectors,
          p->entry.start, p->format);
}

static void check_growth(const char *name, const char *size) {
    struct plan p;
    struct proof proof;
    struct proof_before before;
    struct failure f = {0};
    const struct plan_request q = {.disk = "disk", .size = size, .qemu_img = "qemu-img"};
    if (plan_make(&p, &q, &f) != 0 || proof_before(&before, &p, true, "qemu-img", &f) != 0)
        fail_msg("%s: %s", name, f.what);
    const struct proof_subject s = {.path = p.disk, .format = p.format, .before = &before};
    if (proof_run(&proof, &p, &s, "qemu-img", &f) != -1)
        fail_msg("%s: the proof holds before anything was done", name);
    assert_id(&f, EXIT_ID_PROOF_FAILED);
    proof_free(&proof);
    grow_on_host(&p);
    if (proof_run(&proof, &p, &s, "qemu-img", &f) != 0)
        fail_msg("%s: %s", name, f.what);
    assert_false(proof.copied_all);
    proof_free(&proof);
    plan_free(&p);
    // Now there is nothing left to do.
    if (plan_make(&p, &q, &f) != 0)
        fail_msg("%s: %s", name, f.what);
    assert_int_equal(p.verdict, PLAN_UNCHANGED);
    plan_free(&p);
}

static void test_all(void **state) {
    (void)state;
    char *list = sh(MAKE_DISK " --list");
    size_t refused = 0;
    size_t grown = 0;
    char *rest = list;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        const char *name = strsep(&line, "\t");
        const char *kind = strsep(&line, "\t");
        const char *format = strsep(&line, "\t");
        const char *size = strsep(&line, "\t");
        assert_non_null(size);
        print_message("%s: %s to %s\n", name, kind, size);
        sh_do("rm -f disk* && " MAKE_DISK " %s disk %s 2>&1", name, format);
        if (strcmp(kind, "refuse") == 0) {
            check_refusal(name, size);
            refused++;
        } else {
            assert_string_equal(kind, "grow");
            check_growth(name, size);
            grown++;
        }
    }
    free(list);
    assert_int_equal(refused, sizeof refusals / sizeof refusals[0]);
    assert_true(grown >= 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
