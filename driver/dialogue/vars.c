// Variables and lists, in plain arrays: there are some forty of them.
#include "dialogue/vars.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vars {
    struct var {
        char *name;
        char *value;
    } * vars;
    size_t count;
    struct list {
        char *name;
        char **lines;
        size_t count, room, bytes;
    } * lists;
    size_t list_count;
};

struct vars *vars_new(void) {
    return calloc(1, sizeof(struct vars));
}

static void empty(struct list *l) {
    for (size_t i = 0; i < l->count; i++)
        free(l->lines[i]);
    free(l->lines);
    l->lines = NULL;
    l->count = l->room = l->bytes = 0;
}

void vars_free(struct vars *v) {
    if (v == NULL)
        return;
    for (size_t i = 0; i < v->count; i++) {
        free(v->vars[i].name);
        free(v->vars[i].value);
    }
    for (size_t i = 0; i < v->list_count; i++) {
        empty(&v->lists[i]);
        free(v->lists[i].name);
    }
    free(v->vars);
    free(v->lists);
    free(v);
}

static struct var *find(const struct vars *v, const char *name) {
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->vars[i].name, name) == 0)
            return &v->vars[i];
    return NULL;
}

int vars_set_bytes(struct vars *v, const char *name, const char *value, size_t size) {
    char *copy = strndup(value, size);
    if (copy == NULL)
        return -1;
    struct var *old = find(v, name);
    if (old != NULL) {
        free(old->value);
        old->value = copy;
        return 0;
    }
    struct var *more = realloc(v->vars, (v->count + 1) * sizeof *more);
    char *key = strdup(name);
    if (more != NULL)
        v->vars = more;
    if (more == NULL || key == NULL) {
        free(key);
        free(copy);
        return -1;
    }
    v->vars[v->count++] = (struct var){.name = key, .value = copy};
    return 0;
}

int vars_set(struct vars *v, const char *name, const char *value) {
    return vars_set_bytes(v, name, value, strlen(value));
}

int vars_format(struct vars *v, const char *name, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = NULL;
    const int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0)
        return -1;
    const int result = vars_set(v, name, text);
    free(text);
    return result;
}

const char *vars_get(const struct vars *v, const char *name) {
    const struct var *var = find(v, name);
    return var == NULL ? NULL : var->value;
}

struct vars *vars_copy(const struct vars *v) {
    struct vars *copy = vars_new();
    for (size_t i = 0; copy != NULL && i < v->count; i++)
        if (vars_set(copy, v->vars[i].name, v->vars[i].value) != 0) {
            vars_free(copy);
            copy = NULL;
        }
    return copy;
}

static struct list *find_list(const struct vars *v, const char *name) {
    for (size_t i = 0; i < v->list_count; i++)
        if (strcmp(v->lists[i].name, name) == 0)
            return &v->lists[i];
    return NULL;
}

static struct list *make_list(struct vars *v, const char *name) {
    struct list *more = realloc(v->lists, (v->list_count + 1) * sizeof *more);
    if (more == NULL)
        return NULL;
    v->lists = more;
    char *key = strdup(name);
    if (key == NULL)
        return NULL;
    v->lists[v->list_count] = (struct list){.name = key};
    return &v->lists[v->list_count++];
}

const char *vars_get_or(const struct vars *v, const char *name, const char *otherwise) {
    const char *value = vars_get(v, name);
    return value == NULL ? otherwise : value;
}

void vars_each(const struct vars *v, void (*each)(void *arg, const char *name, const char *value),
               void *arg) {
    for (size_t i = 0; i < v->count; i++)
        each(arg, v->vars[i].name, v->vars[i].value);
}

int list_append(struct vars *v, const char *name, const char *line, size_t size) {
    struct list *l = find_list(v, name);
    if (l == NULL)
        l = make_list(v, name);
    if (l == NULL || l->bytes + size > LIST_BYTES_MAX)
        return -1;
    if (l->count == l->room) {
        const size_t room = l->room == 0 ? 16 : 2 * l->room;
        char **more = realloc(l->lines, room * sizeof *more);
        if (more == NULL)
            return -1;
        l->lines = more;
        l->room = room;
    }
    char *copy = strndup(line, size);
    if (copy == NULL)
        return -1;
    l->lines[l->count++] = copy;
    l->bytes += size;
    return 0;
}

void list_clear(struct vars *v, const char *name) {
    struct list *l = find_list(v, name);
    if (l != NULL)
        empty(l);
}

char *const *list_get(const struct vars *v, const char *name, size_t *count) {
    const struct list *l = find_list(v, name);
    *count = l == NULL ? 0 : l->count;
    return l == NULL ? NULL : l->lines;
}

static void put(FILE *out, const char *text, size_t size, bool quote) {
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (quote && c < 0x80 && !isalnum(c) && c != '_')
            (void)fputc('\\', out);
        (void)fputc(c, out);
    }
}

char *vars_expand(const struct vars *v, const char *text, bool quote, char **unknown) {
    *unknown = NULL;
    if (strstr(text, "%{") == NULL)
        return strdup(text);
    char *result = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&result, &size);
    if (out == NULL)
        return NULL;
    bool good = true;
    for (const char *at = text; *at != '\0' && good;) {
        const char *open = strstr(at, "%{");
        const char *close = open == NULL ? NULL : strchr(open, '}');
        if (close == NULL) {
            put(out, at, strlen(at), false);
            break;
        }
        put(out, at, (size_t)(open - at), false);
        char *name = strndup(open + 2, (size_t)(close - open - 2));
        const char *value = name == NULL ? NULL : vars_get(v, name);
        if (value != NULL)
            put(out, value, strlen(value), quote);
        good = value != NULL;
        if (good)
            free(name);
        else
            *unknown = name;
        at = close + 1;
    }
    if (fclose(out) != 0 || !good) {
        free(result);
        return NULL;
    }
    return result;
}

bool vars_names(const char *text, void (*each)(void *arg, const char *name), void *arg) {
    for (const char *open = strstr(text, "%{"); open != NULL; open = strstr(open + 2, "%{")) {
        const char *close = strchr(open, '}');
        if (close == NULL)
            return false;
        char *name = strndup(open + 2, (size_t)(close - open - 2));
        if (name != NULL)
            each(arg, name);
        free(name);
    }
    return true;
}
