// A table of states. The kernel pads seconds with blanks to a width of five, a caller to six.
#include "console/head.h"

enum state {
    LEVEL_0 = HEAD_DONE + 1, // after `<` and so many digits
    LEVEL_1,
    LEVEL_2,
    LEVEL_3,
    LEVEL_END,
    OPEN,
    BLANK_1, // after so many blanks
    BLANK_2,
    BLANK_3,
    BLANK_4,
    NEED_3, // after blanks and digits, and so many more digits make a width of five
    NEED_2,
    NEED_1,
    NEED_0,
    DIGIT_1, // after so many digits and no blank
    DIGIT_2,
    DIGIT_3,
    DIGIT_4,
    DIGIT_5,
    DIGIT_6,
    DIGIT_7,
    DIGIT_8,
    DIGIT_9,
    DIGIT_10,
    DIGIT_11, // 2^64 nanoseconds are eleven digits of seconds
    MICRO_0,  // after the point and so many digits
    MICRO_1,
    MICRO_2,
    MICRO_3,
    MICRO_4,
    MICRO_5,
    MICRO_6,
    CLOSED,
    CALLER_OPEN,
    CALLER_BLANK_1,
    CALLER_BLANK_2,
    CALLER_BLANK_3,
    CALLER_BLANK_4,
    CALLER_NEED_4, // so many more digits make a width of six
    CALLER_NEED_3,
    CALLER_NEED_2,
    CALLER_NEED_1,
    CALLER_NEED_0,
    CALLER_DIGIT_0, // after the letter and so many digits, no blank before
    CALLER_DIGIT_1,
    CALLER_DIGIT_2,
    CALLER_DIGIT_3,
    CALLER_DIGIT_4,
    CALLER_DIGIT_5,
    CALLER_DIGIT_6,
    CALLER_DIGIT_7,
    CALLER_DIGIT_8,
    CALLER_DIGIT_9,
    CALLER_DIGIT_10, // 2^32
    CALLER_CLOSED,
    STATES
};

// Where each kind of byte leads from each state. Zero is HEAD_NONE.
struct row {
    unsigned char less, more, open, close, blank, point, digit, letter;
};

static const struct row rows[STATES] = {
    [HEAD_START] = {.less = LEVEL_0, .open = OPEN},
    [LEVEL_0] = {.digit = LEVEL_1},
    [LEVEL_1] = {.digit = LEVEL_2, .more = LEVEL_END},
    [LEVEL_2] = {.digit = LEVEL_3, .more = LEVEL_END},
    [LEVEL_3] = {.more = LEVEL_END},
    [LEVEL_END] = {.open = OPEN},
    [OPEN] = {.blank = BLANK_1, .digit = DIGIT_1},
    [BLANK_1] = {.blank = BLANK_2, .digit = NEED_3},
    [BLANK_2] = {.blank = BLANK_3, .digit = NEED_2},
    [BLANK_3] = {.blank = BLANK_4, .digit = NEED_1},
    [BLANK_4] = {.digit = NEED_0},
    [NEED_3] = {.digit = NEED_2},
    [NEED_2] = {.digit = NEED_1},
    [NEED_1] = {.digit = NEED_0},
    [NEED_0] = {.point = MICRO_0},
    [DIGIT_1] = {.digit = DIGIT_2},
    [DIGIT_2] = {.digit = DIGIT_3},
    [DIGIT_3] = {.digit = DIGIT_4},
    [DIGIT_4] = {.digit = DIGIT_5},
    [DIGIT_5] = {.digit = DIGIT_6, .point = MICRO_0},
    [DIGIT_6] = {.digit = DIGIT_7, .point = MICRO_0},
    [DIGIT_7] = {.digit = DIGIT_8, .point = MICRO_0},
    [DIGIT_8] = {.digit = DIGIT_9, .point = MICRO_0},
    [DIGIT_9] = {.digit = DIGIT_10, .point = MICRO_0},
    [DIGIT_10] = {.digit = DIGIT_11, .point = MICRO_0},
    [DIGIT_11] = {.point = MICRO_0},
    [MICRO_0] = {.digit = MICRO_1},
    [MICRO_1] = {.digit = MICRO_2},
    [MICRO_2] = {.digit = MICRO_3},
    [MICRO_3] = {.digit = MICRO_4},
    [MICRO_4] = {.digit = MICRO_5},
    [MICRO_5] = {.digit = MICRO_6},
    [MICRO_6] = {.close = CLOSED},
    [CLOSED] = {.blank = HEAD_DONE, .open = CALLER_OPEN},
    [CALLER_OPEN] = {.blank = CALLER_BLANK_1, .letter = CALLER_DIGIT_0},
    [CALLER_BLANK_1] = {.blank = CALLER_BLANK_2, .letter = CALLER_NEED_4},
    [CALLER_BLANK_2] = {.blank = CALLER_BLANK_3, .letter = CALLER_NEED_3},
    [CALLER_BLANK_3] = {.blank = CALLER_BLANK_4, .letter = CALLER_NEED_2},
    [CALLER_BLANK_4] = {.letter = CALLER_NEED_1},
    [CALLER_NEED_4] = {.digit = CALLER_NEED_3},
    [CALLER_NEED_3] = {.digit = CALLER_NEED_2},
    [CALLER_NEED_2] = {.digit = CALLER_NEED_1},
    [CALLER_NEED_1] = {.digit = CALLER_NEED_0},
    [CALLER_NEED_0] = {.close = CALLER_CLOSED},
    [CALLER_DIGIT_0] = {.digit = CALLER_DIGIT_1},
    [CALLER_DIGIT_1] = {.digit = CALLER_DIGIT_2},
    [CALLER_DIGIT_2] = {.digit = CALLER_DIGIT_3},
    [CALLER_DIGIT_3] = {.digit = CALLER_DIGIT_4},
    [CALLER_DIGIT_4] = {.digit = CALLER_DIGIT_5},
    [CALLER_DIGIT_5] = {.digit = CALLER_DIGIT_6, .close = CALLER_CLOSED},
    [CALLER_DIGIT_6] = {.digit = CALLER_DIGIT_7, .close = CALLER_CLOSED},
    [CALLER_DIGIT_7] = {.digit = CALLER_DIGIT_8, .close = CALLER_CLOSED},
    [CALLER_DIGIT_8] = {.digit = CALLER_DIGIT_9, .close = CALLER_CLOSED},
    [CALLER_DIGIT_9] = {.digit = CALLER_DIGIT_10, .close = CALLER_CLOSED},
    [CALLER_DIGIT_10] = {.close = CALLER_CLOSED},
    [CALLER_CLOSED] = {.blank = HEAD_DONE},
};

unsigned char head_step(unsigned char state, char byte) {
    const struct row *row = &rows[state];
    switch (byte) {
    case '<':
        return row->less;
    case '>':
        return row->more;
    case '[':
        return row->open;
    case ']':
        return row->close;
    case ' ':
        return row->blank;
    case '.':
        return row->point;
    case 'C':
    case 'T':
        return row->letter;
    default:
        return byte >= '0' && byte <= '9' ? row->digit : HEAD_NONE;
    }
}

unsigned char head_second(unsigned char state) {
    return state >= CALLER_OPEN && state <= CALLER_BLANK_4
               ? (unsigned char)(OPEN + (state - CALLER_OPEN))
               : HEAD_NONE;
}

unsigned char head_stamp(void) {
    return CLOSED;
}
