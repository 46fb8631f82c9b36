// What is printed from the tables: --help, the man page, the README's tables, the completions.
//
// mandoc and bash are needed. The completions of zsh and fish are tried when those shells are
// there.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "options/print.h"
#include "options/table.h"

enum { TEXT_SIZE = 256 * 1024, COMMAND_SIZE = 1024 };

// Prints into a new string, which is the caller's.
static char *printed(void (*print)(FILE *)) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    print(out);
    assert_int_equal(fclose(out), 0);
    return text;
}

// Prints into a new temporary file; its name goes to path.
static void print_to_file(void (*print)(FILE *), char path[]) {
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "w");
    assert_non_null(out);
    print(out);
    assert_int_equal(fclose(out), 0);
}

// Runs a shell command; its output goes to text. Returns its exit code.
static int run(const char *command, char *text, size_t size) {
    FILE *pipe = popen(command, "r"); // NOLINT(cert-env33-c): fixed commands on files of our own
    assert_non_null(pipe);
    size_t used = fread(text, 1, size - 1, pipe);
    text[used] = '\0';
    return WEXITSTATUS(pclose(pipe));
}

static void test_all_list_all_options(void **state) {
    (void)state;
    static const struct {
        void (*print)(FILE *);
        const char *form; // how it writes an option's name
    } rows[] = {
        {help_print, "--%s"},           {man_print, " Fl Fl %s"},
        {readme_print, "`--%s"},        {completion_print_bash, "--%s"},
        {completion_print_zsh, "--%s"}, {completion_print_fish, "-l %s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = printed(rows[i].print);
        for (size_t j = 0; j < option_count; j++) {
            char name[64];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            (void)snprintf(name, sizeof name, rows[i].form, option_rows[j].name);
#pragma GCC diagnostic pop
            bool hidden = option_rows[j].group == GROUP_HIDDEN;
            if ((strstr(text, name) != NULL) == hidden)
                fail_msg("form %zu, option %s", i, option_rows[j].name);
        }
        free(text);
    }
}

static void test_exit_codes(void **state) {
    (void)state;
    char *help = printed(help_print);
    char *man = printed(man_print);
    char *readme = printed(readme_print);
    for (int i = 0; i < EXIT_ID_COUNT; i++) {
        char cell[128];
        (void)snprintf(cell, sizeof cell, "%d %s", exit_rows[i].code, exit_rows[i].name);
        assert_non_null(strstr(help, cell));
        (void)snprintf(cell, sizeof cell, ".It %d Ta %s Ta ", exit_rows[i].code, exit_rows[i].name);
        assert_non_null(strstr(man, cell));
        (void)snprintf(cell, sizeof cell, "| %d | %s | ", exit_rows[i].code, exit_rows[i].name);
        assert_non_null(strstr(readme, cell));
        // What the help and the man page say of the codes from 10 to 39.
        assert_true((exit_rows[i].code >= 10 && exit_rows[i].code < 40) ==
                    (i >= EXIT_ID_DISK_UNREADABLE && i < EXIT_ID_RESIZE_FAILED));
    }
    free(help);
    free(man);
    free(readme);
}

static void test_help_fits(void **state) {
    (void)state;
    char *text = printed(help_print);
    for (const char *line = text; *line != '\0'; line++) {
        size_t length = strcspn(line, "\n");
        if (length > 80)
            fail_msg("%.*s", (int)length, line);
        assert_true(length == 0 || line[length - 1] != ' ');
        line += length;
    }
    free(text);
}

static void test_help_rows(void **state) {
    (void)state;
    char *text = printed(help_print);
    assert_non_null(
        strstr(text, "\n      --attach=hda|virtio|usb how QEMU reaches the disk [hda]\n"));
    assert_non_null(strstr(text, "\n      --seq=single|init|login|no\n"
                                 "                              when mdev begins to keep"));
    assert_non_null(strstr(text, "\n  -q, --quiet                 show errors only\n"));
    assert_non_null(strstr(text, "[$QEMU, else qemu-system-x86_64]"));
    free(text);
}

static void test_man_page(void **state) {
    (void)state;
    char path[] = "/tmp/qemu-grow-man.XXXXXX";
    print_to_file(man_print, path);
    char command[COMMAND_SIZE];
    char *text = malloc(TEXT_SIZE);
    assert_non_null(text);
    (void)snprintf(command, sizeof command, "mandoc -T lint -W warning <%s 2>/dev/null", path);
    int code = run(command, text, TEXT_SIZE);
    if (code != 0 || text[0] != '\0')
        fail_msg("mandoc: exit code %d: %s", code, text);
    (void)snprintf(command, sizeof command, "mandoc -T ascii -O width=78 <%s | col -b", path);
    assert_int_equal(run(command, text, TEXT_SIZE), 0);
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        char value[128];
        char head[256];
        option_value_text(row, value, sizeof value);
        (void)snprintf(head, sizeof head, "--%s%s%s\n", row->name, value[0] != '\0' ? "=" : "",
                       value);
        if (row->group != GROUP_HIDDEN && strstr(text, head) == NULL)
            fail_msg("not in the man page: %s", head);
    }
    free(text);
    (void)unlink(path);
}

