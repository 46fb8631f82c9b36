// --print=bash|zsh|fish: completions of the shells, from the table of options.
#include <stdio.h>
#include <string.h>

#include "options/print.h"
#include "options/table.h"

static bool listed(const struct option_row *row) {
    return row->group != GROUP_HIDDEN;
}

static void print_words(FILE *out, const char *const *words) {
    for (size_t i = 0; words[i] != NULL; i++)
        (void)fprintf(out, "%s%s", i > 0 ? " " : "", words[i]);
}

// Writes text with a backslash before each byte of `special`.
static void print_escaped(FILE *out, const char *text, const char *special) {
    for (; *text != '\0'; text++)
        (void)fprintf(out, strchr(special, *text) != NULL ? "\\%c" : "%c", *text);
}

// Bash: names and values come from COMP_WORDS, in which `=` is a word of its own. Files are left to
// readline (`complete -o default`), which quotes them rightly; where there are none, that is turned
// off.
static const char bash_head[] =
    "_qemu_grow() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} opt='' prefix='' word ended='' operands=0 i\n"
    "    local prev=${COMP_WORDS[COMP_CWORD-1]} before=''\n"
    "    ((COMP_CWORD > 1)) && before=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    COMPREPLY=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ -z $ended && $word == -- ]]; then\n"
    "            ended=1\n"
    "        elif [[ $word == = || ${COMP_WORDS[i-1]} == = ]]; then\n"
    "            :\n"
    "        elif [[ -z $ended && $word == -* ]]; then\n"
    "            :\n"
    "        elif [[ -z $ended ]] && _qemu_grow_takes_value \"${COMP_WORDS[i-1]}\"; then\n"
    "            :\n"
    "        else\n"
    "            operands=$((operands + 1))\n"
    "        fi\n"
    "    done\n"
    "    if [[ -z $ended ]]; then\n"
    "        if [[ $cur == = ]]; then\n"
    "            opt=$prev cur=''\n"
    "        elif [[ $prev == = ]]; then\n"
    "            opt=$before\n"
    "        elif [[ $cur == --*=* ]]; then\n"
    "            opt=${cur%%=*} prefix=${cur%%=*}= cur=${cur#*=}\n"
    "        elif _qemu_grow_takes_value \"$prev\"; then\n"
    "            opt=$prev\n"
    "        fi\n"
    "    fi\n"
    "    case $opt in\n";

static const char bash_middle[] = "    -*) compopt +o default; return ;;\n"
                                  "    esac\n"
                                  "    if [[ -z $ended && $cur == -* ]]; then\n"
                                  "        compopt -o nospace\n"
                                  "        mapfile -t COMPREPLY < <(compgen -W '";

static const char bash_tail[] =
    "' -- \"$cur\")\n"
    "        # A complete name without a value gets the blank that nospace keeps back.\n"
    "        for i in \"${!COMPREPLY[@]}\"; do\n"
    "            [[ ${COMPREPLY[i]} == *= ]] || COMPREPLY[i]+=' '\n"
    "        done\n"
    "    elif ((operands == 1)) && [[ $prev != = && $cur != = ]]; then\n"
    "        compopt +o default # SIZE\n"
    "    fi\n"
    "}\n"
    "complete -o default -F _qemu_grow qemu-grow\n";

// What is done for a value that is a file; readline goes on by itself where COMPREPLY is left
// empty.
static const char *const bash_files[] = {
    [FILES_NONE] = "compopt +o default",
    [FILES_ANY] = ":",
    [FILES_FOLDERS] = "compopt +o default -o dirnames",
    [FILES_PROGRAMS] = "[[ $cur == */* ]] || mapfile -t COMPREPLY < <(compgen -c -- \"$cur\")",
};

static void print_bash_case(FILE *out, const struct option_row *row) {
    (void)fprintf(out, "    --%s", row->name);
    if (row->letter != 0)
        (void)fprintf(out, " | -%c", row->letter);
    if (row->words != NULL) {
        (void)fputs(")\n        mapfile -t COMPREPLY < <(compgen -P \"$prefix\" -W '", out);
        print_words(out, row->words);
        (void)fputs("' -- \"${cur,,}\")\n        compopt +o default\n        return ;;\n", out);
    } else {
        (void)fprintf(out, ") %s; return ;;\n", bash_files[row->files]);
    }
}

