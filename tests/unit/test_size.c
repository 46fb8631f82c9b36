// SIZE: every way of writing it, and each mistake.
#include <inttypes.h>

#include "plan/size.h"
#include "workspace.h"

static void test_good(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool relative;
        uint64_t bytes;
    } rows[] = {
        {"0", false, 0},
        {"512", false, 512},
        {"007", false, 7},
        {"1b", false, 1},
        {"1k", false, 1024},
        {"1K", false, 1024},
        {"8G", false, UINT64_C(8) << 30},
        {"8g", false, UINT64_C(8) << 30},
        {"2T", false, UINT64_C(2) << 40},
        {"3P", false, UINT64_C(3) << 50},
        {"7E", false, UINT64_C(7) << 60},
        {"+512M", true, UINT64_C(512) << 20},
        {"+0", true, 0},
        {"1.5G", false, UINT64_C(3) << 29},
        {"1.50G", false, UINT64_C(3) << 29},
        {"0.5k", false, 512},
        {"1.0", false, 1},
        {"+0.25M", true, 1 << 18},
        {"1.1G", false, 1181116006}, // 1181116006.4: what is left of a byte is dropped
        {"0.1E", false, UINT64_C(115292150460684697)},
        {"0.999999999999999999E", false, UINT64_C(1152921504606846974)},
        {"7.999999999999999999E", false, UINT64_C(9223372036854775806)},
        {"9223372036854775807", false, INT64_MAX},
        {"0x200", false, 512},
        {"0XfF", false, 255},
        {"+0x10", true, 16},
        {"0x7fffffffffffffff", false, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct size s;
        struct failure f = {0};
        if (size_read(&s, rows[i].text, &f) != 0)
            fail_msg("%s: %s", rows[i].text, f.what);
        if (s.bytes != rows[i].bytes || s.relative != rows[i].relative)
            fail_msg("%s: %" PRIu64, rows[i].text, s.bytes);
    }
}

static void test_bad(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum exit_id id;
        const char *says;
    } rows[] = {
        {"", EXIT_ID_SIZE_INVALID, "does not begin with a digit"},
        {"+", EXIT_ID_SIZE_INVALID, "does not begin with a digit"},
        {"++1", EXIT_ID_SIZE_INVALID, "does not begin with a digit"},
        {"+-1", EXIT_ID_SIZE_INVALID, "does not begin with a digit"},
        {" 8G", EXIT_ID_SIZE_INVALID, "does not begin with a digit"},
        {"G", EXIT_ID_SIZE_INVALID, "does not begin with a digit"},
        {".5G", EXIT_ID_SIZE_INVALID, "does not begin with a digit"},
        {"inf", EXIT_ID_SIZE_INVALID, "does not begin with a digit"},
        {"8GB", EXIT_ID_SIZE_INVALID, "behind its suffix"},
        {"8GiB", EXIT_ID_SIZE_INVALID, "behind its suffix"},
        {"8 G", EXIT_ID_SIZE_INVALID, "none of b k M G T P E"},
        {"8G ", EXIT_ID_SIZE_INVALID, "behind its suffix"},
        {"8Z", EXIT_ID_SIZE_INVALID, "none of b k M G T P E"},
        {"1e3", EXIT_ID_SIZE_INVALID, "behind its suffix"},
        {"1,5G", EXIT_ID_SIZE_INVALID, "none of b k M G T P E"},
        {"1.G", EXIT_ID_SIZE_INVALID, "after the point"},
        {"1.2.3G", EXIT_ID_SIZE_INVALID, "none of b k M G T P E"},
        {"1.5", EXIT_ID_SIZE_INVALID, "no part of a byte"},
        {"1.5b", EXIT_ID_SIZE_INVALID, "no part of a byte"},
        {"0.1234567890123456789G", EXIT_ID_SIZE_INVALID, "too many digits"},
        {"0x", EXIT_ID_SIZE_INVALID, "digits are missing"},
        {"0x1G", EXIT_ID_SIZE_INVALID, "no suffix"},
        {"0x1.8", EXIT_ID_SIZE_INVALID, "no suffix"},
        {"8E", EXIT_ID_SIZE_INVALID, "beyond all disks"},
        {"99999999999999999999G", EXIT_ID_SIZE_INVALID, "beyond all disks"},
        {"9223372036854775808", EXIT_ID_SIZE_INVALID, "beyond all disks"},
        {"18446744073709551616", EXIT_ID_SIZE_INVALID, "beyond all disks"},
        {"0x8000000000000000", EXIT_ID_SIZE_INVALID, "beyond all disks"},
        {"0x10000000000000000", EXIT_ID_SIZE_INVALID, "beyond all disks"},
        {"-1G", EXIT_ID_SIZE_NOT_LARGER, "shrink"},
        {"-", EXIT_ID_SIZE_NOT_LARGER, "shrink"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct size s;
        struct failure f = {0};
        if (size_read(&s, rows[i].text, &f) != -1)
            fail_msg("\"%s\" was taken as %" PRIu64, rows[i].text, s.bytes);
        assert_id(&f, rows[i].id);
        assert_says(&f, rows[i].says);
        assert_string_not_equal(f.next, "");
    }
}

static void test_apply(void **state) {
    (void)state;
    uint64_t bytes = 0;
    struct failure f = {0};
    assert_int_equal(size_apply(&bytes, &(struct size){false, 4096}, 99, &f), 0);
    assert_int_equal(bytes, 4096);
    assert_int_equal(size_apply(&bytes, &(struct size){true, 4096}, 512, &f), 0);
    assert_int_equal(bytes, 4608);
    assert_int_equal(size_apply(&bytes, &(struct size){false, 1181116006}, 0, &f), -1);
    assert_id(&f, EXIT_ID_SIZE_INVALID);
    assert_says(&f, "1181115904 and 1181116416");
    assert_int_equal(size_apply(&bytes, &(struct size){true, 100}, 512, &f), -1);
    assert_says(&f, "612 bytes");
    assert_says(&f, "512 and 1024");
    assert_int_equal(size_apply(&bytes, &(struct size){true, INT64_MAX}, 1, &f), -1);
    assert_id(&f, EXIT_ID_SIZE_INVALID);
}

// qemu-img itself is the judge: an image made with a size has the size that we read. (It rounds up
// to 512, which size_apply refuses.)
static void test_as_qemu_img(void **state) {
    (void)state;
    static const char *const texts[] = {"512",  "1k",   "8G",    "8g",        "2T",
                                        "1.5G", "0.5k", "1.1G",  "1.000001M", "0x200",
                                        "3.3M", "0.7T", "1.25P", "12345",     "0.123456789G"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct size s;
        struct failure f = {0};
        assert_int_equal(size_read(&s, texts[i], &f), 0);
        char *theirs = sh("qemu-img create -q -f qcow2 size.qcow2 %s && "
                          "qemu-img info --output=json size.qcow2 | "
                          "sed -n 's/.*\"virtual-size\": \\([0-9]*\\),.*/\\1/p'",
                          texts[i]);
        uint64_t rounded = (s.bytes + 511) / 512 * 512;
        if (strtoull(theirs, NULL, 10) != rounded)
            fail_msg("%s: ours %" PRIu64 ", qemu-img's %s", texts[i], rounded, theirs);
        free(theirs);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_apply),
        cmocka_unit_test(test_as_qemu_img),
    };
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
