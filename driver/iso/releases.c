// By libcyaml, with keys that are not needed left aside.
#include "iso/releases.h"

#include <stdio.h>
#include <string.h>

#include "base/yaml.h"
#include "iso/source.h"

static const char try_later[] = "try later, or name a release such as --iso=3.20.3";

struct entry {
    char *flavor, *arch, *version, *sha256;
    uint64_t size;
};

static const cyaml_schema_field_t entry_fields[] = {
    YAML_STRING("flavor", struct entry, flavor),   YAML_STRING("arch", struct entry, arch),
    YAML_STRING("version", struct entry, version), YAML_STRING("sha256", struct entry, sha256),
    YAML_UINT("size", struct entry, size),         CYAML_FIELD_END,
};
static const cyaml_schema_value_t entry_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct entry, entry_fields)};
static const cyaml_schema_value_t list_schema = {
    CYAML_VALUE_SEQUENCE(CYAML_FLAG_POINTER, struct entry, &entry_schema, 0, CYAML_UNLIMITED)};

static bool same(const char *text, const char *wanted) {
    return text != NULL && strcmp(text, wanted) == 0;
}

static int take(struct newest *n, const struct entry *e, const char *branch, const char *where,
                struct failure *f) {
    *n = (struct newest){.size = e->size};
    if (e->version == NULL || !source_is_release(e->version) ||
        strlen(e->version) >= sizeof n->version)
        return failure_set(f, EXIT_ID_ISO_FETCH_FAILED, try_later,
                           "%s gives no release for alpine-virt on x86_64", where);
    if (branch != NULL && (source_branch_length(e->version) != strlen(branch) ||
                           strncmp(e->version, branch, strlen(branch)) != 0))
        return failure_set(f, EXIT_ID_ISO_FETCH_FAILED, try_later,
                           "%s gives release %s, which is not of branch %s", where, e->version,
                           branch);
    if (e->sha256 != NULL && !digest_is_hex(e->sha256, n->sha256))
        return failure_set(f, EXIT_ID_ISO_FETCH_FAILED, try_later,
                           "%s gives a SHA-256 that is none for release %s", where, e->version);
    (void)snprintf(n->version, sizeof n->version, "%s", e->version);
    return 0;
}

int releases_newest(struct newest *n, const char *text, size_t size, const char *branch,
                    const char *where, struct failure *f) {
    struct yaml_words words;
    const cyaml_config_t config = yaml_config(&words, false);
    struct entry *entries = NULL;
    unsigned count = 0;
    const cyaml_err_t err = cyaml_load_data((const uint8_t *)text, size, &config, &list_schema,
                                            (cyaml_data_t **)&entries, &count);
    if (err != CYAML_OK)
        return failure_set(f, EXIT_ID_ISO_FETCH_FAILED, try_later,
                           "%s is no list of releases (line %u: %s)", where, words.line,
                           yaml_reason(&words, err));
    const struct entry *found = NULL;
    for (unsigned i = 0; i < count && found == NULL; i++)
        if (same(entries[i].flavor, "alpine-virt") && same(entries[i].arch, "x86_64"))
            found = &entries[i];
    const int result = found != NULL
                           ? take(n, found, branch, where, f)
                           : failure_set(f, EXIT_ID_ISO_FETCH_FAILED, try_later,
                                         "%s has no entry for alpine-virt on x86_64", where);
    (void)cyaml_free(&config, &list_schema, entries, count);
    return result;
}
