// Dialogue files: those of the tree are right, and each kind of mistake is told with its file, its
// line and why.
#include "workspace.h"

#include <sys/stat.h>

#include "dialogue/script.h"

// Writes dialogues/NAME below folder, which is made.
static void write_file(const char *folder, const char *name, const char *text) {
    char path[WORKSPACE_PATH_MAX];
    (void)mkdir(folder, 0755);
    (void)snprintf(path, sizeof path, "%s/dialogues", folder);
    (void)mkdir(path, 0755);
    (void)snprintf(path, sizeof path, "%s/dialogues/%s", folder, name);
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static void tree(void **state) {
    (void)state;
    struct failure f = {0};
    struct scripts *s = scripts_load(SOURCE_DIR "/scripts", &f);
    if (s == NULL)
        fail_msg("%s", f.what);
    assert_true(scripts_count(s) > 10);
    const struct dialogue *d = scripts_dialogue(s, "fdisk");
    assert_non_null(d);
    assert_string_equal(d->dialogue, "fdisk");
    assert_int_equal(dialogue_state(d, d->states[3].state), 3);
    assert_int_equal(dialogue_state(d, "no such state"), -1);
    const struct prompt *p = scripts_prompt(s, "shell");
    assert_non_null(p);
    assert_int_equal(p->echo, ECHO_ONCE);
    assert_true(p->chunk > 0);
    assert_int_equal(scripts_prompt(s, "isolinux")->echo, ECHO_TWICE);
    assert_int_equal(scripts_prompt(s, "monitor")->echo, ECHO_REDRAWN);
    assert_non_null(scripts_failure(s, "kernel-panic"));
    assert_null(scripts_dialogue(s, "no such dialogue"));
    assert_null(scripts_prompt(s, "no such prompt"));
    assert_null(scripts_failure(s, "no such failure"));
    scripts_free(s);
    scripts_free(NULL);
}

// A file that is right, with something of everything.
static const char right[] = "dialogue: runbook\n"                                             // 1
                            "about: a test\n"                                                 // 2
                            "prompts:\n"                                                      // 3
                            "  - prompt: shell\n"                                             // 4
                            "    echo: once\n"                                                // 5
                            "    chunk: 8\n"                                                  // 6
                            "    lead: \" [\"\n"                                              // 7
                            "    kill: \"\\x15\"\n"                                           // 8
                            "    submit: \"\\r\"\n"                                           // 9
                            "    mark: '; %{mark_left}'\n"                                    // 10
                            "    done: '(?<rc>\\d+)# '\n"                                     // 11
                            "  - {prompt: bare, echo: twice, chunk: 1, kill: x, submit: x}\n" // 12
                            "failures:\n"                                                     // 13
                            "  - failure: fell\n"                                             // 14
                            "    exit: internal\n"                                            // 15
                            "    says: it fell (%{rc})\n"                                     // 16
                            "    next: lift it\n"                                             // 17
                            "deaths:\n"                                                       // 18
                            "  - {death: dead, how: fatal, fault: guest, exit: internal, "    // 19
                            "says: dead, next: rest,\n"                                       //
                            "     see: 'panic', in: kernel}\n"                                // 20
                            "  - {death: ill, how: note, fault: disk, exit: internal, "       // 21
                            "says: ill, next: rest, in: runbook, bit: 2}\n"                   //
                            "states:\n"                                                       // 22
                            "  - state: one\n"                                                // 23
                            "    prompt: shell\n"                                             // 24
                            "    command: ls\n"                                               // 25
                            "    hold: true\n"                                                // 26
                            "    expect:\n"                                                   // 27
                            "      - see: '(?<word>\\w+)\\n'\n"                               // 28
                            "        list: word\n"                                            // 29
                            "    then:\n"                                                     // 30
                            "      - {when: rc == 0, goto: two}\n"                            // 31
                            "      - {fail: fell}\n"                                          // 32
                            "  - state: two\n"                                                // 33
                            "    stage: table\n"                                              // 34
                            "    tries: 3\n"                                                  // 35
                            "    exhausted: fell\n"                                           // 36
                            "    press: x\n"                                                  // 37
                            "    expect:\n"                                                   // 38
                            "      - see: 'a%{word}b'\n"                                      // 39
                            "        holds: word == x\n"                                      // 40
                            "        otherwise: one\n"                                        // 41
                            "        goto: done\n"                                            // 42
                            "      - {exit: true, goto: done}\n";                             // 43

// Line 21 with another end.
#define ILL(end)                                                                                   \
    "  - {death: ill, how: note, fault: disk, exit: internal, says: ill, next: rest, in: "         \
    "runbook, " end "}"

// What is put in a line's place, and what is then said, with its line.
static const struct {
    unsigned at, told;
    const char *line, *why;
} mistakes[] = {
    // YAML and the schema
    {22, 0, "states: [", ""},
    {23, 23, "  - state: one: two", ""},
    {2, 0, "\tabout: tab", "tab"},
    {1, 0, "", "Missing required"},
    {25, 25, "    comand: ls", "Unexpected key: comand"},
    {9, 0, "    # no submit", "Missing required"},
    {5, 5, "    echo: thrice", ""},
    {6, 6, "    chunk: many", ""},
    {6, 6, "    chunk: -1", ""},
    {6, 6, "    chunk: [1]", ""},
    {26, 26, "    hold: perhaps", ""},
    {26, 26, "    hold: 1", ""},
    {35, 35, "    tries: -3", ""},
    {22, 22, "states: none", ""},
    // Names
    {1, 1, "dialogue: other", "called `other`, its file runbook.yaml"},
    {33, 33, "  - state: one", "`one` is taken"},
    {33, 33, "  - state: done", "`done` is taken"},
    {31, 31, "      - {when: rc == 0, goto: three}", "no state `three`"},
    {32, 32, "      - {fail: tripped}", "the failure `tripped`"},
    {41, 41, "        otherwise: three", "no state `three`"},
    {42, 42, "        goto: three", "no state `three`"},
    {36, 36, "    exhausted: tripped", "the failure `tripped`"},
    {15, 15, "    exit: nowhere", "no exit code `nowhere`"},
    {24, 24, "    prompt: shall", "the prompt `shall`"},
    {34, 34, "    stage: tables", "no stage `tables`"},
    {37, 37, "    call: nobody", "no dialogue `nobody`"},
    // Variables, conditions, patterns
    {16, 16, "    says: it fell (%{none})", "none"},
    {25, 25, "    command: ls %{none}", "none"},
    {10, 10, "    mark: '; %{none}'", "none"},
    {39, 39, "      - see: 'a%{none}b'", "none"},
    {40, 40, "        holds: word = x", "not `=`"},
    {31, 31, "      - {when: none == 0, goto: two}", "no variable `none`"},
    {11, 11, "    done: '(?<code>\\d+)# '", "no group (?<rc>"},
    {29, 29, "        list: words", "no group (?<words>"},
    {34, 34, "    shows: '%{none}'", "none"},
    {34, 34, "    supposed: [{name: word, value: '%{none}'}]", "none"},
    {42, 42, "        likely: word = x", "not `=`"},
    // What goes together
    {28, 28, "      - in: console", "either `see` or `exit: true`"},
    {28, 28, "      - {in: kernel, in: console}", "already seen: in"},
    {43, 43, "      - {exit: true, see: x, goto: done}", "either `see` or `exit: true`"},
    {41, 39, "        # otherwise", "`holds` and `otherwise`"},
    {42, 39, "        goto: done\n        fail: fell", "`goto` or `fail`, not both"},
    {32, 32, "      - {when: rc == 1}", "either `goto` or `fail`"},
    {32, 32, "      - {goto: two, fail: fell}", "either `goto` or `fail`"},
    {36, 33, "    # exhausted", "`tries` and `exhausted`"},
    {37, 33, "    type: x", "names no prompt"},
    {37, 38, "    press: x\n    prompt: shell", "nothing is typed at this prompt"},
    {24, 25, "    prompt: bare", "takes no commands"},
    {37, 33, "    press: x\n    failed: fell", "belong to a command"},
    {37, 33, "    press: x\n    call: runbook", "more than one of"},
    {37, 33, "    press: x\n    qmp: '{}'", "more than one of"},
    {37, 38, "    press: x\n    until: paused", "`until` belongs to `qmp`"},
    {10, 4, "    # mark", "`mark` and `done`"},
    {6, 6, "    chunk: 0", "at least one byte"},
    {28, 29, "      - see: x\n        in: colonel", "console or kernel"},
    {34, 34, "    amiss: x", "no `shows`"},
    // Deaths
    {20, 20, "     see: 'panic(', in: kernel}", "panic("},
    {20, 20, "     see: 'panic$', in: kernel}", "ends in `$`"},
    {20, 20, "     see: 'x*', in: kernel}", ""},
    {20, 20, "     see: 'panic *', in: kernel}", "open or optional part"},
    {20, 20, "     see: 'a%{word}', in: kernel}", "no %{name} in it"},
    {20, 20, "     see: 'panic', in: colonel}", "screen or a dialogue, not `colonel`"},
    {21, 21, ILL("bit: 3"), "1, 2, 4"},
    {21, 21, ILL("bit: 0"), "1, 2, 4"},
    {21, 21, ILL("bit: 256"), "1, 2, 4"},
    {21, 21, ILL("code: 256"), "at most 255"},
    {21, 21, ILL("code: 1, bit: 2"), "more than one of see, code and bit"},
    {21, 21, ILL("code: 1, when: word = x"), "not `=`"},
    {21, 21, ILL("bit: 2, how: lethal"), ""},
    {21, 21, "  - {death: ill, how: note, fault: disk, exit: internal, says: s, next: n, bit: 2}",
     "that of a tool"},
    {21, 21, "  - {death: dead, how: note, fault: disk, exit: internal, says: s, next: n}",
     "`dead` is taken"},
    {21, 21, "  - {death: ill, how: note, fault: disk, exit: nowhere, says: s, next: n}",
     "no exit code `nowhere`"},
    {21, 21, "  - {death: ill, how: note, fault: disk, exit: internal, says: '%{none}', next: n}",
     "none"},
};

// The file with one line replaced.
static void write_mistake(const char *folder, unsigned at, const char *line) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    unsigned number = 1;
    for (const char *from = right; *from != '\0'; number++) {
        const size_t n = strcspn(from, "\n") + 1;
        if (number == at)
            (void)fprintf(out, "%s\n", line);
        else
            (void)fwrite(from, 1, n, out);
        from += n;
    }
    (void)fclose(out);
    write_file(folder, "runbook.yaml", text);
    free(text);
}

