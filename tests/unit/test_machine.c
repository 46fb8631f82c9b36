// The machine, on small dialogues with small programs: what it types, sees, sets, and where it
// goes.
#include "workspace.h"

#include <sys/stat.h>

#include "dialogue/machine.h"
#include "shell_link.h"

// What every dialogue here begins with. The program on the other side is a shell script, on a raw
// terminal; `take N` sends back N bytes as it gets them, as an echo, and so does cat all that come.
static const char head[] =
    "dialogue: runbook\nabout: a test\n"
    "prompts:\n"
    "  - {prompt: line, echo: once, chunk: 4, kill: k, again: '> ', submit: '!'}\n"
    "  - {prompt: shell, echo: once, chunk: 99, kill: k, submit: '!', mark: "
    "';%{mark_left}~%{mark_right}', "
    "done: '%{mark_left}%{mark_right}=(?<rc>\\d+)> '}\n"
    "failures:\n"
    "  - {failure: fell, exit: apk-failed, says: 'it fell (%{word})', next: 'lift %{word}'}\n"
    "  - {failure: tired, exit: node-missing, says: tired, next: rest}\n"
    "deaths:\n"
    "  - {death: dead, how: fatal, fault: guest, exit: kernel-panic, see: '(?<said>PANIC)', "
    "says: 'dead (%{said})', next: rest}\n"
    "  - {death: halt, how: fatal, fault: host, exit: kernel-panic, in: kernel, see: 'halt', "
    "when: word == none, says: halted, next: rest}\n"
    "  - {death: ill, how: cause, fault: disk, exit: disk-error, in: kernel, see: 'ill(?<n>\\d)', "
    "says: 'ill %{n}', next: look}\n"
    "  - {death: odd, how: note, fault: guest, exit: internal, see: 'odd;', says: odd, next: -}\n"
    "  - {death: said, how: cause, fault: iso, exit: cd-error, in: runbook, see: 'no CD', says: "
    "CD lost, next: look}\n"
    "  - {death: nine, how: cause, fault: iso, exit: guest-fault, in: runbook, code: 9, says: nine "
    "of all, next: look}\n"
    "  - {death: bits, how: cause, fault: disk, exit: fsck-failed, in: runbook, bit: 8, says: bit "
    "one, next: look}\n"
    "states:\n"
    "  - {state: begin, set: [{name: word, value: none}]}\n";

// A program that answers a command line as the prompt `shell` above wants it: reads up to `!`,
// sends the line back, and ends it with the mark and exit code $1.
static const char take[] = "take() { dd bs=1 count=$1 2>/dev/null; }; ";

#define SHELL                                                                                      \
    "run() { line=; while c=$(take 1) && [ \"$c\" != '!' ]; do printf %s "                         \
    "\"$c\"; line=$line$c; done; mark=${line##*;}; }; "                                            \
    "fin() { printf '%s=%s> ' \"${mark%~*}${mark#*~}\" \"$1\"; }; "

