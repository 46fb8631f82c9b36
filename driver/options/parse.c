// The command line and the environment, read into struct options by the table of options.
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "options/nearest.h"
#include "options/options.h"
#include "options/route.h"
#include "options/table.h"

enum { LONG_CODE = 256 };  // getopt_long's code for row i is LONG_CODE + i: no byte has it
enum { OPTIONS_MAX = 64 }; // rows that parse_argv has room for
enum { LIST_SIZE = 256 };  // bytes for a list of words in a message
static const char see_help[] = "see qemu-grow --help";

static void *field_of(struct options *o, const struct option_row *row) {
    return (char *)o + row->field;
}

// "hda, virtio or usb"
static void list_words(char *list, size_t size, const char *const *words) {
    list[0] = '\0';
    size_t used = 0;
    for (size_t i = 0; words[i] != NULL && used < size; i++) {
        const char *glue = i == 0 ? "" : words[i + 1] == NULL ? " or " : ", ";
        int n = snprintf(list + used, size - used, "%s%s", glue, words[i]);
        used += n > 0 ? (size_t)n : 0;
    }
}

// The index of text in words, or -1 with the nearest word in the failure.
static int find_word(const struct option_row *row, const char *text, struct failure *f) {
    const char *const *words = row->words;
    for (int i = 0; words[i] != NULL; i++)
        if (strcasecmp(words[i], text) == 0)
            return i;
    const char *best = NULL;
    size_t length = strlen(text);
    for (int i = 0; words[i] != NULL; i++)
        if (nearest_is_like(text, length, words[i]) &&
            (best == NULL ||
             nearest_distance(text, length, words[i]) < nearest_distance(text, length, best)))
            best = words[i];
    char list[LIST_SIZE];
    char next[LIST_SIZE];
    list_words(list, sizeof list, words);
    if (best != NULL)
        (void)snprintf(next, sizeof next, "perhaps --%s=%s is meant", row->name, best);
    else
        (void)snprintf(next, sizeof next, "%s", see_help);
    return failure_set(f, EXIT_ID_USAGE, next, "--%s takes %s, not '%s'", row->name, list, text);
}

static int set_word(struct options *o, const struct option_row *row, const char *text,
                    struct failure *f) {
    int index = find_word(row, text, f);
    if (index < 0)
        return -1;
    static_assert(sizeof(enum attach) == sizeof index && sizeof(enum moment) == sizeof index &&
                      sizeof(enum plug) == sizeof index && sizeof(enum plug_by) == sizeof index &&
                      sizeof(enum colour) == sizeof index && sizeof(enum trust) == sizeof index,
                  "every enum is stored as an int");
    memcpy(field_of(o, row), &index, sizeof index);
    return 0;
}

static int set_text(struct options *o, const struct option_row *row, const char *text,
                    struct failure *f) {
    if (text[0] == '\0')
        return failure_set(f, EXIT_ID_USAGE, see_help, "--%s has an empty value", row->name);
    memcpy(field_of(o, row), &text, sizeof text);
    return 0;
}

static int set_mib(struct options *o, const struct option_row *row, const char *text,
                   struct failure *f) {
    unsigned value = 0;
    const char *c = text;
    // The value stays below MEMORY_MAX * 10 + 9, which an unsigned can hold.
    for (; isdigit((unsigned char)*c) && value <= MEMORY_MAX; c++)
        value = value * 10 + (unsigned)(*c - '0');
    if (c == text || *c != '\0' || value < MEMORY_MIN || value > MEMORY_MAX)
        return failure_set(f, EXIT_ID_USAGE, see_help,
                           "--%s takes a number of MiB from %d to %d, not '%s'", row->name,
                           MEMORY_MIN, MEMORY_MAX, text);
    memcpy(field_of(o, row), &value, sizeof value);
    return 0;
}

// Digits and at most one point, so that the locale has no say.
static int set_factor(struct options *o, const struct option_row *row, const char *text,
                      struct failure *f) {
    double value = 0;
    double unit = 0; // of the next digit behind the point
    const char *c = text;
    for (; isdigit((unsigned char)*c) || (*c == '.' && unit == 0); c++) {
        if (*c == '.') {
            unit = 0.1;
        } else if (unit > 0) {
            value += (*c - '0') * unit;
            unit /= 10;
        } else {
            value = value * 10 + (*c - '0');
        }
    }
    // A rounding of the last place does not make the least one too little.
    if (*c != '\0' || value < FACTOR_MIN * 0.999 || value > FACTOR_MAX)
        return failure_set(f, EXIT_ID_USAGE, see_help,
                           "--%s takes a number from %g to %g, such as 2 or 0.5, not '%s'",
                           row->name, FACTOR_MIN, FACTOR_MAX, text);
    memcpy(field_of(o, row), &value, sizeof value);
    return 0;
}