static void each_mistake(void **state) {
    (void)state;
    struct failure f = {0};
    write_file("right", "runbook.yaml", right);
    struct scripts *s = scripts_load("right", &f);
    if (s == NULL)
        fail_msg("the file that is right: %s", f.what);
    scripts_free(s);
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        char where[64];
        write_mistake("wrong", mistakes[i].at, mistakes[i].line);
        s = scripts_load("wrong", &f);
        if (s != NULL)
            fail_msg("row %zu: `%s` was taken", i, mistakes[i].line);
        assert_id(&f, EXIT_ID_SCRIPTS_BAD);
        (void)snprintf(where, sizeof where, "wrong/dialogues/runbook.yaml:%u:", mistakes[i].told);
        if (mistakes[i].told == 0)
            (void)snprintf(where, sizeof where, "wrong/dialogues/runbook.yaml:");
        if (strstr(f.what, where) == NULL || strstr(f.what, mistakes[i].why) == NULL)
            fail_msg("row %zu: `%s` in line %u: %s", i, mistakes[i].line, mistakes[i].at, f.what);
    }
}

// A state that only a time-out could end.
static void no_way_out(void **state) {
    (void)state;
    struct failure f = {0};
    write_file("closed", "runbook.yaml",
               "dialogue: runbook\nabout: x\nstates:\n  - state: a\n"
               "    expect:\n      - see: '(?<b>x)'\n        list: b\n");
    assert_null(scripts_load("closed", &f));
    assert_says(&f, "closed/dialogues/runbook.yaml:6: nothing that state `a` looks for leads out");
}