static const struct {
    const char *name;
    const char *states;  // behind `head`
    const char *program; // of sh -c
    enum exit_id id;     // EXIT_ID_OK: it ends well
    const char *what;    // words of the failure; when it ends well, the value of `word`
} rows[] = {
    {"nothing", "  - {state: a}\n", "cat", EXIT_ID_OK, "none"},
    {"see", "  - {state: a, expect: [{see: 'give (?<word>\\w+) now', goto: done}]}\n",
     "printf 'give it now'; cat", EXIT_ID_OK, "it"},
    {"stay and look on",
     "  - {state: a, expect: [{see: 'w(?<word>\\d)'}, {see: 'end', goto: done}]}\n",
     "printf 'w1 w2 w3 end w4'; cat", EXIT_ID_OK, "3"},
    {"first in the text, not in the list",
     "  - {state: a, expect: [{see: 'b', goto: wrong}, {see: 'a', goto: done}]}\n"
     "  - {state: wrong, fail: tired}\n",
     "printf 'ab'; cat", EXIT_ID_OK, "none"},
    {"what was seen is not seen again",
     "  - {state: a, expect: [{see: 'x(?<word>\\d)', goto: b}]}\n"
     "  - {state: b, expect: [{see: 'x(?<word>\\d)', goto: done}]}\n",
     "printf 'x1 x2 x3'; cat", EXIT_ID_OK, "2"},
    {"when of a rule",
     "  - {state: a, expect: [{see: 'x', when: word == other, fail: tired}, {see: 'xy', goto: "
     "done}]}\n",
     "printf 'xy'; cat", EXIT_ID_OK, "none"},
    {"holds",
     "  - {state: a, expect: [{see: 'n=(?<n>\\d)', holds: n == 2, otherwise: b, goto: done}]}\n"
     "  - {state: b, set: [{name: word, value: 'not %{n}'}]}\n",
     "printf 'n=3'; cat", EXIT_ID_OK, "not 3"},
    {"a value in a pattern is no pattern",
     "  - {state: a, set: [{name: word, value: 'a.c'}], expect: [{see: '(?<word>%{word})!', goto: "
     "done}]}\n",
     "printf 'abc! a.c!'; cat", EXIT_ID_OK, "a.c"},
    {"set, when",
     "  - {state: a, set: [{name: word, value: a}, {name: word, value: '%{word}b', when: word == "
     "a}, "
     "{name: word, value: c, when: word == a}]}\n",
     "cat", EXIT_ID_OK, "ab"},
    {"skip a state",
     "  - {state: a, when: word == some, fail: tired}\n  - {state: b, when: word == some, "
     "otherwise: d}\n"
     "  - {state: c, fail: tired}\n  - {state: d, set: [{name: word, value: d}]}\n",
     "cat", EXIT_ID_OK, "d"},
    {"kernel lines",
     "  - {state: a, expect: [{see: 'usb (?<word>\\d)', in: kernel, goto: b}]}\n"
     "  - {state: b, expect: [{see: 'pro: ', goto: done}]}\n",
     "printf 'pr[   12.345678] usb 7\\r\\no: '; cat", EXIT_ID_OK, "7"},

    {"fail", "  - {state: a, fail: fell}\n", "cat", EXIT_ID_APK_FAILED, "it fell (none)"},
    {"seen, fail", "  - {state: a, expect: [{see: 'no (?<word>\\w+)!', fail: fell}]}\n",
     "printf 'no room!'; cat", EXIT_ID_APK_FAILED, "it fell (room)"},
    {"death", "  - {state: a, expect: [{see: 'never', goto: done}]}\n", "printf 'PANIC'; cat",
     EXIT_ID_KERNEL_PANIC, "dead (PANIC); at fault is the guest"},
    {"death in kernel lines", "  - {state: a, expect: [{see: 'never', goto: done}]}\n",
     "printf '[    1.000000] halt\\r\\n'; cat", EXIT_ID_KERNEL_PANIC,
     "halted; at fault is the host"},
    {"death while typing", "  - {state: a, prompt: line, type: hello}\n",
     "printf 'hePANIC'; cat >/dev/null", EXIT_ID_KERNEL_PANIC, "dead (PANIC)"},
    {"death that does not count now",
     "  - {state: a, set: [{name: word, value: x}], expect: [{see: 'never', goto: done}]}\n",
     "printf '[    1.000000] halt\\r\\n'; exit 3", EXIT_ID_QEMU_DIED, "ended with status 3"},
    {"death after an illness", "  - {state: a, expect: [{see: 'never', goto: done}]}\n",
     "printf '[    1.000000] ill4\\r\\nPANIC'; cat", EXIT_ID_KERNEL_PANIC,
     "dead (PANIC); before that: ill 4; at fault is the guest"},
    {"illness ends nothing", "  - {state: a, expect: [{see: 'end', goto: done}]}\n",
     "printf '[    1.000000] ill4\\r\\nodd; end'; cat", EXIT_ID_OK, "none"},
    {"illness takes nothing away from a state",
     "  - {state: a, expect: [{see: 'is (?<word>odd; or not)!', goto: done}]}\n",
     "printf 'is odd; or not!'; cat", EXIT_ID_OK, "odd; or not"},
    {"illness is the reason of an end", "  - {state: a, expect: [{see: 'never', goto: done}]}\n",
     "printf '[    1.000000] ill4\\r\\nodd; '; exit 3", EXIT_ID_DISK_ERROR,
     ": ill 4; before that: odd; at fault is the disk"},
    {"a note is no reason", "  - {state: a, expect: [{see: 'never', goto: done}]}\n",
     "printf 'odd; '; exit 3", EXIT_ID_QEMU_DIED, "; before that: odd"},
    {"a tool's exit code",
     "  - {state: a, prompt: shell, command: work, then: [{when: rc == 9, fail: fell}, {goto: "
     "done}]}\n",
     SHELL "run; fin 9; cat", EXIT_ID_GUEST_FAULT,
     "it fell (none): nine of all; at fault is the ISO"},
    {"a bit of it", "  - {state: a, prompt: shell, command: work, failed: fell}\n",
     SHELL "run; fin 10; cat", EXIT_ID_FSCK_FAILED,
     "it fell (none): bit one; at fault is the disk"},
    {"what a tool says comes first", "  - {state: a, prompt: shell, command: work, failed: fell}\n",
     SHELL "printf '[    1.000000] ill4\\r\\n'; run; echo no CD; fin 10; cat", EXIT_ID_CD_ERROR,
     "it fell (none): CD lost; before that: ill 4"},
    {"what a tool says is nobody else's", "  - {state: a, expect: [{see: 'never', goto: done}]}\n",
     "echo no CD; exit 3", EXIT_ID_QEMU_DIED, "status 3"},
    {"what an earlier tool said is forgotten",
     "  - {state: a, prompt: shell, command: work, then: [{goto: b}]}\n"
     "  - {state: b, prompt: shell, command: more, failed: fell}\n",
     SHELL "run; echo no CD; fin 1; run; fin 2; cat", EXIT_ID_APK_FAILED, "it fell (none)"},
    {"an old illness is no reason for a tool's failure",
     "  - {state: a, prompt: shell, command: work, failed: fell}\n"
     "  - {state: b, prompt: shell, command: more, failed: fell}\n",
     SHELL "run; printf '[    1.000000] ill4\\r\\n'; fin 0; run; fin 2; cat", EXIT_ID_APK_FAILED,
     "it fell (none); before that: ill 4"},
    {"tries",
     "  - {state: a, tries: 3, exhausted: tired, next: a, set: [{name: word, value: "
     "'x%{word}'}]}\n",
     "cat", EXIT_ID_NODE_MISSING, "tired"},
    {"in circles", "  - {state: a, next: b}\n  - {state: b, next: a}\n", "cat", EXIT_ID_SCRIPTS_BAD,
     "goes round in circles"},
    {"calls itself", "  - {state: a, call: runbook}\n", "cat", EXIT_ID_SCRIPTS_BAD, "too deeply"},
    {"no value yet",
     "  - {state: a, press: '%{late}'}\n  - {state: b, set: [{name: late, value: x}]}\n", "cat",
     EXIT_ID_SCRIPTS_BAD, "before it has a value"},

    {"type",
     "  - {state: a, prompt: line, type: hello, expect: [{see: 'got (?<word>\\w\\w)', goto: "
     "done}]}\n",
     "take 5; [ \"$(take 1)\" = '!' ] && printf 'got it'; cat", EXIT_ID_OK, "it"},
    {"type nothing",
     "  - {state: a, prompt: line, type: '', expect: [{see: '(?<word>!)', goto: done}]}\n", "cat",
     EXIT_ID_OK, "!"},
    {"type again what came back wrong",
     "  - {state: a, prompt: line, type: hello, expect: [{see: '(?<word>!)', goto: done}]}\n",
     // the first chunk of four comes back as `hexx`; then k, and the line in smaller chunks
     "take 4 >/dev/null; printf hexx; [ \"$(take 1)\" = k ] && printf '\\r> '; cat", EXIT_ID_OK,
     "!"},
    {"never an echo that is right", "  - {state: a, prompt: line, type: hello}\n",
     "while take 1 >/dev/null; do printf '> x'; done", EXIT_ID_TYPING_FAILED, "did not echo"},
    {"press", "  - {state: a, press: \"x\\x15\", expect: [{see: '(?<word>x)', goto: done}]}\n",
     "cat", EXIT_ID_OK, "x"},

    {"command",
     "  - {state: a, prompt: shell, command: ls, failed: fell, next: c}\n  - {state: b, fail: "
     "tired}\n"
     "  - {state: c, set: [{name: word, value: '%{rc}'}]}\n",
     SHELL "run; fin 0; cat", EXIT_ID_OK, "0"},
    {"command that fails", "  - {state: a, prompt: shell, command: ls, failed: fell}\n",
     SHELL "run; fin 7; cat", EXIT_ID_APK_FAILED, "it fell"},
    {"then",
     "  - {state: a, prompt: shell, command: ls, then: [{when: rc == 0, fail: tired}, {when: rc in "
     "4|7, goto: b}, "
     "{fail: tired}]}\n  - {state: b, set: [{name: word, value: '%{rc}'}]}\n",
     SHELL "run; fin 7; cat", EXIT_ID_OK, "7"},
    {"what a command prints",
     "  - {state: a, prompt: shell, command: ls, failed: fell, expect: [{see: 'size "
     "(?<word>\\d+)\\n'}]}\n",
     SHELL "run; printf '\\r\\nsize 12\\r\\n'; fin 0; cat", EXIT_ID_OK, "12"},
    {"collect",
     "  - {state: a, prompt: shell, command: ls, failed: fell, collect: lines}\n", // looked at
                                                                                   // below
     SHELL "run; printf '\\r\\none\\r\\ntwo\\r\\n'; fin 0; cat", EXIT_ID_OK, "none"},
    {"finish",
     "  - {state: a, prompt: shell, command: ls, failed: fell, expect: [{see: 'Q: ', goto: b}]}\n"
     "  - {state: b, prompt: line, type: yes, finish: true, failed: fell}\n"
     "  - {state: c, set: [{name: word, value: 'c%{rc}'}]}\n",
     SHELL "run; printf 'Q: '; take 3; take 1 >/dev/null; fin 0; cat", EXIT_ID_OK, "c0"},

    {"exit",
     "  - {state: a, expect: [{exit: true, goto: b}]}\n  - {state: b, set: [{name: word, value: "
     "b}]}\n",
     "exit 0", EXIT_ID_OK, "b"},
    {"exit with another status", "  - {state: a, expect: [{exit: true, goto: done}]}\n", "exit 3",
     EXIT_ID_QEMU_DIED, "status 3"},
    {"ended by a signal", "  - {state: a, expect: [{exit: true, goto: done}]}\n", "kill -9 $$",
     EXIT_ID_QEMU_DIED, "signal 9"},
    {"exit that nobody waits for",
     "  - {state: a, wait: the moon, expect: [{see: 'x', goto: done}]}\n",
     "printf 'last words'; exit 0", EXIT_ID_QEMU_DIED,
     "waiting for the moon; the console's last line is `last words`"},
    {"its last words count", "  - {state: a, expect: [{see: '(?<word>ye.)', goto: done}]}\n",
     "printf yes; exit 3", EXIT_ID_OK, "yes"},
    {"exit while typing", "  - {state: a, prompt: line, type: hello}\n", "take 2; exit 4",
     EXIT_ID_QEMU_DIED, "status 4"},
};

