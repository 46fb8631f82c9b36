// The parts of the ISO's concern that need no server: what --iso means, checksum files, lists of
// releases, digests, gpgv's words, URLs, the catalogue, the look at an ISO.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "iso/catalogue.h"
#include "iso/checksum.h"
#include "iso/digest.h"
#include "iso/look.h"
#include "iso/releases.h"
#include "iso/signature.h"
#include "iso/source.h"
#include "iso/wanted.h"
#include "iso/writer.h"
#include "report/progress.h"

static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void test_source(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum source_kind kind;
    } rows[] = {
        {"3.20.3", SOURCE_RELEASE}, {"v3.20.3", SOURCE_RELEASE}, {"3.21.0_rc1", SOURCE_RELEASE},
        {"3.20", SOURCE_BRANCH},    {"v3.20", SOURCE_BRANCH},    {"latest", SOURCE_LATEST},
        {"./3.20.3", SOURCE_FILE},  {"a.iso", SOURCE_FILE},      {"/a/3.20", SOURCE_FILE},
        {"3", SOURCE_FILE},         {"3.20.3.iso", SOURCE_FILE}, {"3.20.", SOURCE_FILE},
        {".20", SOURCE_FILE},       {"3..20", SOURCE_FILE},      {"3.20.3_rc", SOURCE_FILE},
        {"vv3.20", SOURCE_FILE},    {"", SOURCE_FILE},           {"Latest", SOURCE_FILE},
        {"12345.1", SOURCE_FILE},   {"https://h/x", SOURCE_URL}, {"file:///x", SOURCE_URL},
        {"3.20.3 ", SOURCE_FILE},   {"-3.20", SOURCE_FILE},      {"3.20.3_rc12", SOURCE_RELEASE},
        {"../3.20.3", SOURCE_FILE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (source_kind(rows[i].text) != rows[i].kind)
            fail_msg("'%s' is taken for kind %d", rows[i].text, (int)source_kind(rows[i].text));
    assert_int_equal(source_branch_length("3.20.3"), 4);
    assert_int_equal(source_branch_length("x"), 0);
}

static void test_source_compare(void **state) {
    (void)state;
    static const char *const order[] = {"3.9.9",  "3.19.1", "3.20.0_rc1", "3.20.0_rc2",
                                        "3.20.0", "3.20.3", "3.20.10",    "4.0.0"};
    const size_t n = sizeof order / sizeof *order;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++) {
            const int c = source_compare(order[i], order[k]);
            if ((i < k && c >= 0) || (i > k && c <= 0) || (i == k && c != 0))
                fail_msg("%s and %s: %d", order[i], order[k], c);
        }
}

static void test_hex(void **state) {
    (void)state;
    char lower[DIGEST_HEX + 1];
    char text[DIGEST_HEX + 2];
    (void)snprintf(text, sizeof text, "%s", abc);
    assert_true(digest_is_hex(text, NULL));
    text[0] = 'B';
    assert_true(digest_is_hex(text, lower));
    assert_string_equal(lower, abc);
    text[63] = 'g';
    assert_false(digest_is_hex(text, NULL));
    text[63] = '\0';
    assert_false(digest_is_hex(text, NULL));
    (void)snprintf(text, sizeof text, "%s0", abc);
    assert_false(digest_is_hex(text, NULL));
    assert_false(digest_is_hex("", NULL));
}

static int file_of(const char *bytes, size_t size) {
    char path[] = "/tmp/qemu-grow-iso.XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)unlink(path);
    assert_int_equal(write(fd, bytes, size), size);
    return fd;
}

static void test_digest_file(void **state) {
    (void)state;
    char hex[DIGEST_HEX + 1];
    const int fd = file_of("abc", 3);
    assert_int_equal(digest_file(fd, -1, hex), 0);
    assert_string_equal(hex, abc);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "", 1), 1);
    assert_int_equal(digest_file(fd, ends[0], hex), -1); // told to stop
    assert_int_equal(digest_file(ends[0], -1, hex), -1); // no file
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)close(fd);
}

