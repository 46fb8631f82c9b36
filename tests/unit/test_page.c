// --report's page: what is put into it stays data, whatever bytes it is of; and it stays bounded.
#include "workspace.h"

#include <jansson.h>
#include <openssl/evp.h>

#include "page/embed.h"
#include "page/events.h"
#include "page/gather.h"
#include "page/page.h"
#include "page/template.h"
#include "page/text_buffer.h"
#include "page/timing.h"

enum { BYTES = 256 };

// Texts that would end the element, begin another, or be no JavaScript.
static const char *const hostile[] = {
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>",
    "\" onload=\"alert(1)",
    "&lt;/script&gt;&#60;",
    "\xe2\x80\xa8\xe2\x80\xa9",
    "\x01\x1b[31m\x7f",
    "</SCRIPT\n>",
    "'\\u003c/script>",
    "\xf0\x9f\x98\x80 \xef\xbb\xbf",
};

// Embeds, looks at each byte, and reads it again.
static void check_embedded(json_t *json) {
    struct text_buffer page = {0};
    assert_int_equal(embed_json(&page, json), 0);
    for (size_t i = 0; i < page.size; i++) {
        const char c = page.bytes[i];
        assert_true(c >= ' ' && c <= '~' && c != '<' && c != '>' && c != '&');
    }
    json_t *again = json_loadb(page.bytes, page.size, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    assert_true(json_equal(json, again));
    json_decref(again);
    text_buffer_free(&page);
}

static void test_hostile_texts(void **state) {
    (void)state;
    json_t *all = json_object();
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        json_t *one = json_string(hostile[i]);
        assert_non_null(one);
        check_embedded(one);
        assert_int_equal(json_object_set_new(all, hostile[i], one), 0);
    }
    check_embedded(all);
    json_decref(all);
}

static void test_any_bytes(void **state) {
    (void)state;
    unsigned char bytes[BYTES];
    for (int i = 0; i < BYTES; i++)
        bytes[i] = (unsigned char)i;
    json_t *json = embed_bytes(bytes, sizeof bytes);
    check_embedded(json);
    // One character for each byte: those beyond ASCII take two bytes of UTF-8.
    const unsigned char *text = (const unsigned char *)json_string_value(json);
    size_t at = 0;
    for (unsigned i = 0; i < BYTES; i++) {
        const unsigned c =
            text[at] < 0x80 ? text[at] : (text[at] & 0x1fU) << 6 | (text[at + 1] & 0x3fU);
        at += text[at] < 0x80 ? 1 : 2;
        assert_int_equal(c, i);
    }
    assert_int_equal(at, json_string_length(json));
    json_decref(json);
}

static json_t *events_of(const char *text, size_t size) {
    json_t *all = json_object();
    FILE *in = fmemopen((void *)text, size, "r");
    assert_non_null(in);
    assert_int_equal(events_read(all, in), 0);
    (void)fclose(in);
    return all;
}

static size_t count_of(const json_t *all, const char *type) {
    size_t n = 0, i;
    json_t *event;
    json_array_foreach(json_object_get(all, "events"), i, event) n +=
        strcmp(json_string_value(json_object_get(event, "type")), type) == 0;
    return n;
}

static json_int_t damaged(const json_t *all) {
    return json_integer_value(json_object_get(all, "damaged"));
}