// Everything that one run needs.
struct bench {
    FILE *out;
    struct report *report;
    struct scripts *scripts;
    struct vars *vars;
    struct link *link;
    struct machine *machine;
};

static void open_bench(struct bench *b, const char *states, const char *program) {
    struct failure f = {0};
    (void)mkdir("dialogues", 0755);
    FILE *file = fopen("dialogues/runbook.yaml", "we");
    assert_non_null(file);
    (void)fprintf(file, "%s%s", head, states);
    assert_int_equal(fclose(file), 0);
    b->scripts = scripts_load(".", &f);
    if (b->scripts == NULL)
        fail_msg("%s", f.what);
    b->out = fopen("/dev/null", "we");
    assert_non_null(b->out);
    b->report = report_new(b->out, b->out, 1, false, false);
    b->vars = vars_new();
    char *script = NULL;
    assert_true(asprintf(&script, "%s%s", take, program) > 0);
    b->link = shell_link(script);
    free(script);
    assert_true(b->report != NULL && b->vars != NULL);
    assert_int_equal(vars_set(b->vars, "rc", ""), 0);
    b->machine = machine_new(b->scripts, b->vars, b->link, b->report, "disk", STAGE_ENLARGED);
    assert_non_null(b->machine);
}

static void close_bench(struct bench *b) {
    machine_free(b->machine);
    link_free(b->link);
    vars_free(b->vars);
    scripts_free(b->scripts);
    report_free(b->report);
    (void)fclose(b->out);
}

