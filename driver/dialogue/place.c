// Walks a YAML document by libyaml, which keeps the marks that libcyaml does not hand out.
#include "dialogue/place.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static yaml_node_t *child(yaml_document_t *doc, const yaml_node_t *node, const char *key) {
    if (node->type == YAML_SEQUENCE_NODE) {
        const size_t i = strtoul(key, NULL, 10);
        const size_t n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
        return i < n ? yaml_document_get_node(doc, node->data.sequence.items.start[i]) : NULL;
    }
    if (node->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        const yaml_node_t *k = yaml_document_get_node(doc, p->key);
        if (k != NULL && k->type == YAML_SCALAR_NODE &&
            strcmp((const char *)k->data.scalar.value, key) == 0)
            return yaml_document_get_node(doc, p->value);
    }
    return NULL;
}

static unsigned line_in(yaml_document_t *doc, const char *path) {
    const yaml_node_t *node = yaml_document_get_root_node(doc);
    if (node == NULL)
        return 0;
    char *copy = strdup(path);
    char *save = NULL;
    unsigned line = (unsigned)node->start_mark.line + 1;
    for (char *key = copy == NULL ? NULL : strtok_r(copy, "/", &save); key != NULL;
         key = strtok_r(NULL, "/", &save)) {
        node = child(doc, node, key);
        if (node == NULL)
            break;
        line = (unsigned)node->start_mark.line + 1;
    }
    free(copy);
    return line;
}

unsigned place_line(const char *file, const char *path) {
    FILE *in = fopen(file, "re");
    if (in == NULL)
        return 0;
    unsigned line = 0;
    yaml_parser_t parser;
    yaml_document_t doc;
    if (yaml_parser_initialize(&parser)) {
        yaml_parser_set_input_file(&parser, in);
        if (yaml_parser_load(&parser, &doc)) {
            line = line_in(&doc, path);
            yaml_document_delete(&doc);
        }
        yaml_parser_delete(&parser);
    }
    (void)fclose(in);
    return line;
}

// Whether `key:` stands in a line, as a word of its own.
static bool has_key(const char *line, const char *key) {
    const size_t size = strlen(key);
    const char *at = size == 0 ? NULL : strstr(line, key);
    for (; at != NULL; at = strstr(at + 1, key))
        if ((at == line || strchr(" {,\t", at[-1]) != NULL) && at[size] == ':')
            return true;
    return false;
}

unsigned place_key(const char *file, unsigned from, const char *key) {
    FILE *in = fopen(file, "re");
    if (in == NULL)
        return from;
    char *line = NULL;
    size_t room = 0;
    unsigned found = from;
    for (unsigned number = 1; getline(&line, &room, in) >= 0; number++)
        if (number >= from && has_key(line, key)) {
            found = number;
            break;
        }
    free(line);
    (void)fclose(in);
    return found;
}
