// Read and written by libcyaml.
#include "warm/note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/yaml.h"

static const cyaml_schema_field_t fields[] = {
    YAML_UINT("format", struct note, format),
    YAML_STRING("key", struct note, key),
    YAML_STRING("xxh128", struct note, xxh128),
    YAML_UINT("size", struct note, size),
    YAML_STRING("word", struct note, word),
    YAML_STRING("why", struct note, why),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct note, fields)};

void note_free(struct note *n) {
    struct yaml_words words;
    const cyaml_config_t config = yaml_config(&words, false);
    if (n != NULL)
        (void)cyaml_free(&config, &schema, n, 0);
}

struct note *note_parse(const char *text, size_t size, const char *key) {
    struct yaml_words words;
    const cyaml_config_t config = yaml_config(&words, true);
    struct note *n = NULL;
    if (size > NOTE_MAX || cyaml_load_data((const uint8_t *)text, size, &config, &schema,
                                           (cyaml_data_t **)&n, NULL) != CYAML_OK)
        return NULL;
    if (n == NULL)
        return NULL;
    if (n->format == NOTE_FORMAT && n->key != NULL && strcmp(n->key, key) == 0 &&
        (n->xxh128 == NULL || digest_is_hex_of(DIGEST_XXH128, n->xxh128, n->xxh128)))
        return n;
    note_free(n);
    return NULL;
}

struct note *note_load(const char *path, const char *key) {
    char text[NOTE_MAX + 1];
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const ssize_t n = fd < 0 ? -1 : bytes_read(fd, text, sizeof text, 0);
    if (fd >= 0)
        (void)close(fd);
    return n < 0 ? NULL : note_parse(text, (size_t)n, key);
}

int note_save(const struct note *n, const char *path) {
    struct yaml_words words;
    const cyaml_config_t config = yaml_config(&words, false);
    char *text = NULL;
    char *new = NULL;
    size_t size = 0;
    int fd = -1;
    if (cyaml_save_data(&text, &size, &config, &schema, n, 0) != CYAML_OK ||
        asprintf(&new, "%s.%d", path, (int)getpid()) < 0) {
        free(text);
        errno = ENOMEM;
        return -1;
    }
    (void)unlink(new);
    fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int result = fd < 0 || bytes_write(fd, text, size) != 0 ? -1 : fsync(fd);
    if (fd >= 0 && close(fd) != 0)
        result = -1;
    if (result == 0)
        result = rename(new, path);
    const int error = errno;
    if (result != 0 && fd >= 0)
        (void)unlink(new);
    free(text);
    free(new);
    errno = error;
    return result;
}
