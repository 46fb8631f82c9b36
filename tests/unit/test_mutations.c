// The mutation test of the proof: in a disk that was grown well, each thing that is checked is
// changed in turn, on an overlay and in place, and the change is named. A check that no row below
// makes fail is a mistake of this test.
#include <fcntl.h>
#include <inttypes.h>

#include "proof/proof.h"
#include "workspace.h"

#define TESTS SOURCE_DIR "/tests"

enum { SECTOR_0, PARTITION }; // what an offset counts from
enum { CHANGES = 4 };

// Bytes that are changed: each loses the bits of `clear` and is XORed with `flip`.
struct change {
    int from;
    int64_t offset;
    int size;
    uint8_t flip, clear;
};

// The four-primaries disk: entry 4 is the one that is grown, ext4.
enum { ENTRY_1 = 446, ENTRY_2 = 462, ENTRY_3 = 478, ENTRY_4 = 494, SUPER = 1024, BLOCK = 4096 };

static const struct row {
    const char *check; // must be among those that fail
    struct change changes[CHANGES];
    const char *command; // or a command on the overlay or the disk, named $IMAGE of $FORMAT
} rows[] = {
    {"boot-code", {{SECTOR_0, 0, 1, 0x01, 0}}, NULL},
    {"boot-code", {{SECTOR_0, 217, 1, 0x80, 0}}, NULL},
    {"boot-code", {{SECTOR_0, 439, 1, 0x10, 0}}, NULL},
    {"disk-signature", {{SECTOR_0, 440, 1, 0x01, 0}}, NULL},
    {"disk-signature", {{SECTOR_0, 443, 1, 0x80, 0}}, NULL},
    {"signature-tail", {{SECTOR_0, 444, 1, 0x01, 0}}, NULL},
    {"signature-tail", {{SECTOR_0, 445, 1, 0x5a, 0}}, NULL},
    {"entry-1", {{SECTOR_0, ENTRY_1, 1, 0x80, 0}}, NULL},
    {"entry-1", {{SECTOR_0, ENTRY_1 + 1, 1, 0x01, 0}}, NULL},
    {"entry-1", {{SECTOR_0, ENTRY_1 + 15, 1, 0x01, 0}}, NULL},
    {"entry-2", {{SECTOR_0, ENTRY_2 + 4, 1, 0x01, 0}}, NULL},
    {"entry-3", {{SECTOR_0, ENTRY_3 + 8, 1, 0x01, 0}}, NULL},
    {"table-sound", {{SECTOR_0, ENTRY_2, 1, 0x01, 0}}, NULL},
    {"boot-mark", {{SECTOR_0, 510, 1, 0x01, 0}}, NULL},
    {"boot-mark", {{SECTOR_0, 511, 1, 0x01, 0}}, NULL},
    {"partition-flag", {{SECTOR_0, ENTRY_4, 1, 0x80, 0}}, NULL},
    {"partition-type", {{SECTOR_0, ENTRY_4 + 4, 1, 0x0f ^ 0x83, 0}}, NULL},
    {"partition-start", {{SECTOR_0, ENTRY_4 + 8, 1, 0x08, 0}}, NULL},
    {"partition-start", {{SECTOR_0, ENTRY_4 + 11, 1, 0x01, 0}}, NULL},
    {"partition-sectors", {{SECTOR_0, ENTRY_4 + 12, 1, 0x01, 0}}, NULL},
    {"partition-sectors", {{SECTOR_0, ENTRY_4 + 15, 1, 0x01, 0}}, NULL},
    {"partition-number", {{SECTOR_0, ENTRY_4 + 4, 1, 0x83, 0}}, NULL},
    {"virtual-size", {{SECTOR_0, 0, 0, 0, 0}}, "qemu-img resize -q -f $FORMAT $IMAGE +1M"},
    {"bytes-before", {{SECTOR_0, 512, 1, 0x01, 0}}, NULL},
    {"bytes-before", {{SECTOR_0, 2048 * 512 + 5000, 1, 0x40, 0}}, NULL},
    {"bytes-before", {{PARTITION, -1, 1, 0x80, 0}}, NULL},
    {"fs-boot-block", {{PARTITION, 0, 1, 0x01, 0}}, NULL},
    {"fs-boot-block", {{PARTITION, 1023, 1, 0x80, 0}}, NULL},
    {"fs-superblock", {{PARTITION, SUPER + 56, 1, 0x01, 0}}, NULL},
    {"fs-uuid", {{PARTITION, SUPER + 104, 1, 0x01, 0}}, NULL},
    {"fs-uuid", {{PARTITION, SUPER + 119, 1, 0x80, 0}}, NULL},
    {"fs-label", {{PARTITION, SUPER + 120, 1, 0x01, 0}}, NULL},
    {"fs-blocks", {{PARTITION, SUPER + 4, 1, 0x01, 0}}, NULL},
    {"fs-blocks", {{PARTITION, SUPER + 6, 1, 0x01, 0}}, NULL},
    {"fs-block-size", {{PARTITION, SUPER + 24, 1, 0x01, 0}}, NULL},
    {"fs-first-block", {{PARTITION, SUPER + 20, 1, 0x01, 0}}, NULL},
    {"fs-group-blocks", {{PARTITION, SUPER + 33, 1, 0xc0, 0}}, NULL},
    {"fs-group-inodes", {{PARTITION, SUPER + 40, 1, 0x80, 0}}, NULL},
    {"fs-features", {{PARTITION, SUPER + 92, 1, 0x08, 0}}, NULL},  // ext_attr
    {"fs-features", {{PARTITION, SUPER + 96, 1, 0x02, 0}}, NULL},  // filetype
    {"fs-features", {{PARTITION, SUPER + 100, 1, 0x01, 0}}, NULL}, // sparse_super
    {"fs-features", {{PARTITION, SUPER + 101, 1, 0x80, 0}}, NULL}, // gains verity
    {"fs-version",                                                 // none of ext4's features
     {{PARTITION, SUPER + 96, 1, 0, 0xe9},
      {PARTITION, SUPER + 97, 3, 0, 0xff},
      {PARTITION, SUPER + 100, 1, 0, 0xf8},
      {PARTITION, SUPER + 101, 3, 0, 0xff}},
     NULL},
    {"fs-state", {{PARTITION, SUPER + 58, 1, 0x01, 0}}, NULL},  // mounted
    {"fs-state", {{PARTITION, SUPER + 58, 1, 0x02, 0}}, NULL},  // errors
    {"fs-state", {{PARTITION, SUPER + 96, 1, 0x04, 0}}, NULL},  // journal to be replayed
    {"fs-state", {{PARTITION, SUPER + 102, 1, 0x01, 0}}, NULL}, // orphans
    {"fs-check", {{PARTITION, SUPER + 12, 1, 0x01, 0}}, NULL},  // free blocks
    {"fs-check", {{PARTITION, BLOCK, 1, 0x01, 0}}, NULL},       // a group descriptor
    {"fs-check", {{PARTITION, BLOCK + 12, 1, 0x01, 0}}, NULL},  // its free blocks
};

