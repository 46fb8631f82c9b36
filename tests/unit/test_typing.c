// Typing where keys and drawings go astray: what reaches the guest's line, and when Enter is
// pressed.
//
// The program on the other side is this one, as `test_typing guest KIND`: a line editor that does
// to its keys what KIND says, and answers Enter by the line that it got.
#include "workspace.h"

#include <sys/stat.h>

#include "dialogue/machine.h"

enum { LINE_MAX_SIZE = 4096, KEYS_OF_A_TERMINAL = 64, COLUMNS = 80 };

// Keys are letters, so that a failure can be read.
static const char head[] =
    "dialogue: runbook\nabout: a test\n"
    "prompts:\n"
    "  - {prompt: line, echo: once, chunk: 4, kill: K, erase: E, redraw: R, again: '> ', pad: _, "
    "submit: '!', taken: \"\\n\", cursor: \"\\e[1;1R\"}\n"
    "  - {prompt: bare, echo: once, chunk: 4, kill: K, erase: E, redraw: R, reveal: _, again: "
    "'\\n', "
    "pad: _, submit: '!', taken: \"\\n\"}\n"
    "failures:\n"
    "  - {failure: fooled, exit: node-missing, says: fooled, next: rest}\n"
    "states:\n";

// ---- The guest.

static const struct kind {
    const char *name;
    const char *prompt;   // drawn before the line
    const char *question; // printed once, and not drawn
    unsigned drop;        // every so many-th key is lost, 0: none
    unsigned twice;       // or comes twice
    unsigned enters;      // so many Enters are lost
    bool late;            // each drawing comes once more, before the answer to the next key
    bool wraps;           // a row that is full is ended, and then Enter shows nothing
    bool asks;            // where the cursor is; no Enter comes before the answer
} kinds[] = {
    {.name = "sound", .prompt = "> "},
    {.name = "late", .prompt = "> ", .drop = 7, .enters = 1, .late = true},
    {.name = "drop2", .prompt = "> ", .drop = 2},
    {.name = "drop3", .prompt = "> ", .drop = 3},
    {.name = "twice2", .prompt = "> ", .twice = 2},
    {.name = "hidden", .prompt = "", .question = "How many?\r\n"},
    // Two pads take `hello` past the end of the row; one would end there.
    {.name = "wraps",
     .prompt = "........................................................................> ",
     .wraps = true},
    {.name = "asks", .prompt = "> ", .asks = true},
    {.name = "hidden3", .prompt = "", .question = "How many?\r\n", .drop = 3},
};

static const char answer[] = "\x1b[1;1R";

struct guest {
    const struct kind *kind;
    char line[LINE_MAX_SIZE];
    size_t size;
    unsigned enters;
    bool owes;       // a drawing
    size_t answered; // bytes
};

static bool fills_row(const struct guest *g) {
    return g->kind->wraps && (strlen(g->kind->prompt) + g->size) % COLUMNS == 0;
}

static void draw(const struct guest *g) {
    (void)printf("\r%s%.*s", g->kind->prompt, (int)g->size, g->line);
}

// What one key does that has come.
static void take(struct guest *g, char key) {
    if (g->kind->asks && key == answer[g->answered]) {
        g->answered++;
        return;
    }
    if (g->owes)
        draw(g);
    g->owes = key == 'R' && g->kind->late;
    if (key == 'R') {
        draw(g);
    } else if (key == 'K') {
        g->size = 0;
        draw(g);
    } else if (key == 'E') {
        g->size -= g->size > 0;
    } else if (key == '!') {
        if (g->enters++ < g->kind->enters || fills_row(g) ||
            (g->kind->asks && g->answered < sizeof answer - 1))
            return;
        (void)printf("\r\ngot <%.*s>\r\n%s", (int)g->size, g->line, g->kind->prompt);
        g->size = 0;
    } else if (g->size < LINE_MAX_SIZE) {
        g->line[g->size++] = key;
        (void)printf("%c%s", key, fills_row(g) ? "\r\n" : "");
    }
}

