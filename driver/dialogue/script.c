// Loads dialogue files: libcyaml with a schema, then lint.c for what a schema cannot say.
#include "dialogue/script.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "dialogue/lint.h"
#include "dialogue/place.h"

#define REQUIRED_STRING(key, type, member)                                                         \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 0, CYAML_UNLIMITED)
// Not CYAML_FIELD_BOOL, to which every word but a few is true.
#define OPTIONAL_BOOL(key, type, member)                                                           \
    CYAML_FIELD_ENUM(key, CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, type, member, truth_words,      \
                     CYAML_ARRAY_LEN(truth_words))

static const cyaml_strval_t truth_words[] = {{"false", false}, {"true", true}};

static const cyaml_schema_field_t assignment_fields[] = {
    REQUIRED_STRING("name", struct assignment, name),
    REQUIRED_STRING("value", struct assignment, value),
    YAML_STRING("when", struct assignment, when),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t assignment_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct assignment, assignment_fields)};

static const cyaml_schema_field_t rule_fields[] = {
    YAML_STRING("see", struct rule, see),
    OPTIONAL_BOOL("exit", struct rule, exit),
    YAML_STRING("when", struct rule, when),
    YAML_STRING("in", struct rule, in),
    YAML_STRING("list", struct rule, list),
    YAML_STRING("note", struct rule, note),
    YAML_STRING("holds", struct rule, holds),
    YAML_STRING("otherwise", struct rule, otherwise),
    YAML_LIST("set", struct rule, set, &assignment_schema),
    YAML_STRING("likely", struct rule, likely),
    YAML_STRING("goto", struct rule, go_to),
    YAML_STRING("fail", struct rule, fail),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t rule_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct rule, rule_fields)};

static const cyaml_schema_field_t branch_fields[] = {
    YAML_STRING("when", struct branch, when),
    YAML_STRING("goto", struct branch, go_to),
    YAML_STRING("fail", struct branch, fail),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t branch_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct branch, branch_fields)};

static const cyaml_schema_field_t state_fields[] = {
    REQUIRED_STRING("state", struct state, state),
    YAML_STRING("step", struct state, step),
    YAML_STRING("title", struct state, title),
    YAML_STRING("wait", struct state, wait),
    YAML_STRING("shows", struct state, shows),
    YAML_STRING("amiss", struct state, amiss),
    YAML_STRING("when", struct state, when),
    YAML_STRING("otherwise", struct state, otherwise),
    YAML_LIST("set", struct state, set, &assignment_schema),
    YAML_LIST("supposed", struct state, supposed, &assignment_schema),
    YAML_STRING("stage", struct state, stage),
    CYAML_FIELD_FLOAT("takes", CYAML_FLAG_OPTIONAL, struct state, takes),
    CYAML_FIELD_UINT("budget", CYAML_FLAG_OPTIONAL, struct state, budget),
    YAML_STRING("nudge", struct state, nudge),
    OPTIONAL_BOOL("hold", struct state, hold),
    CYAML_FIELD_UINT_PTR("tries", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct state, tries),
    YAML_STRING("exhausted", struct state, exhausted),
    YAML_STRING("stuck", struct state, stuck),
    YAML_STRING("prompt", struct state, prompt),
    YAML_STRING("type", struct state, type),
    YAML_STRING("press", struct state, press),
    OPTIONAL_BOOL("repeat", struct state, repeat),
    YAML_STRING("idle", struct state, idle),
    YAML_STRING("command", struct state, command),
    OPTIONAL_BOOL("finish", struct state, finish),
    YAML_STRING("collect", struct state, collect),
    YAML_STRING("qmp", struct state, qmp),
    YAML_STRING("until", struct state, until),
    YAML_STRING("call", struct state, call),
    YAML_LIST("expect", struct state, expect, &rule_schema),
    YAML_LIST("then", struct state, then, &branch_schema),
    YAML_STRING("fail", struct state, fail),
    YAML_STRING("failed", struct state, failed),
    YAML_STRING("next", struct state, next),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t state_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct state, state_fields)};

static const cyaml_strval_t echo_words[] = {
    {"once", ECHO_ONCE}, {"twice", ECHO_TWICE}, {"redrawn", ECHO_REDRAWN}, {"erased", ECHO_ERASED}};