// Any number of patterns may be looked for at a time.
static void many_patterns(void **state) {
    (void)state;
    char *states = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&states, &size);
    assert_non_null(out);
    (void)fputs("  - state: a\n    expect:\n", out);
    for (unsigned i = 0; i < 300; i++)
        (void)fprintf(out, "      - {see: 'w(?<word>%u);', goto: done}\n", i);
    assert_int_equal(fclose(out), 0);
    struct bench b;
    struct failure f = {0};
    open_bench(&b, states, "printf 'w300; w299;'; cat");
    assert_int_equal(machine_run(b.machine, "runbook", &f), 0);
    assert_string_equal(vars_get(b.vars, "word"), "299");
    close_bench(&b);
    free(states);
}

static void dialogues(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        struct failure f = {0};
        open_bench(&b, rows[i].states, rows[i].program);
        const int result = machine_run(b.machine, "runbook", &f);
        if (f.id != rows[i].id || (result == 0) != (rows[i].id == EXIT_ID_OK))
            fail_msg("%s: %s, not %s (%s)", rows[i].name, exit_rows[f.id].name,
                     exit_rows[rows[i].id].name, f.what);
        const char *word = result == 0 ? vars_get(b.vars, "word") : f.what;
        if (result == 0 ? strcmp(word, rows[i].what) != 0 : strstr(word, rows[i].what) == NULL)
            fail_msg("%s: `%s`, not `%s`", rows[i].name, word, rows[i].what);
        if (strcmp(rows[i].name, "collect") == 0) {
            size_t count = 0;
            char *const *lines = list_get(b.vars, "lines", &count);
            assert_true(count >= 2);
            assert_string_equal(lines[count - 2], "one");
            assert_string_equal(lines[count - 1], "two");
        }
        const bool retyped =
            strstr(rows[i].name, "echo") != NULL || strstr(rows[i].name, "again what") != NULL;
        assert_int_equal(machine_retypings(b.machine) > 0, retyped);
        close_bench(&b);
    }
}

// A stage is told once its state is entered, and never goes back.
static void stages(void **state) {
    (void)state;
    struct bench b;
    struct failure f = {0};
    open_bench(
        &b,
        "  - {state: a, stage: check}\n  - {state: b, stage: table}\n  - {state: c, fail: tired}\n"
        "  - {state: d, stage: grown}\n",
        "cat");
    assert_int_equal(machine_stage(b.machine), STAGE_ENLARGED);
    assert_int_equal(machine_run(b.machine, "runbook", &f), -1);
    assert_int_equal(machine_stage(b.machine), STAGE_CHECK);
    close_bench(&b);
}

static void no_dialogue(void **state) {
    (void)state;
    struct bench b;
    struct failure f = {0};
    open_bench(&b, "  - {state: a}\n", "cat");
    assert_int_equal(machine_run(b.machine, "nowhere", &f), -1);
    assert_id(&f, EXIT_ID_SCRIPTS_BAD);
    close_bench(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dialogues),
        cmocka_unit_test(stages),
        cmocka_unit_test(many_patterns),
        cmocka_unit_test(no_dialogue),
    };
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