static int set_duration(struct options *o, const struct option_row *row, const char *text,
                        struct failure *f) {
    static const struct {
        char letter;
        unsigned seconds;
    } units[] = {{'\0', 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    unsigned value = 0;
    unsigned seconds = 0;
    const char *c = text;
    for (; isdigit((unsigned char)*c) && value <= DURATION_MAX; c++)
        value = value * 10 + (unsigned)(*c - '0');
    for (size_t i = 0; c > text && i < sizeof units / sizeof *units; i++)
        if (*c == units[i].letter && (*c == '\0' || c[1] == '\0') &&
            value <= DURATION_MAX / units[i].seconds)
            seconds = value * units[i].seconds;
    if (seconds == 0)
        return failure_set(f, EXIT_ID_USAGE, see_help,
                           "--%s takes a time such as 90, 15m or 2h, at most 30d, not '%s'",
                           row->name, text);
    memcpy(field_of(o, row), &seconds, sizeof seconds);
    return 0;
}

static int set_kernel(struct options *o, const struct option_row *row, const char *text,
                      struct failure *f) {
    size_t length = strlen(text);
    if (length > APPEND_MAX)
        return failure_set(f, EXIT_ID_USAGE, "leave out what is not needed",
                           "--%s has %zu bytes, and the boot loader's line has room for %d",
                           row->name, length, APPEND_MAX);
    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] > '~')
            return failure_set(f, EXIT_ID_USAGE, "use letters, digits, signs and blanks only",
                               "--%s has a byte (0x%02x) that cannot be typed at the boot loader's "
                               "prompt",
                               row->name, (unsigned)(unsigned char)text[i]);
    if (length == 0)
        text = NULL;
    memcpy(field_of(o, row), &text, sizeof text);
    return 0;
}

static int set_print(struct options *o, const struct option_row *row, const char *text,
                     struct failure *f) {
    int index = find_word(row, text, f);
    if (index < 0)
        return -1;
    memcpy(field_of(o, row), &row->words[index], sizeof row->words[index]);
    o->action = strcmp(row->words[index], "man") == 0      ? ACTION_MAN
                : strcmp(row->words[index], "readme") == 0 ? ACTION_README
                                                           : ACTION_COMPLETION;
    return 0;
}

static int set_list(struct options *o, const struct option_row *row, const char *text,
                    struct failure *f) {
    struct option_list list;
    if (text[0] == '\0')
        return failure_set(f, EXIT_ID_USAGE, see_help, "--%s is empty", row->name);
    memcpy(&list, field_of(o, row), sizeof list);
    const char **longer = reallocarray(list.at, list.count + 1, sizeof *longer);
    if (longer == NULL)
        return failure_no_memory(f);
    longer[list.count++] = text;
    list.at = longer;
    memcpy(field_of(o, row), &list, sizeof list);
    return 0;
}

static int set_deed(struct options *o, const struct option_row *row, const char *text,
                    struct failure *f) {
    o->action = (enum action)row->value;
    return set_text(o, row, text, f);
}

static int set_seed(struct options *o, const struct option_row *row, const char *text,
                    struct failure *f) {
    char *end = NULL;
    errno = 0;
    const uint64_t seed = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || seed == 0)
        return failure_set(f, EXIT_ID_USAGE, see_help,
                           "--%s takes a whole number above 0, not '%s'", row->name, text);
    memcpy(field_of(o, row), &seed, sizeof seed);
    return 0;
}

static int set_flag(struct options *o, const struct option_row *row, const char *text,
                    struct failure *f) {
    (void)text, (void)f;
    bool yes = true;
    memcpy(field_of(o, row), &yes, sizeof yes);
    return 0;
}

static int set_value(struct options *o, const struct option_row *row, const char *text,
                     struct failure *f) {
    (void)text, (void)f;
    memcpy(field_of(o, row), &row->value, sizeof row->value);
    return 0;
}

