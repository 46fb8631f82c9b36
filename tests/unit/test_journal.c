// The journal's text, its refusals, and the files beside the disk.
#include "work/journal.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "workspace.h"

#include "work/lock.h"

static struct journal sample(void) {
    struct journal j = {.phase = PHASE_COMMIT,
                        .format = "qcow2",
                        .disk = {.inode = 12, .size = 1000, .seconds = 1700000000},
                        .virtual_size = 134217728,
                        .part = 2,
                        .start = 33792,
                        .sectors = 228352,
                        .fs_blocks = 28544,
                        .signature = 0xcbad8a62,
                        .fs_uuid = "00112233445566778899aabbccddeeff"};
    memset(j.disk.head, 'a', IDENTITY_HEX);
    j.overlay = j.disk;
    j.overlay.nanoseconds = 1;
    return j;
}

static void test_round_trip(void **state) {
    (void)state;
    char text[JOURNAL_MAX];
    char again[JOURNAL_MAX];
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        struct journal j = sample();
        struct journal read;
        j.phase = (enum phase)phase;
        const size_t size = journal_text(&j, text);
        assert_true(size > 0);
        assert_int_equal(journal_parse(&read, text, size), 0);
        assert_int_equal(read.phase, phase);
        assert_true(identity_equal(&read.disk, &j.disk));
        assert_true(identity_equal(&read.overlay, &j.overlay));
        assert_string_equal(read.copy.head, "");
        assert_int_equal(journal_text(&read, again), size);
        assert_string_equal(again, text);
    }
}

// Whatever byte is changed, taken away or put in: it is no journal any more.
static void test_damage(void **state) {
    (void)state;
    char text[JOURNAL_MAX];
    char bad[JOURNAL_MAX + 1];
    struct journal j = sample();
    const size_t size = journal_text(&j, text);
    for (size_t at = 0; at < size; at++) {
        memcpy(bad, text, size);
        for (int bit = 0; bit < 8; bit++) {
            bad[at] = (char)(text[at] ^ (1 << bit));
            assert_int_equal(journal_parse(&j, bad, size), -1);
        }
        memcpy(bad, text, at);
        memcpy(bad + at, text + at + 1, size - at - 1);
        assert_int_equal(journal_parse(&j, bad, size - 1), -1);
        memcpy(bad, text, at);
        bad[at] = '\n';
        memcpy(bad + at + 1, text + at, size - at);
        assert_int_equal(journal_parse(&j, bad, size + 1), -1);
        assert_int_equal(journal_parse(&j, text, at), -1);
    }
}

static void test_files(void **state) {
    struct failure f = {0};
    struct work_files w;
    struct journal j = sample();
    struct journal read;
    char *disk = NULL;
    assert_true(asprintf(&disk, "%s/a disk", (char *)*state) > 0);
    assert_int_equal(files_of(&w, disk, &f), 0);
    assert_string_equal(w.name, "a disk");
    assert_string_equal(w.folder, *state);
    assert_int_equal(journal_load(&read, &w, &f), 0);
    assert_int_equal(journal_enter(&j, &w, PHASE_GUEST, &f), 0);
    assert_int_equal(journal_load(&read, &w, &f), 1);
    assert_int_equal(read.phase, PHASE_GUEST);
    // What a cut-off write has left is in nobody's way, and goes with the journal.
    free(sh("echo rest > 'a disk.qemu-grow-journal.new'"));
    assert_int_equal(journal_enter(&j, &w, PHASE_PROOF, &f), 0);
    free(sh("echo rest > 'a disk.qemu-grow-journal.new'"));
    assert_int_equal(file_remove(w.folder, w.journal, &f), 0);
    char *left = sh("ls -A");
    assert_string_equal(left, "");
    free(left);
    // Not what it seems.
    free(sh("echo 'qemu-grow journal 1' > 'a disk.qemu-grow-journal'"));
    assert_int_equal(journal_load(&read, &w, &f), -1);
    assert_id(&f, EXIT_ID_JOURNAL_BAD);
    free(sh("rm 'a disk.qemu-grow-journal'; ln -s nowhere 'a disk.qemu-grow-journal'"));
    assert_int_equal(journal_load(&read, &w, &f), -1);
    assert_id(&f, EXIT_ID_JOURNAL_BAD);
    free(sh("rm 'a disk.qemu-grow-journal'; mkdir 'a disk.qemu-grow-journal'"));
    assert_int_equal(journal_load(&read, &w, &f), -1);
    assert_id(&f, EXIT_ID_JOURNAL_BAD);
    free(sh("rmdir 'a disk.qemu-grow-journal'"));
    files_free(&w);
    free(disk);
}

static void test_identity(void **state) {
    (void)state;
    struct failure f = {0};
    struct identity a;
    struct identity b;
    free(sh("truncate -s 1M image && touch -d @1700000000 image"));
    assert_int_equal(identity_read(&a, "image", &f), 0);
    assert_int_equal(identity_read(&b, "image", &f), 0);
    assert_true(identity_equal(&a, &b));
    // A header that was changed by somebody who puts the time back.
    free(sh("printf x | dd of=image bs=1 seek=65535 conv=notrunc status=none && "
            "touch -d @1700000000 image"));
    assert_int_equal(identity_read(&b, "image", &f), 0);
    assert_false(identity_equal(&a, &b));
    assert_int_equal(identity_read(&a, "nowhere", &f), -1);
    assert_id(&f, EXIT_ID_IO_ERROR);
}

// The same file by another name is locked, too; a child that inherits the lock holds it.
static void test_lock(void **state) {
    (void)state;
    struct failure f = {0};
    free(sh("truncate -s 1M image && ln -s image link && ln image hard"));
    const int first = lock_take("image", &f);
    assert_true(first >= 0);
    assert_int_equal(lock_take("link", &f), -1);
    assert_id(&f, EXIT_ID_DISK_LOCKED);
    assert_int_equal(lock_take("hard", &f), -1);
    assert_id(&f, EXIT_ID_DISK_LOCKED);
    // QEMU's own locks are others.
    free(sh("qemu-img create -q -f raw -o size=1M image && qemu-io -f raw -c 'write 0 512' image"));
    lock_drop(first);
    const int second = lock_take("link", &f);
    assert_true(second >= 0);
    lock_drop(second);
    // What cannot be opened for writing is left to the plan.
    assert_int_equal(lock_take("nowhere", &f), -1);
    assert_id(&f, EXIT_ID_OK);
    assert_int_equal(lock_take(".", &f), -1);
    assert_id(&f, EXIT_ID_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_files),      cmocka_unit_test(test_identity),
        cmocka_unit_test(test_lock),
    };
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
