// Loads the files by libcyaml, checks what a schema cannot, and looks things up over all of them.
#include "iso/catalogue.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/yaml.h"
#include "iso/digest.h"
#include "iso/source.h"

enum { FINGERPRINT_HEX = 40 };

struct file {
    char *default_release;
    char **mirrors;
    unsigned mirrors_count;
    char *name, *path, *newest;
    struct release_key *keys;
    unsigned keys_count;
    struct manner transfer;
    struct release *releases;
    unsigned releases_count;
};

struct catalogue {
    struct file **files; // the user's first
    size_t count;
};

static const cyaml_schema_value_t text_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, CYAML_UNLIMITED)};

static const cyaml_schema_field_t key_fields[] = {
    YAML_STRING("fingerprint", struct release_key, fingerprint),
    YAML_STRING("owner", struct release_key, owner),
    YAML_STRING("file", struct release_key, file),
    YAML_LIST("urls", struct release_key, urls, &text_schema),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t key_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct release_key, key_fields)};

static const cyaml_schema_field_t release_fields[] = {
    YAML_STRING("version", struct release, version),
    YAML_STRING("sha256", struct release, sha256),
    YAML_UINT("size", struct release, size),
    YAML_STRING("url", struct release, url),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t release_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct release, release_fields)};

static const cyaml_schema_field_t manner_fields[] = {
    YAML_UINT("slowest", struct manner, slowest),
    YAML_UINT("stalled", struct manner, stalled),
    YAML_UINT("connect", struct manner, connect),
    YAML_UINT("rounds", struct manner, rounds),
    YAML_UINT("pause", struct manner, pause),
    YAML_UINT("largest", struct manner, largest),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t file_fields[] = {
    YAML_STRING("default", struct file, default_release),
    YAML_LIST("mirrors", struct file, mirrors, &text_schema),
    YAML_STRING("name", struct file, name),
    YAML_STRING("path", struct file, path),
    YAML_STRING("newest", struct file, newest),
    YAML_LIST("keys", struct file, keys, &key_schema),
    CYAML_FIELD_MAPPING("transfer", CYAML_FLAG_OPTIONAL, struct file, transfer, manner_fields),
    YAML_LIST("releases", struct file, releases, &release_schema),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields)};

static int bad(const char *path, struct failure *f, const char *what, const char *value) {
    return failure_set(f, EXIT_ID_CATALOGUE_BAD, "mend that line", "%s: %s '%s'", path, what,
                       value == NULL ? "" : value);
}

// A fingerprint may be written with blanks and in lower case.
static bool tidy_fingerprint(char *text) {
    if (text == NULL)
        return false;
    size_t n = 0;
    for (const char *c = text; *c != '\0'; c++)
        if (*c != ' ')
            text[n++] = (char)toupper((unsigned char)*c);
    text[n] = '\0';
    return n == FINGERPRINT_HEX && strspn(text, "0123456789ABCDEF") == n;
}

// A key's file is seen from the folder of the YAML file that names it.
static int place_key(struct release_key *key, const char *path) {
    if (key->file == NULL || key->file[0] == '/')
        return 0;
    const char *slash = strrchr(path, '/');
    const int folder = slash == NULL ? 0 : (int)(slash - path + 1);
    char *placed = NULL;
    if (asprintf(&placed, "%.*s%s", folder, path, key->file) < 0)
        return -1;
    free(key->file);
    key->file = placed;
    return 0;
}

static int check_file(struct file *file, const char *path, struct failure *f) {
    if (file->default_release != NULL && !source_is_release(file->default_release))
        return bad(path, f, "default is no release", file->default_release);
    for (unsigned i = 0; i < file->mirrors_count; i++)
        if (strstr(file->mirrors[i], "://") == NULL)
            return bad(path, f, "a mirror is no URL", file->mirrors[i]);
    for (unsigned i = 0; i < file->keys_count; i++) {
        if (!tidy_fingerprint(file->keys[i].fingerprint))
            return bad(path, f, "a fingerprint does not have 40 hexadecimal digits",
                       file->keys[i].fingerprint);
        if (place_key(&file->keys[i], path) != 0)
            return failure_set(f, EXIT_ID_INTERNAL, "free some memory", "there is no memory");
    }
    for (unsigned i = 0; i < file->releases_count; i++) {
        struct release *r = &file->releases[i];
        if (r->version == NULL || !source_is_release(r->version))
            return bad(path, f, "a release has a version that is none", r->version);
        if (r->sha256 == NULL || !digest_is_hex(r->sha256, r->sha256))
            return bad(path, f, "a release's sha256 does not have 64 hexadecimal digits",
                       r->sha256);
    }
    return 0;
}