void completion_print_bash(FILE *out) {
    (void)fputs(
        "# bash completion for qemu-grow, made of its table of options\n# shellcheck shell=bash\n"
        "_qemu_grow_takes_value() {\n    case $1 in\n    ",
        out);
    const char *glue = "";
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (!listed(row) || !option_has_value(row))
            continue;
        (void)fprintf(out, "%s--%s", glue, row->name);
        if (row->letter != 0)
            (void)fprintf(out, " | -%c", row->letter);
        glue = " | ";
    }
    (void)fputs(") return 0 ;;\n    esac\n    return 1\n}\n", out);
    (void)fputs(bash_head, out);
    for (size_t i = 0; i < option_count; i++)
        if (listed(&option_rows[i]) && option_has_value(&option_rows[i]))
            print_bash_case(out, &option_rows[i]);
    (void)fputs(bash_middle, out);
    glue = "";
    for (size_t i = 0; i < option_count; i++) {
        if (!listed(&option_rows[i]))
            continue;
        (void)fprintf(out, "%s--%s%s", glue, option_rows[i].name,
                      option_has_value(&option_rows[i]) ? "=" : "");
        glue = " ";
    }
    (void)fputs(bash_tail, out);
}

// Zsh: one specification of _arguments per option.
static void print_zsh_spec(FILE *out, const struct option_row *row) {
    static const char *const files[] = {
        [FILES_NONE] = " ",
        [FILES_ANY] = "_files",
        [FILES_FOLDERS] = "_files -/",
        [FILES_PROGRAMS] = "_command_names -e",
    };
    bool value = option_has_value(row);
    (void)fputs("    ", out);
    if (row->letter != 0)
        (void)fprintf(out, "'(-%c --%s)'{-%c%s,--%s%s}'[", row->letter, row->name, row->letter,
                      value ? "+" : "", row->name, value ? "=" : "");
    else
        (void)fprintf(out, "'--%s%s[", row->name, value ? "=" : "");
    // A single quote in the text would end the shell's: it is closed, escaped and opened again.
    for (const char *c = row->help; *c != '\0'; c++)
        (void)fprintf(out, *c == '\'' ? "'\\''" : strchr("[]:\\", *c) != NULL ? "\\%c" : "%c", *c);
    (void)fputs("]", out);
    if (value && row->words != NULL) {
        (void)fprintf(out, ":%s:(", row->name);
        print_words(out, row->words);
        (void)fputs(")", out);
    } else if (value) {
        (void)fprintf(out, ":%s:%s", row->argument, files[row->files]);
    }
    (void)fputs("' \\\n", out);
}

void completion_print_zsh(FILE *out) {
    (void)fputs("#compdef qemu-grow\n# zsh completion for qemu-grow, made of its table of "
                "options\n_arguments -s -S \\\n",
                out);
    for (size_t i = 0; i < option_count; i++)
        if (listed(&option_rows[i]))
            print_zsh_spec(out, &option_rows[i]);
    (void)fputs("    '1:DISK:_files' \\\n    '2:SIZE: ' \\\n    '*:QEMU argument:_files'\n", out);
}

void completion_print_fish(FILE *out) {
    (void)fputs("# fish completion for qemu-grow, made of its table of options\n", out);
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (!listed(row))
            continue;
        (void)fputs("complete -c qemu-grow", out);
        if (row->letter != 0)
            (void)fprintf(out, " -s %c", row->letter);
        (void)fprintf(out, " -l %s", row->name);
        if (row->words != NULL) {
            (void)fputs(" -x -a '", out);
            print_words(out, row->words);
            (void)fputs("'", out);
        } else if (option_has_value(row)) {
            (void)fputs(row->files == FILES_NONE       ? " -x"
                        : row->files == FILES_FOLDERS  ? " -x -a '(__fish_complete_directories)'"
                        : row->files == FILES_PROGRAMS ? " -r -F -a '(__fish_complete_command)'"
                                                       : " -r -F",
                        out);
        }
        (void)fputs(" -d '", out);
        print_escaped(out, row->help, "'\\");
        (void)fputs("'\n", out);
    }
}