static int guest(const char *name) {
    struct guest g = {.kind = kinds};
    while (strcmp(g.kind->name, name) != 0)
        g.kind++;
    (void)printf("%s%s%s", g.kind->question == NULL ? "" : g.kind->question, g.kind->prompt,
                 g.kind->asks ? "\x1b[6n" : "");
    unsigned count = 0;
    char keys[KEYS_OF_A_TERMINAL];
    ssize_t n;
    (void)fflush(stdout);
    while ((n = read(0, keys, sizeof keys)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            count++;
            if (g.kind->drop > 0 && count % g.kind->drop == 0)
                continue;
            take(&g, keys[i]);
            if (g.kind->twice > 0 && count % g.kind->twice == 0)
                take(&g, keys[i]);
        }
        (void)fflush(stdout);
    }
    return 0;
}

// ---- The tests.

#define SEE "  - {state: a, expect: [{see: '> ', goto: b}]}\n"
#define PRESS "  - {state: a, press: K, expect: [{see: 'many', goto: b}]}\n"
#define TYPE(PROMPT)                                                                               \
    "  - {state: b, prompt: " PROMPT ", type: hello, expect: [{see: '> hello', fail: fooled}, "    \
    "{see: 'got <(?<word>[a-z]*)_*>', goto: done}]}\n"

static const struct {
    const char *kind;
    const char *states;
    bool mends;
} rows[] = {
    {"sound", SEE TYPE("line"), false},
    // A drawing that comes late is not the answer to an Enter that was lost.
    {"late", SEE TYPE("line"), true},
    // The key before the first Enter has come: Enter itself does not, nor any like it.
    {"drop2", SEE TYPE("line"), true},
    {"drop3", SEE TYPE("line"), true},
    {"twice2", SEE TYPE("line"), true},
    {"asks", SEE TYPE("line"), false},
    // The prompt's columns count.
    {"wraps", SEE TYPE("line"), false},
    // Something was pressed, so the line is looked at; it is empty, and its drawing shows nothing.
    {"hidden", PRESS TYPE("bare"), false},
    {"hidden3", PRESS TYPE("bare"), true},
};

static char self[WORKSPACE_PATH_MAX]; // the path of this program

static void type(size_t i) {
    struct failure f = {0};
    (void)mkdir("dialogues", 0755);
    FILE *file = fopen("dialogues/runbook.yaml", "we");
    assert_non_null(file);
    (void)fprintf(file, "%s%s", head, rows[i].states);
    assert_int_equal(fclose(file), 0);
    struct scripts *scripts = scripts_load(".", &f);
    if (scripts == NULL)
        fail_msg("%s", f.what);
    FILE *out = fopen("/dev/null", "we");
    struct report *report = report_new(out, out, 1, false, false);
    struct vars *vars = vars_new();
    char *argv[] = {self, (char *)"guest", (char *)rows[i].kind, NULL};
    struct link *l = link_new(pty_spawn(argv, &f), NULL, -1);
    assert_true(l != NULL && vars != NULL && report != NULL);
    struct machine *m = machine_new(scripts, vars, l, report, "disk", STAGE_ENLARGED);
    assert_non_null(m);
    if (machine_run(m, "runbook", &f) != 0)
        fail_msg("%s: %s", rows[i].kind, f.what);
    assert_string_equal(vars_get(vars, "word"), "hello");
    if ((machine_retypings(m) > 0) != rows[i].mends)
        fail_msg("%s: typed again %u times", rows[i].kind, machine_retypings(m));
    machine_free(m);
    link_free(l);
    vars_free(vars);
    scripts_free(scripts);
    report_free(report);
    (void)fclose(out);
}

static void lines(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        type(i);
}

int main(int argc, char **argv) {
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        return 1;
    if (argc == 3 && strcmp(argv[1], "guest") == 0)
        return guest(argv[2]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines)};
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