// What is no event is counted, a line that was cut off, too; types that the page does not show are
// not.
static void test_events(void **state) {
    (void)state;
    static const char text[] = "{\"t\":0,\"type\":\"start\",\"disk\":\"\\u0000</script>\"}\n"
                               "not JSON\n"
                               "[1]\n"
                               "\n"
                               "{\"t\":-1,\"type\":\"state\"}\n"
                               "{\"t\":\"1\",\"type\":\"state\"}\n"
                               "{\"t\":1e300,\"type\":\"state\"}\n"
                               "{\"t\":1,\"type\":7}\n"
                               "{\"t\":1,\"type\":\"match\",\"text\":\"x\"}\n"
                               "{\"t\":2,\"type\":\"state\",\"state\":\"\xff\"}\n"
                               "{\"t\":2.5,\"type\":\"state\",\"state\":\"print\"}\n"
                               "{\"t\":3,\"type\":\"end\",\"co";
    json_t *all = events_of(text, sizeof text - 1);
    assert_int_equal(count_of(all, "start"), 1);
    assert_int_equal(count_of(all, "state"), 1);
    assert_int_equal(count_of(all, "match"), 0);
    assert_int_equal(json_array_size(json_object_get(all, "events")), 2);
    assert_int_equal(damaged(all), 9);
    json_decref(all);
}

// A flood of one type leaves room for the others, and is told.
static void test_flood(void **state) {
    (void)state;
    enum { FLOOD = 20000 };
    struct text_buffer text = {0};
    for (int i = 0; i < FLOOD; i++)
        text_buffer_add_text(
            &text, "{\"t\":1,\"type\":\"kernel\",\"text\":\"[    1.000000] the same again\"}\n");
    text_buffer_add_text(&text, "{\"t\":2,\"type\":\"failure\",\"what\":\"x\"}\n");
    json_t *all = events_of(text.bytes, text.size);
    const size_t kept = count_of(all, "kernel");
    assert_true(kept > 1000 && kept < FLOOD);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(all, "left_out"), "kernel")),
        FLOOD - kept);
    assert_int_equal(count_of(all, "failure"), 1);
    json_decref(all);
    text_buffer_free(&text);
}

static void test_deep_and_long_lines(void **state) {
    (void)state;
    struct text_buffer text = {0};
    text_buffer_add_text(&text, "{\"t\":1,\"type\":\"proof\",\"x\":");
    for (int i = 0; i < 1000; i++)
        text_buffer_add_text(&text, "[");
    text_buffer_add_text(&text, "\n{\"t\":1,\"type\":\"state\",\"state\":\"");
    for (int i = 0; i < 200000; i++)
        text_buffer_add_text(&text, "0123456789");
    text_buffer_add_text(&text, "\"}\n{\"t\":1,\"type\":\"state\",\"state\":\"[[[[\\\"{\"}\n");
    json_t *all = events_of(text.bytes, text.size);
    assert_int_equal(damaged(all), 2);
    assert_int_equal(count_of(all, "state"), 1);
    json_decref(all);
    text_buffer_free(&text);
}

static void test_timing(void **state) {
    (void)state;
    static const char text[] =
        "H 0.000000 START_TIME 2026-11-23\nO 0.5 10\nI 0.25 3\nO 0.25 5\nS 1 SIGWINCH\n"
        "O nan 5\nO -1 5\nO 1 -5\nO\n\nO 1 x\nO 0 7";
    FILE *in = fmemopen((void *)text, sizeof text - 1, "r");
    json_t *pairs = timing_read(in);
    (void)fclose(in);
    json_t *wanted = json_pack("[[f,i],[f,i],[f,i]]", 0.5, 10, 1.0, 15, 4.0, 22);
    assert_true(json_equal(pairs, wanted));
    json_decref(pairs);
    json_decref(wanted);
    pairs = timing_read(NULL);
    assert_int_equal(json_array_size(pairs), 0);
    json_decref(pairs);
}

// Ever so many lines become at most TIMING_MAX pairs, which still reach to the end or near it.
static void test_long_timing(void **state) {
    (void)state;
    enum { LINES = 50000 };
    struct text_buffer text = {0};
    for (int i = 0; i < LINES; i++)
        text_buffer_add_text(&text, "O 0.001 2\n");
    FILE *in = fmemopen(text.bytes, text.size, "r");
    json_t *pairs = timing_read(in);
    (void)fclose(in);
    const size_t n = json_array_size(pairs);
    assert_true(n > TIMING_MAX / 2 && n <= TIMING_MAX);
    double last = 0;
    for (size_t i = 0; i < n; i++) {
        const double bytes = json_number_value(json_array_get(json_array_get(pairs, i), 1));
        assert_true(bytes > last);
        last = bytes;
    }
    assert_true(last > 2 * LINES * 0.99 && last <= 2 * LINES);
    json_decref(pairs);
    text_buffer_free(&text);
}