static int add_file(struct catalogue *c, const char *path, struct failure *f) {
    struct yaml_words words;
    const cyaml_config_t config = yaml_config(&words, true);
    struct file **files = realloc(c->files, (c->count + 1) * sizeof(struct file *));
    if (files == NULL)
        return failure_set(f, EXIT_ID_INTERNAL, "free some memory", "there is no memory");
    c->files = files;
    struct file *file = NULL;
    const cyaml_err_t err =
        cyaml_load_file(path, &config, &file_schema, (cyaml_data_t **)&file, NULL);
    if (err != CYAML_OK)
        return failure_set(f, EXIT_ID_CATALOGUE_BAD, "mend that line", "%s:%u: %s", path,
                           words.line, yaml_reason(&words, err));
    if (file == NULL) // nothing but comments
        return 0;
    c->files[c->count++] = file;
    return check_file(file, path, f);
}

static int is_yaml(const struct dirent *entry) {
    const size_t n = strlen(entry->d_name);
    return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".yaml") == 0;
}

static int add_folder(struct catalogue *c, const char *folder, struct failure *f) {
    struct dirent **names = NULL;
    const int n = scandir(folder, &names, is_yaml, alphasort);
    int result = 0;
    if (n <= 0)
        result = failure_set(f, EXIT_ID_CATALOGUE_BAD, "name a folder that has a catalogue.yaml",
                             "there is no catalogue of ISOs in %s (%s)", folder,
                             n == 0 ? "no *.yaml" : strerror(errno));
    for (int i = 0; i < n; i++) {
        char *path = NULL;
        if (result == 0 && asprintf(&path, "%s/%s", folder, names[i]->d_name) < 0)
            result = failure_set(f, EXIT_ID_INTERNAL, "free some memory", "there is no memory");
        if (result == 0)
            result = add_file(c, path, f);
        free(path);
        free(names[i]);
    }
    free(names);
    return result;
}

static int add_users(struct catalogue *c, struct failure *f) {
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    char *path = NULL;
    int n = 0;
    if (config != NULL && config[0] == '/')
        n = asprintf(&path, "%s/qemu-grow/isos.yaml", config);
    else if (home != NULL && home[0] == '/')
        n = asprintf(&path, "%s/.config/qemu-grow/isos.yaml", home);
    else
        return 0;
    if (n < 0)
        return failure_set(f, EXIT_ID_INTERNAL, "free some memory", "there is no memory");
    const int result = access(path, F_OK) == 0 ? add_file(c, path, f) : 0;
    free(path);
    return result;
}

// As the dialogue files are found: share/qemu-grow of an installation, or the source tree.
static char *find_folder(void) {
    static const char *const below[] = {"share/qemu-grow/isos", "isos"};
    char base[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", base, sizeof base - 1);
    base[n > 0 ? n : 0] = '\0';
    for (char *slash = strrchr(base, '/'); slash != NULL; slash = strrchr(base, '/')) {
        *slash = '\0';
        for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
            char *folder = NULL;
            char *inside = NULL;
            if (asprintf(&folder, "%s/%s", base, below[i]) < 0)
                return NULL;
            const bool found =
                asprintf(&inside, "%s/catalogue.yaml", folder) >= 0 && access(inside, R_OK) == 0;
            free(inside);
            if (found)
                return folder;
            free(folder);
        }
    }
    return NULL;
}

struct catalogue *catalogue_load(const char *folder, bool needed, struct failure *f) {
    struct catalogue *c = calloc(1, sizeof *c);
    if (c == NULL) {
        failure_set(f, EXIT_ID_INTERNAL, "free some memory", "there is no memory");
        return NULL;
    }
    char *found = folder == NULL ? find_folder() : strdup(folder);
    int result = 0;
    if (found == NULL && needed)
        result = failure_set(f, EXIT_ID_CATALOGUE_BAD, "name its folder with --isos",
                             "the catalogue of ISOs is not found beside the program");
    if (result == 0)
        result = add_users(c, f);
    if (result == 0 && found != NULL)
        result = add_folder(c, found, f);
    free(found);
    if (result == 0)
        return c;
    catalogue_free(c);
    return NULL;
}

void catalogue_free(struct catalogue *c) {
    if (c == NULL)
        return;
    struct yaml_words words;
    const cyaml_config_t config = yaml_config(&words, true);
    for (size_t i = 0; i < c->count; i++)
        (void)cyaml_free(&config, &file_schema, c->files[i], 0);
    free(c->files);
    free(c);
}

const struct release *catalogue_release_at(const struct catalogue *c, size_t i) {
    for (size_t k = 0; k < c->count; i -= c->files[k++]->releases_count)
        if (i < c->files[k]->releases_count)
            return &c->files[k]->releases[i];
    return NULL;
}