// A file that has some of the bytes gets the others in blocks of many sizes; against a digest of
// the whole.
static void test_writer(void **state) {
    (void)state;
    enum { SIZE = 9000000 }; // the digest is behind at times
    char *bytes = malloc(SIZE);
    assert_non_null(bytes);
    unsigned seed = 1;
    for (size_t i = 0; i < SIZE; i++) {
        seed = seed * 1103515245 + 12345;
        bytes[i] = (char)(seed >> 16);
    }
    static const size_t before[] = {0, 1, 700000, SIZE};
    static const size_t steps[] = {2500000, 65536, 10007, 4096};
    const int whole = file_of(bytes, SIZE);
    char right[DIGEST_HEX + 1];
    char hex[DIGEST_HEX + 1];
    uint64_t size = 0;
    assert_int_equal(digest_file(whole, -1, right), 0);
    for (size_t b = 0; b < 4; b++)
        for (size_t s = 0; s < 4; s++) {
            const int fd = file_of(bytes, before[b]);
            struct writer *w = writer_new(fd, before[b]);
            assert_non_null(w);
            for (size_t at = before[b]; at < SIZE;) {
                const size_t n = SIZE - at < steps[s] ? SIZE - at : steps[s];
                assert_int_equal(writer_add(w, bytes + at, n), 0);
                at += n;
            }
            assert_int_equal(writer_add(w, NULL, 0), 0);
            assert_int_equal(writer_end(w, &size, hex), 0);
            assert_int_equal(size, SIZE);
            assert_string_equal(hex, right);
            assert_int_equal(digest_file(fd, -1, hex), 0);
            assert_string_equal(hex, right);
            (void)close(fd);
        }
    (void)close(whole);
    free(bytes);
}

static void test_writer_failures(void **state) {
    (void)state;
    char hex[DIGEST_HEX + 1];
    uint64_t size = 0;
    const int fd = file_of("abc", 3);
    struct writer *w = writer_new(fd, 4); // the file is shorter than said
    assert_int_equal(writer_end(w, &size, hex), -1);
    w = writer_new(fd, 3);
    assert_int_equal(writer_add(w, "def", 3), 0);
    writer_drop(w);
    writer_drop(NULL);
    (void)close(fd);
    // What cannot be written is said at the latest when all blocks are full, and from then on.
    static const char much[16 * 1024 * 1024];
    const int full = open("/dev/full", O_RDWR | O_CLOEXEC);
    assert_true(full >= 0);
    w = writer_new(full, 0);
    for (int i = 0; i < 2; i++) {
        errno = 0;
        assert_int_equal(writer_add(w, much, sizeof much), -1);
        assert_int_equal(errno, ENOSPC);
    }
    assert_int_equal(writer_end(w, &size, NULL), -1);
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(size, 0);
    // And of less than a block at the end.
    w = writer_new(full, 0);
    assert_int_equal(writer_add(w, "abc", 3), 0);
    assert_int_equal(writer_end(w, &size, hex), -1);
    assert_int_equal(errno, ENOSPC);
    (void)close(full);
}

// A slow transfer's bytes are in the file although they fill no block; the end still fits.
static void test_writer_tick(void **state) {
    (void)state;
    struct stat st = {0};
    char hex[DIGEST_HEX + 1];
    char right[DIGEST_HEX + 1];
    uint64_t size = 0;
    const int fd = file_of("", 0);
    const int whole = file_of("abcdef", 6);
    struct writer *w = writer_new(fd, 0);
    assert_int_equal(writer_add(w, "abc", 3), 0);
    for (writer_tick(w); st.st_size != 3;)
        assert_true(fstat(fd, &st) == 0 && sched_yield() == 0);
    writer_tick(w); // nothing has come
    assert_int_equal(writer_add(w, "def", 3), 0);
    assert_int_equal(writer_end(w, &size, hex), 0);
    assert_int_equal(size, 6);
    assert_int_equal(digest_file(whole, -1, right), 0);
    assert_string_equal(hex, right);
    (void)close(fd);
    (void)close(whole);
}