static json_t *gathered(void) {
    struct failure f = {0};
    json_t *all = gather("recording", &f);
    if (all == NULL)
        fail_msg("%s", f.what);
    return all;
}

static void test_gather(void **state) {
    (void)state;
    struct failure f = {0};
    sh_do("rm -rf recording; mkdir recording");
    assert_null(gather("recording", &f));
    assert_int_equal(f.id, EXIT_ID_RECORDING_BAD);
    sh_do("mkfifo recording/events.jsonl"); // is not waited for
    assert_null(gather("recording", &f));
    assert_int_equal(f.id, EXIT_ID_RECORDING_BAD);

    sh_do("cd recording; rm events.jsonl; : >events.jsonl");
    json_t *all = gathered(); // cut off before anything came
    assert_int_equal(json_array_size(json_object_get(all, "console")), 0);
    assert_true(json_is_null(json_object_get(all, "mdev_log")));
    json_decref(all);

    sh_do("cd recording; printf 'Script started\\nab\\377</script>' >output.log; printf 'mdev[1]: "
          "x\\n' >mdev.log");
    all = gathered();
    json_t *piece = json_array_get(json_object_get(all, "console"), 0);
    assert_int_equal(json_integer_value(json_object_get(all, "console_bytes")), 12);
    assert_int_equal(json_integer_value(json_object_get(piece, "at")), 0);
    assert_string_equal(json_string_value(json_object_get(piece, "bytes")), "ab\xc3\xbf</script>");
    assert_string_equal(json_string_value(json_object_get(all, "mdev_log")), "mdev[1]: x\n");
    assert_string_equal(json_string_value(json_object_get(all, "folder")), "recording");
    json_decref(all);
    static const char *const names[][2] = {{"./recording///", "recording"},
                                           {"recording/.", "."},
                                           {"recording/../recording", "recording"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        all = gather(names[i][0], &f);
        assert_string_equal(json_string_value(json_object_get(all, "folder")), names[i][1]);
        json_decref(all);
    }
}

// Of a long console the beginning and the end are kept, and where they were.
static void test_long_console(void **state) {
    (void)state;
    const json_int_t head = 512 << 10, tail = 1536 << 10, size = 3 << 20;
    sh_do("mkdir -p recording; : >recording/events.jsonl; { echo header; printf B; "
          "head -c %lld /dev/zero | tr '\\0' x; printf E; } >recording/output.log",
          (long long)size - 2);
    json_t *all = gathered();
    json_t *pieces = json_object_get(all, "console");
    assert_int_equal(json_array_size(pieces), 2);
    json_t *first = json_array_get(pieces, 0), *last = json_array_get(pieces, 1);
    const char *end = json_string_value(json_object_get(last, "bytes"));
    assert_int_equal(json_integer_value(json_object_get(all, "console_bytes")), size);
    assert_int_equal(json_string_length(json_object_get(first, "bytes")), head);
    assert_int_equal(json_string_value(json_object_get(first, "bytes"))[0], 'B');
    assert_int_equal(json_integer_value(json_object_get(last, "at")), size - tail);
    assert_int_equal(strlen(end), tail);
    assert_int_equal(end[tail - 1], 'E');
    json_decref(all);
}

static void fill(struct text_buffer *page, json_t *data) {
    struct failure f = {0};
    if (template_fill(page, "template", data, &f) != 0)
        fail_msg("%s", f.what);
    text_buffer_add(page, "", 1);
}

static void write_template(const char *page) {
    sh_do("rm -rf template; mkdir template; cd template; printf 'p{}' >a.css; printf 'f()' >b.js; "
          "printf ';g()' >c.js; "
          "printf '%%s\\n' '%s' >page.html",
          page);
}

// The digest that a policy names for an element's content.
static char *digest_of(const char *content) {
    return sh("printf '%s' | openssl dgst -sha256 -binary | base64", content);
}

static void test_template(void **state) {
    (void)state;
    struct text_buffer page = {0};
    json_t *data = json_pack("{s:s}", "x", "</script>");
    write_template("<p>\n@policy\n@style a.css\n@data\n@script b.js c.js\n</p>");
    fill(&page, data);
    char *style = digest_of("\\np{}");
    char *script = digest_of("\\nf();g()");
    char *wanted = sh("printf '%%s\\n' '<p>' '<meta http-equiv=\"Content-Security-Policy\" "
                      "content=\"default-src '\"'none'\"'; base-uri "
                      "'\"'none'\"'; form-action '\"'none'\"'; style-src '\"'sha256-%s'\"'; "
                      "script-src '\"'sha256-%s'\"'\">' '<style>' "
                      "'p{}</style>' '<script type=\"application/json\" "
                      "id=\"data\">{\"x\":\"\\u003c/script\\u003e\"}</script>' "
                      "'<script>' 'f();g()</script>' '</p>'",
                      style, script);
    page.bytes[page.size - 2] = '\0'; // the last newline
    assert_string_equal(page.bytes, wanted);
    free(style);
    free(script);
    free(wanted);
    json_decref(data);
    text_buffer_free(&page);
}

static void test_bad_templates(void **state) {
    (void)state;
    static const char *const bad[] = {"@script ../b.js", "@script /etc/passwd", "@style none.css",
                                      "@include a.css", "@"};
    json_t *data = json_object();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct text_buffer page = {0};
        struct failure f = {0};
        write_template(bad[i]);
        assert_int_equal(template_fill(&page, "template", data, &f), -1);
        assert_int_equal(f.id, EXIT_ID_SCRIPTS_BAD);
        text_buffer_free(&page);
    }
    json_decref(data);
}