// Bash's function is called as bash calls it: the words, `=` being one of its own, in COMP_WORDS.
// COMPREPLY is printed between bars; a call of compopt shows as its options.
static void test_bash_completion(void **state) {
    (void)state;
    static const struct {
        const char *words;
        const char *reply;
    } rows[] = {
        {"--att", "[--attach=]"},
        {"--verb", "[--verbose-services ][--verbose ]"},
        {"-- --att", ""}, // after `--`: files, which readline offers
        {"--attach =", "+o default [hda][virtio][usb]"},
        {"--attach = v", "+o default [virtio]"},
        {"--attach = V", "+o default [virtio]"},
        {"--attach=v", "+o default [--attach=virtio]"}, // where `=` does not break words
        {"--attach u", "+o default [usb]"},
        {"--seq =", "+o default [single][init][login][no]"},
        {"--log = s", "+o default [single]"},
        {"--plug = l", "+o default [login][late]"},
        {"--plug-by = dr", "+o default [drive]"},
        {"--color = a", "+o default [auto][always]"},
        {"-f q", "+o default [qcow2][qed]"},
        {"--memory =", "+o default "},
        {"--append =", "+o default "},
        {"--iso = al", ""},
        {"--proof = x", ""},
        {"--transcript = x", "+o default -o dirnames "},
        {"--scripts =", "+o default -o dirnames "},
        {"di", ""},                    // DISK: files
        {"disk.img 8", "+o default "}, // SIZE: nothing
        {"--attach = usb disk.img 8", "+o default "},
        {"--attach usb disk.img 8", "+o default "},
        {"--attach = usb di", ""},
        {"-q di", ""},
        {"a = b", ""}, // a DISK named a=b
        {"disk.img 8G -- -s", ""},
    };
    char path[] = "/tmp/qemu-grow-bash.XXXXXX";
    print_to_file(completion_print_bash, path);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char command[COMMAND_SIZE];
        char text[COMMAND_SIZE];
        (void)snprintf(
            command, sizeof command,
            "bash -c 'compopt() { [[ $1$2 == -onospace ]] || printf \"%%s \" \"$*\"; }; "
            "set -u; . %s; COMP_WORDS=(qemu-grow %s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
            "_qemu_grow; ((${#COMPREPLY[@]})) && printf \"[%%s]\" \"${COMPREPLY[@]}\"; "
            "exit 0' 2>&1",
            path, rows[i].words);
        assert_int_equal(run(command, text, sizeof text), 0);
        if (strcmp(text, rows[i].reply) != 0)
            fail_msg("%s: '%s', not '%s'", rows[i].words, text, rows[i].reply);
    }
    (void)unlink(path);
}

static bool has_program(const char *name) {
    char command[COMMAND_SIZE];
    char text[COMMAND_SIZE];
    (void)snprintf(command, sizeof command, "command -v %s", name);
    return run(command, text, sizeof text) == 0;
}