static void test_checksum(void **state) {
    (void)state;
    static const char other[] = "0000000000000000000000000000000000000000000000000000000000000000";
    char hex[DIGEST_HEX + 1];
    char text[1024];
    static const struct {
        const char *format; // with abc and other for its two %s
        int found;
    } rows[] = {
        {"%s  a.iso\n", 0},
        {"%s *a.iso\n", 0},
        {"%s  a.iso", 0},
        {"%s\n", 0},
        {"%s  a.iso\r\n", 0},
        {"%s  /some/where/a.iso\n", 0},
        {"# comment\n%s  a.iso\n", 0},
        {"%s  a.iso\n%s  b.iso\n", 0},
        {"%s  a.iso\n%s  a.iso\n", -1}, // they do not agree
        {"%s  b.iso\n", -1},
        {"%s a.iso\n", -1},
        {"%s  \n", 0},
        {"%s-  a.iso\n", -1},
        {" %s  a.iso\n", -1},
        {"SHA256 (a.iso) = %s\n", -1},
        {"", -1},
        {"\n\n\n", -1},
        {"<html>%s</html>", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        // The format is one of the rows above.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)snprintf(text, sizeof text, rows[i].format, abc, other);
#pragma GCC diagnostic pop
        if (checksum_find(text, strlen(text), "a.iso", DIGEST_SHA256, hex) != rows[i].found)
            fail_msg("row %zu: '%s'", i, text);
        if (rows[i].found == 0)
            assert_string_equal(hex, abc);
    }
    assert_int_equal(checksum_find("\0\0\0", 3, "a.iso", DIGEST_SHA256, hex), -1);
    // SHA-512: twice as many digits, and neither is taken for the other.
    char long_hex[DIGEST_HEX_MAX + 1];
    (void)snprintf(text, sizeof text, "%s%s  a.iso\n", abc, other);
    assert_int_equal(checksum_find(text, strlen(text), "a.iso", DIGEST_SHA256, hex), -1);
    assert_int_equal(checksum_find(text, strlen(text), "a.iso", DIGEST_SHA512, long_hex), 0);
    assert_int_equal(strlen(long_hex), DIGEST_HEX_MAX);
    assert_memory_equal(long_hex, abc, DIGEST_HEX);
    (void)snprintf(text, sizeof text, "%s  a.iso\n", abc);
    assert_int_equal(checksum_find(text, strlen(text), "a.iso", DIGEST_SHA512, long_hex), -1);
}

static void test_releases(void **state) {
    (void)state;
    struct newest n;
    struct failure f;
    static const char good[] =
        "---\n-\n  flavor: alpine-standard\n  arch: x86_64\n  version: 3.20.9\n"
        "-\n  title: \"Virtual\"\n  desc: |\n    Similar to standard.\n    Slimmed down kernel.\n"
        "  branch: v3.20\n  arch: x86_64\n  version: 3.20.3\n  flavor: alpine-virt\n"
        "  file: alpine-virt-3.20.3-x86_64.iso\n  date: 2024-09-06\n  time: 11:20:38\n"
        "  size: 63963136\n"
        "  sha256: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";
    assert_int_equal(releases_newest(&n, good, strlen(good), "3.20", "it", &f), 0);
    assert_string_equal(n.version, "3.20.3");
    assert_string_equal(n.sha256, abc);
    assert_int_equal(n.size, 63963136);
    assert_int_equal(releases_newest(&n, good, strlen(good), "3.2", "it", &f), -1);
    assert_int_equal(f.id, EXIT_ID_ISO_FETCH_FAILED);
    static const char bare[] = "- {flavor: alpine-virt, arch: x86_64, version: 3.20.3}\n";
    assert_int_equal(releases_newest(&n, bare, strlen(bare), NULL, "it", &f), 0);
    assert_string_equal(n.sha256, "");
    assert_int_equal(n.size, 0);
    assert_int_equal(releases_newest(&n, "x", 1, NULL, "it", &f), -1);
    assert_int_equal(releases_newest(&n, "", 0, NULL, "it", &f), -1);
}

static void test_gpgv_words(void **state) {
    (void)state;
#define FPR "0482D84022F52DF1C4E7CD43293ACD0907D9495A"
#define OTHER "1111111111111111111111111111111111111111"
#define VALID(fpr) "[GNUPG:] VALIDSIG " fpr " 2024-09-06 1725618038 0 4 0 1 8 00 " fpr "\n"
    static const struct {
        const char *status;
        const char *says; // NULL: good
    } rows[] = {
        {"[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 293ACD0907D9495A N <n@x>\n" VALID(FPR), NULL},
        {"[GNUPG:] GOODSIG 1111 X\n" VALID(OTHER), "none of the release key"},
        {VALID(FPR), "none of the release key"},
        {"[GNUPG:] GOODSIG 293ACD0907D9495A N\n", "none of the release key"},
        {"[GNUPG:] EXPKEYSIG 293ACD0907D9495A N\n" VALID(FPR), "key has expired"},
        {"[GNUPG:] REVKEYSIG 293ACD0907D9495A N\n" VALID(FPR), "key was revoked"},
        {"[GNUPG:] EXPSIG 293ACD0907D9495A N\n" VALID(FPR), "it has expired"},
        {"[GNUPG:] BADSIG 293ACD0907D9495A N\n", "the file was changed"},
        {"[GNUPG:] GOODSIG 2 N\n" VALID(FPR) "[GNUPG:] BADSIG 1 M\n", "the file was changed"},
        {"[GNUPG:] ERRSIG 1 1 8 00 1 9\n[GNUPG:] NO_PUBKEY ABCDEF\n", "another key ABCDEF"},
        {"[GNUPG:] NODATA 4\n", "there is none"},
        {"", "none of the release key"},
        // A name is text of the key's owner: it must not pass for a status.
        {"gpgv: [GNUPG:] GOODSIG 1 " FPR "\n", "none of the release key"},
    };
    struct failure f;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const int result = signature_judge(rows[i].status, FPR, "x.iso", &f);
        if (rows[i].says == NULL ? result != 0
                                 : result == 0 || strstr(f.what, rows[i].says) == NULL ||
                                       f.id != EXIT_ID_ISO_SIGNATURE)
            fail_msg("row %zu: %d %s", i, result, f.what);
    }
}