// The real template: the file is whole, its owner's, and replaces a former one only when it is
// finished.
static void test_write(void **state) {
    (void)state;
    struct failure f = {0};
    sh_do("rm -rf recording; mkdir recording; printf "
          "'{\"t\":0,\"type\":\"start\",\"disk\":\"</script><b>\"}\\n' "
          ">recording/events.jsonl");
    assert_int_equal(page_writable("r.html", &f), 0);
    assert_int_equal(page_write("r.html", "recording", SOURCE_DIR "/scripts", &f), 0);
    char *facts = sh("stat -c %%a r.html; grep -c '</script>' r.html; tail -n 1 r.html; grep -c "
                     "'<b>' r.html || true; ls -d r.html*");
    assert_string_equal(facts, "600\n2\n</html>\n0\nr.html");
    free(facts);
    assert_int_equal(page_write("r.html", "nowhere", SOURCE_DIR "/scripts", &f), -1);
    assert_int_equal(f.id, EXIT_ID_RECORDING_BAD);
    assert_int_equal(page_write("missing/r.html", "recording", SOURCE_DIR "/scripts", &f), -1);
    assert_int_equal(f.id, EXIT_ID_OUTPUT_UNWRITABLE);
    assert_int_equal(page_writable("missing/r.html", &f), -1);
    assert_int_equal(page_writable("recording", &f), -1);
    sh_do("tail -n 1 r.html | grep -qx '</html>'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_deep_and_long_lines),
        cmocka_unit_test(test_timing),
        cmocka_unit_test(test_long_timing),
        cmocka_unit_test(test_gather),
        cmocka_unit_test(test_long_console),
        cmocka_unit_test(test_template),
        cmocka_unit_test(test_bad_templates),
        cmocka_unit_test(test_write),
    };
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