struct world {
    struct plan plan;
    struct proof_before before;
    uint64_t start; // bytes
};

static void sh_image(const char *image, const char *format, const char *command) {
    sh_do("IMAGE=%s FORMAT=%s; %s", image, format, command);
}

// base.raw as it was; grown.raw; over.qcow2, an overlay on base.raw with grown.raw's content.
static void make_world(struct world *w) {
    struct failure f = {0};
    const struct plan_request q = {
        .disk = "base.raw", .size = "128M", .format = "raw", .qemu_img = "qemu-img"};
    sh_do("sh '" TESTS "/disks/make.sh' four-primaries base.raw raw >log 2>&1");
    if (plan_make(&w->plan, &q, &f) != 0)
        fail_msg("%s", f.what);
    assert_int_equal(w->plan.part, 4);
    w->start = (uint64_t)w->plan.entry.start * SECTOR_SIZE;
    if (proof_before(&w->before, &w->plan, true, "qemu-img", &f) != 0)
        fail_msg("%s", f.what);
    sh_do("sh '" TESTS "/e2e/check/grow-on-host.sh' base.raw grown.raw %" PRIu64,
          w->plan.virtual_size);
    sh_do("qemu-img convert -f raw -O qcow2 -B base.raw -F raw grown.raw over.qcow2");
}

