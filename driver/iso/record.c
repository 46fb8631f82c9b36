// Read and written by libcyaml.
#include "iso/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/yaml.h"
#include "iso/digest.h"

static const cyaml_schema_field_t fields[] = {
    YAML_STRING("file", struct record, file),
    YAML_STRING("version", struct record, version),
    YAML_STRING("sha256", struct record, sha256),
    YAML_UINT("size", struct record, size),
    YAML_STRING("trust", struct record, trust),
    YAML_STRING("signer", struct record, signer),
    YAML_STRING("from", struct record, from),
    YAML_STRING("seen", struct record, seen),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct record, fields)};

void record_free(struct record *r) {
    struct yaml_words words;
    const cyaml_config_t config = yaml_config(&words, false);
    if (r != NULL)
        (void)cyaml_free(&config, &schema, r, 0);
}

struct record *record_load(const char *path) {
    struct yaml_words words;
    const cyaml_config_t config = yaml_config(&words, false);
    struct record *r = NULL;
    if (cyaml_load_file(path, &config, &schema, (cyaml_data_t **)&r, NULL) != CYAML_OK || r == NULL)
        return NULL;
    if (r->file == NULL || r->version == NULL || r->trust == NULL || r->sha256 == NULL ||
        !digest_is_hex(r->sha256, r->sha256)) {
        record_free(r);
        return NULL;
    }
    return r;
}

int record_save(const struct record *r, const char *path) {
    struct yaml_words words;
    const cyaml_config_t config = yaml_config(&words, false);
    char *text = NULL;
    size_t size = 0;
    char *new = NULL;
    if (cyaml_save_data(&text, &size, &config, &schema, r, 0) != CYAML_OK ||
        asprintf(&new, "%s.%d", path, (int)getpid()) < 0) {
        free(text);
        errno = ENOMEM;
        return -1;
    }
    FILE *out = fopen(new, "we");
    int bad = out == NULL || fwrite(text, 1, size, out) != size || fflush(out) != 0 ||
              fsync(fileno(out)) != 0;
    int error = errno;
    if (out != NULL && fclose(out) != 0 && !bad) {
        bad = 1;
        error = errno;
    }
    if (!bad && rename(new, path) != 0) {
        bad = 1;
        error = errno;
    }
    if (bad)
        (void)unlink(new);
    free(text);
    free(new);
    errno = error;
    return bad ? -1 : 0;
}
