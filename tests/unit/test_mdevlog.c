// mdev's log as it comes over the console: whole, or told to be torn.
#include "workspace.h"

#include <openssl/evp.h>
#define ZLIB_CONST // what is packed is not written to
#include <zlib.h>

#include "guest/mdevlog.h"

enum { LINE_BYTES = 57 }; // of what is encoded; 76 letters

// gzip and base64, as lines.
struct packed {
    unsigned char *bytes;
    size_t size;
    char **lines;
    size_t count;
};

static struct packed pack(const void *data, size_t size) {
    struct packed p = {0};
    z_stream z = {.next_in = data, .avail_in = (uInt)size};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    const size_t room = deflateBound(&z, size) + 32;
    p.bytes = malloc(room);
    assert_non_null(p.bytes);
    z.next_out = p.bytes;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    p.size = room - z.avail_out;
    assert_int_equal(deflateEnd(&z), Z_OK);
    p.count = (p.size + LINE_BYTES - 1) / LINE_BYTES;
    p.lines = calloc(p.count + 1, sizeof *p.lines);
    assert_non_null(p.lines);
    for (size_t i = 0; i < p.count; i++) {
        const size_t at = i * LINE_BYTES;
        const size_t n = p.size - at < LINE_BYTES ? p.size - at : LINE_BYTES;
        p.lines[i] = malloc(100);
        assert_non_null(p.lines[i]);
        (void)EVP_EncodeBlock((unsigned char *)p.lines[i], p.bytes + at, (int)n);
    }
    return p;
}

static void unpack(struct packed *p) {
    for (size_t i = 0; i < p->count; i++)
        free(p->lines[i]);
    free(p->lines);
    free(p->bytes);
}

// Writes lines to a file. Returns what mdevlog_write does.
static int write_to(const char *path, char *const *lines, size_t count, struct failure *f) {
    FILE *out = mdevlog_open(path, f);
    assert_non_null(out);
    const int result = mdevlog_write(out, lines, count, f);
    (void)fclose(out);
    return result;
}

static void assert_file(const char *path, const void *data, size_t size) {
    FILE *in = fopen(path, "re");
    assert_non_null(in);
    char *bytes = malloc(size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, size + 1, in), size);
    assert_memory_equal(bytes, data, size);
    free(bytes);
    (void)fclose(in);
}

static const char text[] = "mdev[1234]: 12:34:56.789012 ACTION:add SEQNUM:1234 SUBSYSTEM:block\n"
                           "mdev[1234]: mdev.seq='1230', need '1234'\n";

static void whole(void **state) {
    (void)state;
    struct failure f = {0};
    struct packed p = pack(text, sizeof text - 1);
    assert_true(p.count > 1);
    assert_int_equal(write_to("log", p.lines, p.count, &f), 0);
    assert_file("log", text, sizeof text - 1);
    unpack(&p);
}

// Nothing was logged; and a large log of bytes that do not pack well.
static void sizes(void **state) {
    (void)state;
    enum { LARGE = 300000 };
    struct failure f = {0};
    unsigned char *large = malloc(LARGE);
    assert_non_null(large);
    uint32_t x = 1;
    for (size_t i = 0; i < LARGE; i++) {
        x = x * 1664525 + 1013904223;
        large[i] = (unsigned char)(x >> 24);
    }
    static const size_t all[] = {0, 1, 56, 57, 58, 16384, 16385, LARGE};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct packed p = pack(large, all[i]);
        assert_int_equal(write_to("log", p.lines, p.count, &f), 0);
        assert_file("log", large, all[i]);
        unpack(&p);
    }
    free(large);
}

// Empty lines are no part of it.
static void empty_lines(void **state) {
    (void)state;
    struct failure f = {0};
    char nothing[] = "";
    struct packed p = pack(text, sizeof text - 1);
    char *lines[16] = {nothing};
    size_t count = 1;
    for (size_t i = 0; i < p.count; i++) {
        lines[count++] = p.lines[i];
        lines[count++] = nothing;
        assert_true(count + 2 < 16);
    }
    assert_int_equal(write_to("log", lines, count, &f), 0);
    assert_file("log", text, sizeof text - 1);
    unpack(&p);
}

// A line that is missing, a letter that is another, and no line at all: never taken for the log.
static void torn(void **state) {
    (void)state;
    struct packed p = pack(text, sizeof text - 1);
    for (size_t missing = 0; missing < p.count; missing++) {
        struct failure f = {0};
        char *lines[16];
        size_t count = 0;
        for (size_t i = 0; i < p.count; i++)
            if (i != missing)
                lines[count++] = p.lines[i];
        assert_int_equal(write_to("log", lines, count, &f), -1);
        assert_id(&f, EXIT_ID_MDEV_LOG_FAILED);
    }
    // All but gzip's header, whose time and system no checksum covers.
    for (size_t i = 0; i < p.count; i++)
        for (size_t k = i == 0 ? 16 : 0; p.lines[i][k] != '\0'; k++) {
            struct failure f = {0};
            const char letter = p.lines[i][k];
            p.lines[i][k] = letter == 'A' ? 'B' : 'A';
            const int result = write_to("log", p.lines, p.count, &f);
            // A change of bits that mean nothing gives the log all the same.
            if (result == 0)
                assert_file("log", text, sizeof text - 1);
            else
                assert_id(&f, EXIT_ID_MDEV_LOG_FAILED);
            p.lines[i][k] = letter;
        }
    unpack(&p);
    struct failure f = {0};
    assert_int_equal(write_to("log", NULL, 0, &f), -1);
    assert_id(&f, EXIT_ID_MDEV_LOG_FAILED);
}

static void no_base64(void **state) {
    (void)state;
    static const char *const others[] = {"gzip: can't open", "!!!!", "H4sIAAAA\x01",
                                         "H4sI====H4sI",     "abcd", "H"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct failure f = {0};
        char line[64];
        (void)snprintf(line, sizeof line, "%s", others[i]);
        char *lines[] = {line};
        assert_int_equal(write_to("log", lines, 1, &f), -1);
        assert_id(&f, EXIT_ID_MDEV_LOG_FAILED);
    }
}

static void files(void **state) {
    (void)state;
    struct failure f = {0};
    assert_null(mdevlog_open("no/such/folder", &f));
    assert_id(&f, EXIT_ID_OUTPUT_UNWRITABLE);
    assert_says(&f, "no/such/folder");
    struct packed p = pack(text, sizeof text - 1);
    assert_int_equal(write_to("/dev/full", p.lines, p.count, &f), -1);
    assert_id(&f, EXIT_ID_HOST_FULL);
    unpack(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole), cmocka_unit_test(sizes),     cmocka_unit_test(empty_lines),
        cmocka_unit_test(torn),  cmocka_unit_test(no_base64), cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