static struct proof_subject subject(const struct world *w, bool overlay) {
    static char over[WORKSPACE_PATH_MAX];
    static char disk[WORKSPACE_PATH_MAX];
    assert_non_null(realpath(overlay ? "m.qcow2" : "m.raw", overlay ? over : disk));
    return (struct proof_subject){.path = overlay ? over : disk,
                                  .format = overlay ? "qcow2" : "raw",
                                  .base_path = overlay ? w->plan.disk : NULL,
                                  .base_format = overlay ? "raw" : NULL,
                                  .overlay = overlay,
                                  .before = &w->before};
}

static uint8_t byte_of(const char *path, uint64_t offset) {
    uint8_t byte = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
    close(fd);
    return byte;
}

static void mutate(const struct world *w, const struct row *row, bool overlay) {
    const char *image = overlay ? "m.qcow2" : "m.raw";
    const char *format = overlay ? "qcow2" : "raw";
    sh_do("cp --sparse=always %s %s", overlay ? "over.qcow2" : "grown.raw", image);
    if (row->command != NULL)
        sh_image(image, format, row->command);
    for (const struct change *c = row->changes; c < row->changes + CHANGES; c++)
        for (int i = 0; i < c->size; i++) {
            const uint64_t at =
                (uint64_t)((int64_t)(c->from == PARTITION ? w->start : 0) + c->offset + i);
            sh_do("qemu-io -f %s -c 'write -P %d %" PRIu64 " 1' %s", format,
                  (byte_of("grown.raw", at) & ~c->clear) ^ c->flip, at, image);
        }
}

static const struct proof_check *find_check(const struct proof *r, const char *name) {
    for (int i = 0; i < r->count; i++)
        if (strcmp(r->checks[i].name, name) == 0)
            return &r->checks[i];
    return NULL;
}

static void check_good(const struct world *w, bool overlay) {
    const struct row nothing = {.check = ""};
    struct proof r;
    struct failure f = {0};
    mutate(w, &nothing, overlay);
    const struct proof_subject s = subject(w, overlay);
    if (proof_run(&r, &w->plan, &s, "qemu-img", &f) != 0)
        fail_msg("%s", f.what);
    assert_true(r.ok && r.readable && !r.copied_all);
    assert_int_equal(r.e2fsck_code, 0);
    for (int i = 0; i < r.count; i++) {
        bool covered = false;
        for (size_t j = 0; j < sizeof rows / sizeof rows[0]; j++)
            covered = covered || strcmp(rows[j].check, r.checks[i].name) == 0;
        if (!covered)
            fail_msg("no row makes %s fail", r.checks[i].name);
        assert_true(r.checks[i].ok);
    }
    proof_free(&r);
}

static void check_row(const struct world *w, const struct row *row, bool overlay) {
    struct proof r;
    struct failure f = {0};
    mutate(w, row, overlay);
    const struct proof_subject s = subject(w, overlay);
    if (proof_run(&r, &w->plan, &s, "qemu-img", &f) != -1)
        fail_msg("%s at %" PRId64 ": not found", row->check, row->changes[0].offset);
    assert_id(&f, EXIT_ID_PROOF_FAILED);
    const struct proof_check *c = find_check(&r, row->check);
    if (c == NULL || c->ok)
        fail_msg("%s at %" PRId64 ": only this was found: %s", row->check, row->changes[0].offset,
                 f.what);
    assert_string_not_equal(c->planned, c->found);
    assert_false(r.ok);
    proof_free(&r);
}

static void test_overlay(void **state) {
    (void)state;
    struct world w;
    make_world(&w);
    for (int overlay = 1; overlay >= 0; overlay--) {
        check_good(&w, overlay != 0);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            check_row(&w, &rows[i], overlay != 0);
        print_message("%zu changes %s, each named\n", sizeof rows / sizeof rows[0],
                      overlay != 0 ? "on an overlay" : "in place");
    }
    plan_free(&w.plan);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_overlay)};
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