// Stores the text (NULL for an option without a value) as the row's kind says. 0, or -1.
static int set_option(struct options *o, const struct option_row *row, const char *text,
                      struct failure *f) {
    typedef int setter(struct options *, const struct option_row *, const char *, struct failure *);
    static setter *const setters[] = {
        [KIND_ACTION] = set_value,      [KIND_VERBOSITY] = set_value, [KIND_FLAG] = set_flag,
        [KIND_WORD] = set_word,         [KIND_TEXT] = set_text,       [KIND_MIB] = set_mib,
        [KIND_KERNEL] = set_kernel,     [KIND_PRINT] = set_print,     [KIND_FACTOR] = set_factor,
        [KIND_DURATION] = set_duration, [KIND_LIST] = set_list,       [KIND_DEED] = set_deed,
        [KIND_SEED] = set_seed,
    };
    return setters[row->kind](o, row, text, f);
}

// Defaults and environment, before the command line. Never fails: the table's own words are known.
static int set_defaults(struct options *o, struct failure *f) {
    memset(o, 0, sizeof *o);
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->fallback != NULL && set_option(o, row, row->fallback, f) < 0)
            return -1;
        const char *env = row->env == NULL ? NULL : getenv(row->env);
        if (env == NULL || env[0] == '\0')
            continue;
        if (set_option(o, row, row->env_word == NULL ? env : row->env_word, f) < 0)
            return -1;
    }
    return 0;
}

// Says what is wrong with an element that getopt_long does not know.
static int unknown_option(const char *element, struct failure *f) {
    const char *name = element + strspn(element, "-");
    size_t length = strcspn(name, "=");
    const struct option_row *best = NULL;
    int prefixes = 0;
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->group == GROUP_HIDDEN)
            continue;
        prefixes += length > 0 && strncmp(name, row->name, length) == 0;
        if (nearest_is_like(name, length, row->name) &&
            (best == NULL || nearest_distance(name, length, row->name) <
                                 nearest_distance(name, length, best->name)))
            best = row;
    }
    if (element[1] == '-' && prefixes > 1)
        return failure_set(f, EXIT_ID_USAGE, see_help, "option '%s' can mean more than one",
                           element);
    char next[LIST_SIZE];
    if (best != NULL)
        (void)snprintf(next, sizeof next, "perhaps --%s is meant", best->name);
    else if (isdigit((unsigned char)element[1]))
        (void)snprintf(next, sizeof next,
                       "write SIZE without a minus: a disk is never made smaller");
    else
        (void)snprintf(next, sizeof next, "%s", see_help);
    return failure_set(f, EXIT_ID_USAGE, next, "unknown option '%s'", element);
}

// The row of getopt_long's code, or NULL.
static const struct option_row *row_of(int code) {
    if (code >= LONG_CODE && (size_t)(code - LONG_CODE) < option_count)
        return &option_rows[code - LONG_CODE];
    for (size_t i = 0; code > 0 && i < option_count; i++)
        if (option_rows[i].letter == code)
            return &option_rows[i];
    return NULL;
}

static int bad_option(int code, int option, const char *element, struct failure *f) {
    const struct option_row *row = row_of(option);
    char value[LIST_SIZE];
    if (code == ':' && row != NULL) {
        option_value_text(row, value, sizeof value);
        return failure_set(f, EXIT_ID_USAGE, see_help, "--%s needs a value: %s", row->name, value);
    }
    if (row != NULL && option >= LONG_CODE)
        return failure_set(f, EXIT_ID_USAGE, see_help, "--%s takes no value", row->name);
    return unknown_option(element, f);
}

// DISK, then SIZE; a third one is an error.
static int set_operand(struct options *o, const char *text, struct failure *f) {
    const char **place = o->disk == NULL ? &o->disk : o->size == NULL ? &o->size : NULL;
    if (place == NULL)
        return failure_set(f, EXIT_ID_USAGE,
                           "quote a DISK that has blanks, and put arguments for QEMU after --",
                           "'%s' is one argument more than DISK and SIZE", text);
    if (text[0] == '\0')
        return failure_set(f, EXIT_ID_USAGE, see_help, "%s is empty",
                           o->disk == NULL ? "DISK" : "SIZE");
    *place = text;
    return 0;
}

// Fills `options` (option_count + 1 entries) and `letters` for getopt_long. A leading '-' makes it
// hand out operands in their order and never move argv's elements; ':' keeps it silent.
static void make_getopt_tables(struct option *options, char *letters) {
    *letters++ = '-';
    *letters++ = ':';
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        bool value = option_has_value(row);
        options[i] = (struct option){.name = row->name,
                                     .has_arg = value ? required_argument : no_argument,
                                     .val = LONG_CODE + (int)i};
        if (row->letter != 0)
            *letters++ = row->letter;
        if (row->letter != 0 && value)
            *letters++ = ':';
    }
    *letters = '\0';
}

