// The escape parser: what is text, what is a sequence, and that nothing gets stuck in one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "console/escape.h"

struct row {
    const char *bytes;
    const char *kept; // text, and controls as they are
    bool inside;      // afterwards
};

static const struct row rows[] = {
    {"plain", "plain", false},
    {"a\tb\r\n\x7f\x01", "a\tb\r\n\x7f\x01", false},
    {"\xc3\xa9\x9b\x80", "\xc3\xa9\x9b\x80", false}, // UTF-8, no C1 controls
    // CSI
    {"\033[1;35m/dev/sda2\033[m", "/dev/sda2", false},
    {"\033[6nx", "x", false},
    {"\033[?7l\033[2J\033[0mSeaBIOS", "SeaBIOS", false},
    {"bo\033[05;02H\033[05;03Hot:", "boot:", false},
    {"\033[1 qx", "x", false},
    {"\033[>0;1cx", "x", false},
    {"\033[12", "", true},
    {"\033[1\r2\nm", "\r\n", false},       // controls take effect
    {"\033[1\033[2mx", "x", false},        // begun anew
    {"\033[1\030x", "x", false},           // CAN
    {"\033[1\032x", "x", false},           // SUB
    {"\033[1\x7f;2mx", "x", false},        // DEL means nothing
    {"\033[1\xc3\xa9", "\xc3\xa9", false}, // no part of a sequence
    // Two bytes, and more
    {"\033cx\0337 10% ####\0338\033[0K", "x 10% ####", false},
    {"\033(Bx\033)0y\033#8z\033%Gw", "xyzw", false},
    {"\033 Fx", "x", false},
    {"\033=\033>\033Mx", "x", false},
    {"\033\033cx", "x", false},
    {"\033(\033cx", "x", false},
    {"\033(\030x", "x", false},
    {"\033(\nBx", "\nx", false},
    {"\033\nMx", "\nx", false},
    {"\033\x7fMx", "x", false},
    {"\033(\x7f"
     "Bx",
     "x", false},
    {"\033\xc3\xa9", "\xc3\xa9", false},
    {"\033(\xc3\xa9", "\xc3\xa9", false},
    {"\033\030x\033\032y", "xy", false},
    {"\033", "", true},
    {"\033(", "", true},
    // Control strings
    {"\033]0;title\007x", "x", false},
    {"\033]0;title\033\\x", "x", false},
    {"\033P1$r0m\033\\x", "x", false},
    {"\033Xsos\033\\\033^pm\033\\\033_apc\033\\x", "x", false},
    {"\033]0;\xc3\xa9\001\007x", "x", false},
    {"\033]0;\030x\033]0;\032y", "xy", false},
    {"\033]0;a\033[1mx", "x", false}, // another sequence ends it
    {"\033]0;never ended\r\nlogin: ", "\r\nlogin: ", false},
    {"\033]never ended\nlogin: ", "\nlogin: ", false},
    {"\033]0;a", "", true},
    {"\033]0;a\033", "", true},
};

static void test_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct escape e = {0};
        char kept[256];
        size_t n = 0;
        for (const char *b = rows[i].bytes; *b != '\0'; b++)
            if (escape_step(&e, (unsigned char)*b) != ESCAPE_PART)
                kept[n++] = *b;
        kept[n] = '\0';
        assert_string_equal(kept, rows[i].kept);
        assert_int_equal(escape_inside(&e), rows[i].inside);
    }
}

// How each of the parser's states is reached.
static const char *const prefixes[] = {"", "\033", "\033(", "\033[", "\033]", "\033]\033"};

// Every byte is one of the three in every state, and controls are never text.
static void test_every_byte_in_every_state(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        for (int byte = 0; byte < 256; byte++) {
            struct escape e = {0};
            for (const char *b = prefixes[i]; *b != '\0'; b++)
                assert_int_equal(escape_step(&e, (unsigned char)*b), ESCAPE_PART);
            assert_int_equal(escape_inside(&e), i > 0);
            enum escape_kind kind = escape_step(&e, (unsigned char)byte);
            bool control = byte < 0x20 || byte == 0x7f;
            assert_true(kind == ESCAPE_TEXT || kind == ESCAPE_CONTROL || kind == ESCAPE_PART);
            if (control)
                assert_int_not_equal(kind, ESCAPE_TEXT);
            if (kind == ESCAPE_TEXT)
                assert_false(escape_inside(&e));
            if (byte == '\r' || byte == '\n')
                assert_int_equal(kind, ESCAPE_CONTROL); // no state swallows a line's end
        }
}

// CAN brings the parser back from anywhere.
static void test_can_ends_everything(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        struct escape e = {0};
        for (const char *b = prefixes[i]; *b != '\0'; b++)
            (void)escape_step(&e, (unsigned char)*b);
        (void)escape_step(&e, 0x18);
        assert_false(escape_inside(&e));
    }
}

// The kinds of C0 controls that are told apart outside of a sequence.
static void test_kinds_on_the_ground(void **state) {
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        struct escape e = {0};
        enum escape_kind expected = byte == 0x1b                  ? ESCAPE_PART
                                    : byte < 0x20 || byte == 0x7f ? ESCAPE_CONTROL
                                                                  : ESCAPE_TEXT;
        assert_int_equal(escape_step(&e, (unsigned char)byte), expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_every_byte_in_every_state),
        cmocka_unit_test(test_can_ends_everything),
        cmocka_unit_test(test_kinds_on_the_ground),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