const struct release_key *catalogue_key_at(const struct catalogue *c, size_t i) {
    for (size_t k = 0; k < c->count; i -= c->files[k++]->keys_count)
        if (i < c->files[k]->keys_count)
            return &c->files[k]->keys[i];
    return NULL;
}

const char *catalogue_mirror_at(const struct catalogue *c, size_t i) {
    for (size_t k = 0; k < c->count; i -= c->files[k++]->mirrors_count)
        if (i < c->files[k]->mirrors_count)
            return c->files[k]->mirrors[i];
    return NULL;
}

const struct release *catalogue_release(const struct catalogue *c, const char *version) {
    const struct release *r = NULL;
    for (size_t i = 0; (r = catalogue_release_at(c, i)) != NULL; i++)
        if (strcmp(r->version, version) == 0)
            return r;
    return NULL;
}

const struct release *catalogue_digest(const struct catalogue *c, const char *sha256) {
    const struct release *r = NULL;
    for (size_t i = 0; (r = catalogue_release_at(c, i)) != NULL; i++)
        if (strcmp(r->sha256, sha256) == 0)
            return r;
    return NULL;
}

const char *catalogue_default(const struct catalogue *c) {
    for (size_t i = 0; i < c->count; i++)
        if (c->files[i]->default_release != NULL)
            return c->files[i]->default_release;
    return NULL;
}

struct manner catalogue_manner(const struct catalogue *c) {
    struct manner m = {0};
    for (size_t i = 0; i < c->count; i++) {
        const struct manner *given = &c->files[i]->transfer;
        m.slowest = m.slowest != 0 ? m.slowest : given->slowest;
        m.stalled = m.stalled != 0 ? m.stalled : given->stalled;
        m.connect = m.connect != 0 ? m.connect : given->connect;
        m.rounds = m.rounds != 0 ? m.rounds : given->rounds;
        m.pause = m.pause != 0 ? m.pause : given->pause;
        m.largest = m.largest != 0 ? m.largest : given->largest;
    }
    m.slowest = m.slowest != 0 ? m.slowest : 1000;
    m.stalled = m.stalled != 0 ? m.stalled : 30;
    m.connect = m.connect != 0 ? m.connect : 30;
    m.rounds = m.rounds != 0 ? m.rounds : 4;
    m.pause = m.pause != 0 ? m.pause : 1000;
    m.largest = m.largest != 0 ? m.largest : (uint64_t)1 << 30;
    return m;
}

// The pattern with %{version} and %{branch} filled in. Allocated, or NULL.
static char *fill(const char *pattern, const char *version, const char *branch) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    while (*pattern != '\0') {
        static const char version_key[] = "%{version}";
        static const char branch_key[] = "%{branch}";
        if (strncmp(pattern, version_key, sizeof version_key - 1) == 0) {
            (void)fputs(version, out);
            pattern += sizeof version_key - 1;
        } else if (strncmp(pattern, branch_key, sizeof branch_key - 1) == 0) {
            (void)fputs(branch, out);
            pattern += sizeof branch_key - 1;
        } else {
            (void)fputc(*pattern++, out);
        }
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

enum pattern { PATTERN_NAME, PATTERN_PATH, PATTERN_NEWEST };

static char *fill_pattern(const struct catalogue *c, enum pattern which, const char *version,
                          const char *branch) {
    static const char *const fallback[] = {
        "alpine-virt-%{version}-x86_64.iso",
        "%{branch}/releases/x86_64/alpine-virt-%{version}-x86_64.iso",
        "%{branch}/releases/x86_64/latest-releases.yaml",
    };
    for (size_t i = 0; i < c->count; i++) {
        const char *given[] = {c->files[i]->name, c->files[i]->path, c->files[i]->newest};
        if (given[which] != NULL)
            return fill(given[which], version, branch);
    }
    return fill(fallback[which], version, branch);
}

// "v3.20" of "3.20.3" or "3.20".
static void branch_of(char branch[32], const char *version) {
    (void)snprintf(branch, 32, "v%.*s", (int)source_branch_length(version), version);
}

char *catalogue_name(const struct catalogue *c, const char *version) {
    char branch[32];
    branch_of(branch, version);
    return fill_pattern(c, PATTERN_NAME, version, branch);
}

char *catalogue_path(const struct catalogue *c, const char *version) {
    char branch[32];
    branch_of(branch, version);
    return fill_pattern(c, PATTERN_PATH, version, branch);
}

char *catalogue_newest(const struct catalogue *c, const char *branch) {
    char text[32] = "latest-stable";
    if (branch != NULL)
        branch_of(text, branch);
    return fill_pattern(c, PATTERN_NEWEST, "", text);
}