// The options and the operands up to the first `--` (*rest: the index after it, or argc).
static int parse_options(struct options *o, int argc, char **argv, int *rest, struct failure *f) {
    struct option options[OPTIONS_MAX + 1] = {0};
    char letters[2 * OPTIONS_MAX + 3];
    if (option_count > OPTIONS_MAX)
        return failure_set(f, EXIT_ID_INTERNAL, "", "the table of options is too long");
    make_getopt_tables(options, letters);
    if (argc < 1)
        return failure_set(f, EXIT_ID_USAGE, see_help, "there are no arguments");
    optind = 0; // GNU's way to begin anew
    opterr = 0;
    for (;;) {
        const char *element = argv[optind == 0 ? 1 : optind];
        int code = getopt_long(argc, argv, letters, options, NULL);
        if (code == -1)
            break;
        if (code == 1) { // an operand
            if (set_operand(o, optarg, f) < 0)
                return -1;
            continue;
        }
        const struct option_row *row = code == '?' || code == ':' ? NULL : row_of(code);
        if (row == NULL)
            return bad_option(code, optopt, element, f);
        if (set_option(o, row, optarg, f) < 0)
            return -1;
        if (row->given != 0)
            memcpy((char *)o + row->given, &(bool){true}, sizeof(bool));
        if (row->kind == KIND_ACTION && action_is_print(o->action))
            break; // --help and --version: the rest does not matter
        if (row->kind == KIND_PRINT)
            break;
    }
    *rest = optind;
    return 0;
}

static int is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n'; // the shell's IFS
}

// $QEMUFLAGS' words, then `count` arguments, in one allocation: pointers first, then the words'
// text.
static int set_qemu_args(struct options *o, const char *flags, char *const *args, size_t count,
                         struct failure *f) {
    if (flags == NULL)
        flags = "";
    size_t length = strlen(flags);
    size_t words = length / 2 + 1; // at most
    o->qemu_args = malloc((words + count + 1) * sizeof *o->qemu_args + length + 1);
    if (o->qemu_args == NULL)
        return failure_set(f, EXIT_ID_INTERNAL, "", "there is no memory left");
    char *text = (char *)(o->qemu_args + words + count + 1);
    memcpy(text, flags, length + 1);
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (is_blank(text[i]))
            text[i] = '\0';
        else if (i == 0 || text[i - 1] == '\0')
            o->qemu_args[used++] = text + i;
    }
    for (size_t i = 0; i < count; i++)
        o->qemu_args[used++] = args[i];
    o->qemu_args[used] = NULL;
    return 0;
}

bool action_is_print(enum action action) {
    return action == ACTION_HELP || action == ACTION_VERSION || action == ACTION_MAN ||
           action == ACTION_COMPLETION || action == ACTION_README;
}

// The option that asks for the action.
static const char *action_name(enum action action) {
    for (size_t i = 0; i < option_count; i++)
        if ((option_rows[i].kind == KIND_ACTION || option_rows[i].kind == KIND_DEED) &&
            option_rows[i].value == (int)action)
            return option_rows[i].name;
    return "";
}