static const cyaml_schema_field_t prompt_fields[] = {
    REQUIRED_STRING("prompt", struct prompt, prompt),
    YAML_STRING("looks", struct prompt, looks),
    CYAML_FIELD_ENUM("echo", CYAML_FLAG_STRICT, struct prompt, echo, echo_words,
                     CYAML_ARRAY_LEN(echo_words)),
    CYAML_FIELD_UINT("chunk", CYAML_FLAG_DEFAULT, struct prompt, chunk),
    YAML_STRING("lead", struct prompt, lead),
    REQUIRED_STRING("kill", struct prompt, kill),
    YAML_STRING("erase", struct prompt, erase),
    YAML_STRING("redraw", struct prompt, redraw),
    YAML_STRING("reveal", struct prompt, reveal),
    YAML_STRING("again", struct prompt, again),
    YAML_STRING("idle", struct prompt, idle),
    YAML_STRING("cursor", struct prompt, cursor),
    YAML_STRING("pad", struct prompt, pad),
    REQUIRED_STRING("submit", struct prompt, submit),
    YAML_STRING("taken", struct prompt, taken),
    YAML_STRING("mark", struct prompt, mark),
    YAML_STRING("probe", struct prompt, probe),
    YAML_STRING("done", struct prompt, done),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t prompt_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct prompt, prompt_fields)};

static const cyaml_schema_field_t failure_fields[] = {
    REQUIRED_STRING("failure", struct failure_text, failure),
    REQUIRED_STRING("exit", struct failure_text, exit),
    REQUIRED_STRING("says", struct failure_text, says),
    REQUIRED_STRING("next", struct failure_text, next),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t failure_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct failure_text, failure_fields)};

static const cyaml_strval_t how_words[] = {
    {"fatal", DEATH_FATAL}, {"cause", DEATH_CAUSE}, {"note", DEATH_NOTE}};
static const cyaml_strval_t fault_words[] = {{"disk", FAULT_DISK},
                                             {"guest", FAULT_GUEST},
                                             {"iso", FAULT_ISO},
                                             {"host", FAULT_HOST},
                                             {"program", FAULT_PROGRAM}};

static const cyaml_schema_field_t death_fields[] = {
    REQUIRED_STRING("death", struct death, text.failure),
    REQUIRED_STRING("exit", struct death, text.exit),
    REQUIRED_STRING("says", struct death, text.says),
    REQUIRED_STRING("next", struct death, text.next),
    YAML_STRING("see", struct death, see),
    CYAML_FIELD_UINT_PTR("code", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct death, code),
    CYAML_FIELD_UINT_PTR("bit", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct death, bit),
    YAML_STRING("in", struct death, in),
    YAML_STRING("when", struct death, when),
    CYAML_FIELD_ENUM("how", CYAML_FLAG_STRICT, struct death, how, how_words,
                     CYAML_ARRAY_LEN(how_words)),
    CYAML_FIELD_ENUM("fault", CYAML_FLAG_STRICT, struct death, fault, fault_words,
                     CYAML_ARRAY_LEN(fault_words)),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t death_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct death, death_fields)};

static const cyaml_schema_field_t dialogue_fields[] = {
    REQUIRED_STRING("dialogue", struct dialogue, dialogue),
    REQUIRED_STRING("about", struct dialogue, about),
    YAML_LIST("prompts", struct dialogue, prompts, &prompt_schema),
    YAML_LIST("deaths", struct dialogue, deaths, &death_schema),
    YAML_LIST("failures", struct dialogue, failures, &failure_schema),
    YAML_LIST("states", struct dialogue, states, &state_schema),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t dialogue_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct dialogue, dialogue_fields)};

struct scripts {
    struct script_file {
        char *path;
        struct dialogue *dialogue;
    } * files;
    unsigned count;
};

// libcyaml's words for a key that it does not know; the line that it tells is the one before.
static const char unexpected[] = "Unexpected key: ";

static int load_file(struct script_file *file, char *path, struct failure *f) {
    struct yaml_words words;
    const cyaml_config_t config = yaml_config(&words, true);
    const cyaml_err_t err =
        cyaml_load_file(path, &config, &dialogue_schema, (cyaml_data_t **)&file->dialogue, NULL);
    file->path = path;
    if (strncmp(words.reason, unexpected, strlen(unexpected)) == 0)
        words.line = place_key(path, words.line, words.reason + strlen(unexpected));
    const char *reason = yaml_reason(&words, err);
    if (err == CYAML_OK && file->dialogue == NULL)
        reason = "there is no dialogue in this file";
    else if (err == CYAML_OK)
        return 0;
    return failure_set(f, EXIT_ID_SCRIPTS_BAD, "mend that line, or run without --scripts",
                       "%s:%u: %s", path, words.line > 0 ? words.line : 1, reason);
}