static void test_zsh_completion(void **state) {
    (void)state;
    if (!has_program("zsh"))
        skip();
    char path[] = "/tmp/qemu-grow-zsh.XXXXXX";
    print_to_file(completion_print_zsh, path);
    char command[COMMAND_SIZE];
    char text[COMMAND_SIZE];
    (void)snprintf(command, sizeof command, "zsh -n %s 2>&1", path);
    assert_int_equal(run(command, text, sizeof text), 0);
    assert_string_equal(text, "");
    // _arguments takes the specifications apart: a stand-in shows them as zsh's quoting leaves
    // them.
    (void)snprintf(
        command, sizeof command,
        "zsh -f -c '_arguments() { print -rl -- \"$@\" | grep -E \"quiet|^--iso=\" }; . %s' 2>&1",
        path);
    assert_int_equal(run(command, text, sizeof text), 0);
    assert_string_equal(
        text, "--iso=[Alpine's live CD\\: a file, 3.20.3, 3.20, latest, or a URL]:ISO:_files\n"
              "(-q --quiet)-q[show errors only]\n"
              "(-q --quiet)--quiet[show errors only]\n");
    (void)unlink(path);
}

static void test_fish_completion(void **state) {
    (void)state;
    if (!has_program("fish"))
        skip();
    static const struct {
        const char *line, *reply;
    } rows[] = {
        {"qemu-grow --attach=v", "--attach=virtio\thow QEMU reaches the disk\n"},
        {"qemu-grow --seq=s", "--seq=single\twhen mdev begins to keep events in order\n"},
        {"qemu-grow --qui", "--quiet\tshow errors only\n"},
        {"qemu-grow -f vm", "vmdk\n"},
        {"qemu-grow --kms", "--kmsg-mark\tmark in the kernel's log when fdisk ended\n"},
    };
    char path[] = "/tmp/qemu-grow-fish.XXXXXX";
    print_to_file(completion_print_fish, path);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char command[COMMAND_SIZE];
        char text[COMMAND_SIZE];
        (void)snprintf(command, sizeof command,
                       "HOME=/nonexistent fish --no-config -c 'source %s; complete -C \"%s\"' 2>&1",
                       path, rows[i].line);
        assert_int_equal(run(command, text, sizeof text), 0);
        if (strncmp(text, rows[i].reply, strlen(rows[i].reply) - 1) != 0)
            fail_msg("%s: '%s', not '%s'", rows[i].line, text, rows[i].reply);
    }
    (void)unlink(path);
}

static void test_options_print(void **state) {
    (void)state;
    struct failure f = {0};
    struct options o = {.action = ACTION_GROW};
    assert_int_equal(options_print(&o, stdout, &f), 0);
    o.action = ACTION_CHECK_SCRIPTS;
    assert_int_equal(options_print(&o, stdout, &f), 0);
    static const struct {
        enum action action;
        const char *what, *begin;
    } rows[] = {
        {ACTION_HELP, NULL, "Usage: qemu-grow "},
        {ACTION_VERSION, NULL, "qemu-grow "},
        {ACTION_MAN, "man", ".Dd "},
        {ACTION_COMPLETION, "bash", "# bash completion for qemu-grow,"},
        {ACTION_COMPLETION, "zsh", "#compdef qemu-grow\n"},
        {ACTION_COMPLETION, "fish", "# fish completion for qemu-grow,"},
        {ACTION_README, "readme", "<!-- options:begin -->\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        o = (struct options){.action = rows[i].action, .print_what = rows[i].what};
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        assert_int_equal(options_print(&o, out, &f), 1);
        (void)fclose(out);
        assert_true(strncmp(text, rows[i].begin, strlen(rows[i].begin)) == 0);
        free(text);
    }
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    o = (struct options){.action = ACTION_HELP};
    assert_int_equal(options_print(&o, full, &f), -1);
    assert_int_equal(f.id, EXIT_ID_OUTPUT_UNWRITABLE);
    assert_string_equal(f.what, "the output cannot be written: No space left on device");
    (void)fclose(full);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_list_all_options),
        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_help_fits),
        cmocka_unit_test(test_help_rows),
        cmocka_unit_test(test_man_page),
        cmocka_unit_test(test_bash_completion),
        cmocka_unit_test(test_zsh_completion),
        cmocka_unit_test(test_fish_completion),
        cmocka_unit_test(test_options_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