// More than one mistake: all are told; more than fit: the first ones.
static void many_mistakes(void **state) {
    (void)state;
    struct failure f = {0};
    write_file("many", "runbook.yaml",
               "dialogue: runbook\nabout: x\nstates:\n"
               "  - {state: a, next: b}\n  - {state: c, fail: d}\n");
    assert_null(scripts_load("many", &f));
    assert_says(&f, "many/dialogues/runbook.yaml:4: ");
    assert_says(&f, "many/dialogues/runbook.yaml:5: ");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    (void)fputs("dialogue: runbook\nabout: x\nstates:\n", out);
    for (int i = 0; i < 1000; i++)
        (void)fprintf(out, "  - {state: s%d, next: n%d}\n", i, i);
    (void)fclose(out);
    write_file("many", "runbook.yaml", text);
    free(text);
    assert_null(scripts_load("many", &f));
    assert_says(&f, "many/dialogues/runbook.yaml:4: ");
}

// Names are known in all files, in whichever they stand.
static void several_files(void **state) {
    (void)state;
    struct failure f = {0};
    write_file("several", "zz.yaml",
               "dialogue: zz\nabout: x\nstates:\n  - {state: a, set: [{name: v, value: 1}]}\n");
    write_file("several", "runbook.yaml",
               "dialogue: runbook\nabout: x\nstates:\n"
               "  - {state: a, call: zz}\n  - {state: b, press: \"%{v}\"}\n");
    write_file("several", ".hidden.yaml", "no dialogue\n");
    write_file("several", "notes.txt", "no dialogue\n");
    struct scripts *s = scripts_load("several", &f);
    if (s == NULL)
        fail_msg("%s", f.what);
    assert_int_equal(scripts_count(s), 2);
    assert_string_equal(scripts_at(s, 0)->dialogue, "runbook");
    assert_string_equal(scripts_path(s, 1), "several/dialogues/zz.yaml");
    scripts_free(s);
    write_file("several", "yy.yaml",
               "dialogue: yy\nabout: x\nfailures:\n"
               "  - {failure: f, exit: internal, says: a, next: b}\n"
               "  - {failure: f, exit: internal, says: a, next: b}\n");
    assert_null(scripts_load("several", &f));
    assert_says(&f, "several/dialogues/yy.yaml:5: the name `f` is taken");
}