// What options_parse finds wrong when all is read.
static int check(const struct options *o, struct failure *f) {
    const char *odd = o->plug_given ? "--plug" : o->plug_by_given ? "--plug-by" : NULL;
    if (odd != NULL && o->attach != ATTACH_USB)
        return failure_set(f, EXIT_ID_USAGE, "add --attach=usb, or leave it out",
                           "%s has a meaning only for a USB disk", odd);
    if (o->fast && o->route_given)
        return failure_set(f, EXIT_ID_USAGE, "leave one of them out",
                           "--fast and --route exclude each other");
    if (route_check(o, o->route, f) != 0)
        return -1;
    if (o->plan_only && o->action != ACTION_GROW)
        return failure_set(f, EXIT_ID_USAGE, "leave one of them out",
                           "--plan and --%s exclude each other", action_name(o->action));
    if (o->json && !o->plan_only)
        return failure_set(f, EXIT_ID_USAGE, "add --plan, or leave it out",
                           "--json has a meaning only with --plan");
    if ((o->step || o->speed_given) && o->action != ACTION_REPLAY)
        return failure_set(f, EXIT_ID_USAGE, "add --replay=DIR, or leave it out",
                           "--%s has a meaning only with --replay", o->step ? "step" : "speed");
    if (o->cut != 0 && o->action != ACTION_GUEST)
        return failure_set(f, EXIT_ID_USAGE, "add --guest=DIR, or leave it out",
                           "--cut has a meaning only with --guest");
    if (o->no_transcript && o->transcript != NULL)
        return failure_set(f, EXIT_ID_USAGE, "leave one of them out",
                           "--transcript and --no-transcript exclude each other");
    if (o->runbook_given && (o->plan_only || o->action != ACTION_GROW))
        return failure_set(f, EXIT_ID_USAGE, "leave one of them out",
                           "--runbook and --%s exclude each other",
                           o->plan_only ? "plan" : action_name(o->action));
    if (o->page != NULL && o->action != ACTION_GROW && o->action != ACTION_EXPLAIN)
        return failure_set(f, EXIT_ID_USAGE, "leave it out, or name a recording with --explain",
                           "--report has no run to show");
    if (o->page != NULL && o->no_transcript)
        return failure_set(f, EXIT_ID_USAGE, "leave one of them out",
                           "--report shows the recording that --no-transcript forbids");
    if (o->mdev_log != NULL && o->log == MOMENT_NO)
        return failure_set(f, EXIT_ID_USAGE,
                           "say when to begin, such as --log=login, or leave it out",
                           "--mdev-log has no log to keep while --log is no");
    if (o->action == ACTION_RECOVER && o->disk == NULL)
        return failure_set(f, EXIT_ID_USAGE, "call it as qemu-grow --recover DISK",
                           "DISK is missing");
    if (o->action == ACTION_RECOVER && o->size != NULL)
        return failure_set(f, EXIT_ID_USAGE, "leave it out",
                           "--recover takes no SIZE, and '%s' is given", o->size);
    if (o->bundle != NULL && (o->explain != NULL || o->size != NULL))
        return failure_set(f, EXIT_ID_USAGE, "call it as qemu-grow --bundle=FILE [DIR]",
                           o->explain != NULL ? "--bundle and --explain exclude each other"
                                              : "--bundle takes one recording");
    if (o->action != ACTION_GROW && o->action != ACTION_RECOVER && o->action != ACTION_BUNDLE &&
        o->disk != NULL)
        return failure_set(f, EXIT_ID_USAGE, "leave it out",
                           "--%s takes no DISK, and '%s' is given", action_name(o->action),
                           o->disk);
    if (o->action == ACTION_FETCH && o->no_cache)
        return failure_set(f, EXIT_ID_USAGE, "leave one of them out",
                           "--fetch fills the cache, and --no-cache forbids it");
    if (o->action != ACTION_GROW)
        return 0;
    if (o->disk == NULL)
        return failure_set(f, EXIT_ID_USAGE, "call it as qemu-grow [OPTIONS] DISK SIZE",
                           "DISK and SIZE are missing");
    if (o->size == NULL && o->runbook_given && o->runbook == RUNBOOK_MD)
        return 0; // DISK is a recording
    if (o->size == NULL)
        return failure_set(f, EXIT_ID_USAGE,
                           "say how large it shall be, such as 8G, or by how much, such as +512M",
                           "SIZE is missing after DISK '%s'", o->disk);
    return 0;
}

static int parse_all(struct options *o, int argc, char **argv, struct failure *f) {
    int rest = argc;
    if (set_defaults(o, f) < 0 || parse_options(o, argc, argv, &rest, f) < 0)
        return -1;
    o->argv = argv;
    if (action_is_print(o->action))
        return 0;
    // After the first `--`: what is missing of DISK and SIZE, then QEMU's arguments, led in by a
    // further
    // `--` when there was something missing.
    bool missing = o->disk == NULL || o->size == NULL;
    for (; missing && rest < argc; rest++) {
        if (strcmp(argv[rest], "--") == 0) {
            rest++;
            break;
        }
        if (set_operand(o, argv[rest], f) < 0)
            return -1;
    }
    if (check(o, f) < 0)
        return -1;
    if (set_qemu_args(o, getenv("QEMUFLAGS"), argv + rest, (size_t)(argc - rest), f) < 0)
        return -1;
    if (o->fast)
        o->route = route_quickest(o);
    return route_check(o, o->route, f); // QEMU's arguments may have no meaning on it
}

int options_parse(struct options *o, int argc, char **argv, struct failure *f) {
    int result = parse_all(o, argc, argv, f);
    if (result < 0)
        options_free(o);
    return result;
}

void options_free(struct options *o) {
    free(o->qemu_args);
    o->qemu_args = NULL;
    free(o->redact.at);
    o->redact = (struct option_list){0};
}