static struct catalogue *source_catalogue(void) {
    struct failure f = {0};
    assert_int_equal(setenv("XDG_CONFIG_HOME", "/nonexistent", 1), 0);
    struct catalogue *c = catalogue_load(SOURCE_DIR "/isos", true, &f);
    if (c == NULL)
        fail_msg("%s", f.what);
    return c;
}

// The catalogue that is shipped.
static void test_catalogue(void **state) {
    (void)state;
    struct catalogue *c = source_catalogue();
    const struct release *r = catalogue_release(c, "3.20.3");
    assert_non_null(r);
    assert_int_equal(r->size, 63963136);
    assert_string_equal(r->sha256,
                        "81df854fbd7327d293c726b1eeeb82061d3bc8f5a86a6f77eea720f6be372261");
    assert_ptr_equal(catalogue_digest(c, r->sha256), r);
    assert_null(catalogue_release(c, "3.20.2"));
    assert_string_equal(catalogue_default(c), "3.20.3");
    assert_string_equal(catalogue_key_at(c, 0)->fingerprint,
                        "0482D84022F52DF1C4E7CD43293ACD0907D9495A");
    assert_null(catalogue_key_at(c, 1));
    for (size_t i = 0; catalogue_mirror_at(c, i) != NULL; i++)
        assert_int_equal(strncmp(catalogue_mirror_at(c, i), "https://", 8), 0);
    // No digest and no version twice.
    for (size_t i = 0; (r = catalogue_release_at(c, i)) != NULL; i++) {
        assert_ptr_equal(catalogue_release(c, r->version), r);
        assert_ptr_equal(catalogue_digest(c, r->sha256), r);
    }
    char *path = catalogue_path(c, "3.20.3");
    assert_string_equal(path, "v3.20/releases/x86_64/alpine-virt-3.20.3-x86_64.iso");
    free(path);
    path = catalogue_newest(c, NULL);
    assert_string_equal(path, "latest-stable/releases/x86_64/latest-releases.yaml");
    free(path);
    path = catalogue_newest(c, "3.20");
    assert_string_equal(path, "v3.20/releases/x86_64/latest-releases.yaml");
    free(path);
    catalogue_free(c);
}

