// What all readers of YAML share: libcyaml's settings, and its errors in one clause.
#ifndef QEMU_GROW_BASE_YAML_H
#define QEMU_GROW_BASE_YAML_H

#include <cyaml/cyaml.h>
#include <stdbool.h>

#define YAML_STRING(key, type, member)                                                             \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 0,         \
                           CYAML_UNLIMITED)
#define YAML_UINT(key, type, member) CYAML_FIELD_UINT(key, CYAML_FLAG_OPTIONAL, type, member)
#define YAML_LIST(key, type, member, schema)                                                       \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member,        \
                               member##_count, schema, 0, CYAML_UNLIMITED)

// The first thing that libcyaml said of a file that does not fit, and the line where.
struct yaml_words {
    char reason[256];
    unsigned line; // 0: not said
    bool in_backtrace;
};

// Settings that write errors into *words (which must live as long). strict: keys that the schema
// does not know are errors.
cyaml_config_t yaml_config(struct yaml_words *words, bool strict);

// What was wrong, without the line.
const char *yaml_reason(const struct yaml_words *words, cyaml_err_t err);

#endif