static void no_files(void **state) {
    (void)state;
    struct failure f = {0};
    assert_null(scripts_load("nowhere", &f));
    assert_id(&f, EXIT_ID_SCRIPTS_BAD);
    assert_says(&f, "nowhere/dialogues");
    write_file("none", "notes.txt", "");
    assert_null(scripts_load("none", &f));
    assert_id(&f, EXIT_ID_SCRIPTS_BAD);
    assert_says(&f, "no *.yaml");
    write_file("other", "other.yaml", "dialogue: other\nabout: x\n");
    assert_null(scripts_load("other", &f));
    assert_id(&f, EXIT_ID_SCRIPTS_BAD);
    assert_says(&f, "no dialogue `runbook`");
    write_file("empty", "runbook.yaml", "");
    assert_null(scripts_load("empty", &f));
    assert_id(&f, EXIT_ID_SCRIPTS_BAD);
    assert_says(&f, "empty/dialogues/runbook.yaml");
    sh_do("mkdir -p folder/dialogues/runbook.yaml");
    assert_null(scripts_load("folder", &f));
    assert_id(&f, EXIT_ID_SCRIPTS_BAD);
    assert_says(&f, "folder/dialogues/runbook.yaml");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree),          cmocka_unit_test(each_mistake),
        cmocka_unit_test(many_mistakes), cmocka_unit_test(several_files),
        cmocka_unit_test(no_way_out),    cmocka_unit_test(no_files),
    };
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
