// The parser's states and transitions, as tables of byte ranges.
#include "console/escape.h"

enum state {
    GROUND = 0, // as escape_inside takes it
    ESC,        // after ESC, also within a control string: ESC `\` ends it, all else begins anew
    ESC_INTER,  // after ESC and intermediate bytes: `ESC ( B`
    CSI,        // after ESC `[`
    STRING,     // in a control string
    STATE_COUNT
};

// A byte from `first` to `last` is a `kind`, and leads to state `next`.
struct transition {
    unsigned char first, last;
    unsigned char kind;
    unsigned char next;
};

enum { CAN = 0x18, SUB = 0x1a, BEL = 0x07, LF = 0x0a, CR = 0x0d, DEL = 0x7f };

// The first row that fits counts. The rows of a state cover every byte; the last one ends at 0xff.
// clang-format off
static const struct transition ground_rows[] = {
    {0x20, 0x7e, ESCAPE_TEXT, GROUND},
    {0x1b, 0x1b, ESCAPE_PART, ESC},
    {0x00, 0x1f, ESCAPE_CONTROL, GROUND},
    {DEL, DEL, ESCAPE_CONTROL, GROUND},
    {0x80, 0xff, ESCAPE_TEXT, GROUND},
};

static const struct transition esc_rows[] = {
    {0x1b, 0x1b, ESCAPE_PART, ESC},
    {CAN, CAN, ESCAPE_PART, GROUND},
    {SUB, SUB, ESCAPE_PART, GROUND},
    {0x00, 0x1f, ESCAPE_CONTROL, ESC},
    {0x20, 0x2f, ESCAPE_PART, ESC_INTER},
    {'[', '[', ESCAPE_PART, CSI},
    {']', ']', ESCAPE_PART, STRING}, // OSC
    {'P', 'P', ESCAPE_PART, STRING}, // DCS
    {'X', 'X', ESCAPE_PART, STRING}, // SOS
    {'^', '_', ESCAPE_PART, STRING}, // PM, APC
    {0x30, 0x7e, ESCAPE_PART, GROUND},
    {DEL, DEL, ESCAPE_PART, ESC},
    {0x80, 0xff, ESCAPE_TEXT, GROUND},
};

static const struct transition esc_inter_rows[] = {
    {0x1b, 0x1b, ESCAPE_PART, ESC},
    {CAN, CAN, ESCAPE_PART, GROUND},
    {SUB, SUB, ESCAPE_PART, GROUND},
    {0x00, 0x1f, ESCAPE_CONTROL, ESC_INTER},
    {0x20, 0x2f, ESCAPE_PART, ESC_INTER},
    {0x30, 0x7e, ESCAPE_PART, GROUND},
    {DEL, DEL, ESCAPE_PART, ESC_INTER},
    {0x80, 0xff, ESCAPE_TEXT, GROUND},
};

static const struct transition csi_rows[] = {
    {0x1b, 0x1b, ESCAPE_PART, ESC},
    {CAN, CAN, ESCAPE_PART, GROUND},
    {SUB, SUB, ESCAPE_PART, GROUND},
    {0x00, 0x1f, ESCAPE_CONTROL, CSI},
    {0x20, 0x3f, ESCAPE_PART, CSI},
    {0x40, 0x7e, ESCAPE_PART, GROUND},
    {DEL, DEL, ESCAPE_PART, CSI},
    {0x80, 0xff, ESCAPE_TEXT, GROUND},
};

static const struct transition string_rows[] = {
    {0x1b, 0x1b, ESCAPE_PART, ESC},
    {CAN, CAN, ESCAPE_PART, GROUND},
    {SUB, SUB, ESCAPE_PART, GROUND},
    {BEL, BEL, ESCAPE_PART, GROUND}, // how an OSC ends in practice
    {LF, LF, ESCAPE_CONTROL, GROUND},
    {CR, CR, ESCAPE_CONTROL, GROUND},
    {0x00, 0xff, ESCAPE_PART, STRING},
};

static const struct transition *const state_rows[STATE_COUNT] = {
    [GROUND] = ground_rows,
    [ESC] = esc_rows,
    [ESC_INTER] = esc_inter_rows,
    [CSI] = csi_rows,
    [STRING] = string_rows,
};
// clang-format on

enum escape_kind escape_step(struct escape *e, unsigned char byte) {
    const struct transition *t = state_rows[e->state];
    while (byte < t->first || byte > t->last)
        t++;
    e->state = t->next;
    return (enum escape_kind)t->kind;
}
