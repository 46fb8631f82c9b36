// Variables of a run: names and values, both text. Also lists of lines that a dialogue collects.
#ifndef QEMU_GROW_DIALOGUE_VARS_H
#define QEMU_GROW_DIALOGUE_VARS_H

#include <stdbool.h>
#include <stddef.h>

struct vars;

struct vars *vars_new(void); // NULL without memory
void vars_free(struct vars *v);

// A copy of the variables, without the lists; NULL without memory.
struct vars *vars_copy(const struct vars *v);

// Sets (copies) a value; 0, or -1 without memory.
int vars_set(struct vars *v, const char *name, const char *value);
int vars_set_bytes(struct vars *v, const char *name, const char *value, size_t size);
int vars_format(struct vars *v, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The value, or NULL where there is no such variable; valid until it is set again.
const char *vars_get(const struct vars *v, const char *name);

// The value, or another text where there is no such variable.
const char *vars_get_or(const struct vars *v, const char *name, const char *otherwise);

// Calls each for every variable, in no order that means something.
void vars_each(const struct vars *v, void (*each)(void *arg, const char *name, const char *value),
               void *arg);

// Appends a copy of a line to the list of that name; -1 without memory, or when the list would hold
// more than LIST_BYTES_MAX bytes.
enum { LIST_BYTES_MAX = 64 * 1024 * 1024 };
int list_append(struct vars *v, const char *name, const char *line, size_t size);
void list_clear(struct vars *v, const char *name);

// The lines of a list; *count is 0 for a list that does not exist.
char *const *list_get(const struct vars *v, const char *name, size_t *count);

// Replaces each %{name} in text. With quote, values are quoted for PCRE2 (\ before what is not a
// word character). Returns allocated text; NULL without memory or, with *unknown set to a copy of
// its name (the caller frees), where a variable does not exist.
char *vars_expand(const struct vars *v, const char *text, bool quote, char **unknown);

// Calls each for every %{name} in text, with the name. Returns false on a %{ without }.
bool vars_names(const char *text, void (*each)(void *arg, const char *name), void *arg);

#endif