static int is_yaml(const struct dirent *entry) {
    const size_t n = strlen(entry->d_name);
    return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".yaml") == 0;
}

static int load_folder(struct scripts *s, const char *folder, struct failure *f) {
    char *sub = NULL;
    if (asprintf(&sub, "%s/dialogues", folder) < 0)
        return failure_no_memory(f);
    struct dirent **names = NULL;
    const int n = scandir(sub, &names, is_yaml, alphasort);
    int result = 0;
    if (n <= 0)
        result = failure_set(
            f, EXIT_ID_SCRIPTS_BAD, "name a folder that holds dialogues/*.yaml with --scripts",
            "there are no dialogue files in %s (%s)", sub, n == 0 ? "no *.yaml" : strerror(errno));
    if (n > 0) {
        s->files = calloc((size_t)n, sizeof *s->files);
        if (s->files == NULL)
            result = failure_no_memory(f);
    }
    for (int i = 0; i < n; i++) {
        char *path = NULL;
        if (result == 0 && asprintf(&path, "%s/%s", sub, names[i]->d_name) < 0)
            result = failure_no_memory(f);
        if (result == 0 && s->files != NULL)
            result = load_file(&s->files[s->count++], path, f);
        free(names[i]);
    }
    free(names);
    free(sub);
    return result;
}

struct scripts *scripts_load(const char *folder, struct failure *f) {
    struct scripts *s = calloc(1, sizeof *s);
    if (s == NULL) {
        failure_no_memory(f);
        return NULL;
    }
    if (load_folder(s, folder, f) != 0 || lint_scripts(s, f) != 0) {
        scripts_free(s);
        return NULL;
    }
    return s;
}

void scripts_free(struct scripts *s) {
    if (s == NULL)
        return;
    struct yaml_words words;
    const cyaml_config_t config = yaml_config(&words, true);
    for (unsigned i = 0; i < s->count; i++) {
        if (s->files[i].dialogue != NULL)
            (void)cyaml_free(&config, &dialogue_schema, s->files[i].dialogue, 0);
        free(s->files[i].path);
    }
    free(s->files);
    free(s);
}

unsigned scripts_count(const struct scripts *s) {
    return s->count;
}

const struct dialogue *scripts_at(const struct scripts *s, unsigned i) {
    return s->files[i].dialogue;
}

const char *scripts_path(const struct scripts *s, unsigned i) {
    return s->files[i].path;
}

const struct dialogue *scripts_dialogue(const struct scripts *s, const char *name) {
    for (unsigned i = 0; i < s->count; i++)
        if (strcmp(s->files[i].dialogue->dialogue, name) == 0)
            return s->files[i].dialogue;
    return NULL;
}

const struct prompt *scripts_prompt(const struct scripts *s, const char *name) {
    for (unsigned i = 0; i < s->count; i++) {
        const struct dialogue *d = s->files[i].dialogue;
        for (unsigned k = 0; k < d->prompts_count; k++)
            if (strcmp(d->prompts[k].prompt, name) == 0)
                return &d->prompts[k];
    }
    return NULL;
}

const struct failure_text *scripts_failure(const struct scripts *s, const char *name) {
    for (unsigned i = 0; i < s->count; i++) {
        const struct dialogue *d = s->files[i].dialogue;
        for (unsigned k = 0; k < d->failures_count; k++)
            if (strcmp(d->failures[k].failure, name) == 0)
                return &d->failures[k];
    }
    const struct death *row = scripts_death(s, name);
    return row == NULL ? NULL : &row->text;
}

const struct death *scripts_death(const struct scripts *s, const char *name) {
    for (unsigned i = 0; i < s->count; i++) {
        const struct dialogue *d = s->files[i].dialogue;
        for (unsigned k = 0; k < d->deaths_count; k++)
            if (strcmp(d->deaths[k].text.failure, name) == 0)
                return &d->deaths[k];
    }
    return NULL;
}

bool script_is_stream(const char *in) {
    static const char *const names[] = {"console", "kernel", "qemu", "screen"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(in, names[i]) == 0)
            return true;
    return false;
}

int dialogue_state(const struct dialogue *d, const char *name) {
    for (unsigned i = 0; i < d->states_count; i++)
        if (strcmp(d->states[i].state, name) == 0)
            return (int)i;
    return -1;
}