static void test_wanted(void **state) {
    (void)state;
    struct catalogue *c = source_catalogue();
    struct wanted w;
    struct failure f;
    const struct iso_request q = {.least = TRUST_SIGNED};
    assert_int_equal(wanted_release(&w, &q, c, "3.20.3", &f), 0);
    assert_string_equal(w.urls[0], "https://dl-cdn.alpinelinux.org/alpine/v3.20/releases/x86_64/"
                                   "alpine-virt-3.20.3-x86_64.iso");
    assert_non_null(w.pin);
    char *key = wanted_key(&w);
    assert_string_equal(key, w.sha256);
    free(key);
    wanted_free(&w);
    assert_int_equal(wanted_release(&w, &q, c, "3.20.2", &f), 0);
    assert_null(w.pin);
    key = wanted_key(&w);
    assert_string_equal(key, "name-alpine-virt-3_20_2-x86_64_iso");
    free(key);
    wanted_free(&w);
    // The digest of a known name holds wherever the file is from.
    assert_int_equal(wanted_url(&w, &q, c, "https://h/d/alpine-virt-3.20.3-x86_64.iso?x=/y#z", &f),
                     0);
    assert_string_equal(w.name, "alpine-virt-3.20.3-x86_64.iso");
    assert_non_null(w.pin);
    wanted_free(&w);
    assert_int_equal(wanted_url(&w, &q, c, "https://h/d/alpine-virt-3.20.3-x86_64.iso", &f), 0);
    assert_non_null(w.pin);
    wanted_free(&w);
    assert_int_equal(wanted_url(&w, &q, c, "https://h/", &f), -1);
    assert_int_equal(f.id, EXIT_ID_USAGE);
    wanted_free(&w);
    const struct newest wrong = {.version = "3.20.3", .sha256 = "00"};
    assert_int_equal(wanted_newest(&w, &q, c, &wrong, &f), -1);
    assert_int_equal(f.id, EXIT_ID_ISO_MISMATCH);
    wanted_free(&w);
    catalogue_free(c);
}

static void test_html(void **state) {
    (void)state;
    static const char *const pages[] = {
        "<!DOCTYPE html>", "<html>",  " \r\n\t<HTML lang=en>", "\xef\xbb\xbf<!doctype HTML>",
        "<head>",          "<?xml ?>"};
    static const char *const others[] = {"", "<", "<!DOCTYP", "x<html>", "\xef\xbb\xbf", "   "};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        assert_int_equal(look_is_html(pages[i], strlen(pages[i])), 1);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(look_is_html(others[i], strlen(others[i])), 0);
}

static void test_progress(void **state) {
    (void)state;
    enum { MIB = 1048576 };
    char line[256];
    progress_line(line, sizeof line, "a.iso", (uint64_t)21 * MIB, (uint64_t)42 * MIB, 7.0 * MIB,
                  100);
    assert_string_equal(
        line, "a.iso  [###############...............]   50%  21.0 of 42.0 MiB  7.0 MiB/s  "
              "0:03 left");
    progress_line(line, sizeof line, "a.iso", (uint64_t)21 * MIB, 0, 7.0 * MIB, 100);
    assert_string_equal(line, "a.iso  21.0 MiB  7.0 MiB/s");
    for (unsigned columns = 10; columns < 120; columns++) {
        progress_line(line, sizeof line, "alpine-virt-3.20.3-x86_64.iso", 1, (uint64_t)42 * MIB, 0,
                      columns);
        if (strlen(line) >= columns)
            fail_msg("%zu characters in %u columns", strlen(line), columns);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source),      cmocka_unit_test(test_source_compare),
        cmocka_unit_test(test_hex),         cmocka_unit_test(test_digest_file),
        cmocka_unit_test(test_writer),      cmocka_unit_test(test_writer_failures),
        cmocka_unit_test(test_writer_tick), cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_releases),    cmocka_unit_test(test_gpgv_words),
        cmocka_unit_test(test_catalogue),   cmocka_unit_test(test_wanted),
        cmocka_unit_test(test_html),        cmocka_unit_test(test_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
