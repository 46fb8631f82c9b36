// The race of the accelerators, with shell scripts in QEMU's place, and what is remembered of it.
#include "workspace.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "accel/verdict.h"
#include "base/signals.h"

// A QEMU that knows kvm and tcg. $kvm and $tcg say what each does.
static const char head[] =
    "#!/bin/sh\n"
    "case $* in\n"
    "*'-accel help'*) printf 'Accelerators supported:\\ntcg\\n%s'; exit ;;\n"
    "*--version*) echo 'QEMU 7'; exit ;;\n"
    "esac\n"
    "echo \"$*\" >>started\n"
    "arrive() { echo boot $1; echo 'sh: job control turned off'; exec cat; }\n"
    "case $* in\n"
    "*'-accel kvm'*) %s ;;\n"
    "*'-accel tcg'*) %s ;;\n"
    "esac\n";

static void make_qemu(const char *list, const char *kvm, const char *tcg) {
    FILE *out = fopen("qemu", "we");
    assert_non_null(out);
    fprintf(out, head, list, kvm, tcg);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod("qemu", 0755), 0);
    (void)unlink("started");
}

static const struct {
    const char *list, *kvm, *tcg;
    const char *name;
    const char *why;
} rows[] = {
    // It opens and hangs: silent, or after the firmware's first lines.
    {"kvm\\n", "exec cat", "arrive", "tcg", "kvm was still on its way"},
    {"kvm\\n", "echo SeaBIOS; exec cat", "arrive", "tcg", "kvm was still on its way"},
    {"kvm\\n", "while :; do echo; done", "arrive", "tcg", "kvm was still on its way"},
    // It cannot be opened.
    {"kvm\\n", "echo could not access KVM; exit 1", "sleep 1; arrive", "tcg", "could not be used"},
    // It works. The other one waits for it.
    {"kvm\\n", "arrive", "exec cat", "kvm", "kvm came first"},
    {"kvm\\n", "echo -n 'job control '; sleep 1; arrive", "exec cat", "kvm", "kvm came first"},
    // None is offered; names that are parts of others are none.
    {"", "arrive", "exit 1", "tcg", "QEMU offers no other"},
    {"notkvm\\nkvm2\\n", "arrive", "exit 1", "tcg", "QEMU offers no other"},
    // Nobody arrives: the emulation's own run will tell why.
    {"kvm\\n", "exec cat", "exit 1", "tcg", "could not be used"},
};

static struct race race_here(struct report *report, struct scripts *scripts) {
    return (struct race){.qemu = "./qemu",
                         .memory_mib = 192,
                         .kernel = -1,
                         .initramfs = -1,
                         .scripts = scripts,
                         .timeout_scale = 1,
                         .report = report};
}

static struct scripts *scripts_here(void) {
    struct failure f;
    struct scripts *s = scripts_load(SOURCE_DIR "/scripts", &f);
    assert_non_null(s);
    return s;
}

static void test_race(void **state) {
    (void)state;
    struct scripts *scripts = scripts_here();
    struct report *report = report_new(stderr, stderr, -1, false, false);
    const struct race race = race_here(report, scripts);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct race_result result = {.name = ""};
        struct failure f;
        make_qemu(rows[i].list, rows[i].kvm, rows[i].tcg);
        if (race_run(&result, &race, &f) != 0)
            fail_msg("row %zu: %s", i, f.what);
        if (strcmp(result.name, rows[i].name) != 0 || strstr(result.why, rows[i].why) == NULL)
            fail_msg("row %zu: %s (%s)", i, result.name, result.why);
    }
    struct race_result result;
    struct failure f;
    struct race none = race;
    none.qemu = "./no-qemu";
    assert_int_equal(race_run(&result, &none, &f), -1);
    assert_id(&f, EXIT_ID_PROGRAM_MISSING);
    report_free(report);
    scripts_free(scripts);
}

static int files(void *data, struct race *race, struct failure *f) {
    (void)race, (void)f;
    ++*(int *)data;
    return 0;
}

static void test_verdict(void **state) {
    (void)state;
    struct failure f;
    struct cache cache;
    int races = 0;
    struct race_result result;
    struct scripts *scripts = scripts_here();
    struct report *report = report_new(stderr, stderr, -1, false, false);
    struct race race = race_here(report, scripts);
    setenv("XDG_CACHE_HOME", *state, 1);
    assert_int_equal(cache_open(&cache, false, &f), 0);
    make_qemu("kvm\\n", "exec cat", "arrive");
    assert_int_equal(verdict_find(&result, &race, &cache, files, &races, &f), 0);
    assert_string_equal(result.name, "tcg");
    assert_int_equal(races, 1);
    assert_int_equal(verdict_find(&result, &race, &cache, files, &races, &f), 0);
    assert_string_equal(result.name, "tcg");
    assert_int_equal(races, 1); // remembered
    // Private, and of a QEMU that is another now.
    sh_do("test \"$(stat -c %%a qemu-grow/accel/*.yaml)\" = 600");
    make_qemu("kvm\\n", "arrive", "exec cat");
    assert_int_equal(verdict_find(&result, &race, &cache, files, &races, &f), 0);
    assert_string_equal(result.name, "kvm");
    assert_int_equal(races, 2);
    verdict_forget("./qemu", &cache);
    assert_int_equal(verdict_find(&result, &race, &cache, files, &races, &f), 0);
    assert_int_equal(races, 3);
    // One that cannot be understood is found out anew; one with an odd word, too.
    sh_do("for n in qemu-grow/accel/*.yaml; do echo nonsense >$n; done");
    assert_int_equal(verdict_find(&result, &race, &cache, files, &races, &f), 0);
    assert_int_equal(races, 4);
    sh_do("sed -i 's/^word: .*/word: kvm,x/' qemu-grow/accel/*.yaml");
    assert_int_equal(verdict_find(&result, &race, &cache, files, &races, &f), 0);
    assert_string_equal(result.name, "kvm");
    assert_int_equal(races, 5);
    // Without a cache, each time.
    assert_int_equal(verdict_find(&result, &race, NULL, files, &races, &f), 0);
    assert_int_equal(races, 6);
    cache_close(&cache);
    report_free(report);
    scripts_free(scripts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_race),
        cmocka_unit_test(test_verdict),
    };
    if (signals_open() != 0)
        return 1;
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
