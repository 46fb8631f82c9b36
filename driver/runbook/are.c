// From one kind of pattern to the other, atom by atom.
//
// What differs: named groups become plain ones; `.` and a negated class of Tcl match LF, so `.`
// becomes a class (not under (?s:); \d, \w and \s of Tcl know Unicode, so they become classes; \b
// is \y; a bound is at most 255, so that a larger upper one becomes open; a match is leftmost and
// (with a lazy empty part before it) shortest; (?i) stands before all else; `(?<!\S)` is a
// beginning of a line or a white character. Other assertions that look back, inline options,
// possessive and atomic parts, back references and classes by Unicode property are refused.
#include "runbook/are.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32, BOUND_MAX = 255 };

struct reader {
    const char *pattern, *at;
    FILE *out;
    struct are *a;
    bool dot_is_all[DEPTH_MAX]; // within (?s:
    int depth;
    struct failure *f;
};

static int refuse(const struct reader *r, const char *what, ...)
    __attribute__((format(printf, 2, 3)));

static int refuse(const struct reader *r, const char *what, ...) {
    char why[128];
    va_list args;
    va_start(args, what);
    (void)vsnprintf(why, sizeof why, what, args);
    va_end(args);
    return failure_set(r->f, EXIT_ID_SCRIPTS_BAD, "write the pattern in another way",
                       "the pattern `%s` cannot be said in Tcl: %s", r->pattern, why);
}

// What the escapes for classes of characters stand for, within brackets.
static const char *class_of(char c) {
    switch (c) {
    case 'd':
    case 'D':
        return "0-9";
    case 'w':
    case 'W':
        return "A-Za-z0-9_";
    case 's':
    case 'S':
        return " \\t\\n\\v\\f\\r";
    default:
        return NULL;
    }
}

// Characters that mean the same behind a backslash in both.
static bool is_same(char c) {
    return c != '\0' && (ispunct((unsigned char)c) || strchr("aefnrt", c) != NULL);
}

// \xhh, which takes any number of digits in Tcl.
static int put_hex(struct reader *r) {
    char digits[3] = {0};
    for (int i = 0; i < 2 && isxdigit((unsigned char)r->at[0]); i++)
        digits[i] = *r->at++;
    if (digits[0] == '\0')
        return refuse(r, "\\x without digits");
    (void)fprintf(r->out, "\\u%04lx", strtoul(digits, NULL, 16));
    return 0;
}

// An escape; r->at is behind the backslash.
static int put_escape(struct reader *r, bool in_class) {
    const char c = *r->at;
    const char *class = class_of(c);
    if (c == '\0')
        return refuse(r, "a backslash at the end");
    r->at++;
    if (class != NULL && in_class && isupper((unsigned char)c))
        return refuse(r, "\\%c in brackets", c);
    if (class != NULL)
        (void)fprintf(r->out, in_class ? "%s%s" : "[%s%s]",
                      isupper((unsigned char)c) && !in_class ? "^" : "", class);
    else if (c == 'x')
        return put_hex(r);
    else if (!in_class && (c == 'b' || c == 'B'))
        (void)fprintf(r->out, "\\%c", c == 'b' ? 'y' : 'Y');
    else if (c == 'A' && !in_class)
        (void)fputs("\\A", r->out);
    else if (is_same(c))
        (void)fprintf(r->out, "\\%c", c);
    else
        return refuse(r, "\\%c", c);
    return 0;
}

// A class; r->at is behind its bracket.
static int put_class(struct reader *r) {
    (void)fputc('[', r->out);
    if (*r->at == '^')
        (void)fputc(*r->at++, r->out);
    for (bool first = true; *r->at != ']' || first; first = false) {
        if (*r->at == '\0')
            return refuse(r, "a bracket is open");
        if (*r->at == '[' && strchr(":.=", r->at[1]) != NULL && r->at[1] != '\0')
            return refuse(r, "a class by name");
        if (*r->at == '\\') {
            r->at++;
            if (put_escape(r, true) != 0)
                return -1;
        } else if (*r->at == ']' || *r->at == '[') {
            (void)fprintf(r->out, "\\%c", *r->at++);
        } else {
            (void)fputc(*r->at++, r->out);
        }
    }
    (void)fputc(*r->at++, r->out);
    return 0;
}

static int add_group(struct reader *r, const char *name, size_t size) {
    if (r->a->count == ARE_GROUPS_MAX)
        return refuse(r, "more than %d groups", ARE_GROUPS_MAX);
    r->a->names[r->a->count] = strndup(name, size);
    return r->a->names[r->a->count++] == NULL ? failure_no_memory(r->f) : 0;
}

// How a group begins; r->at is at its parenthesis.
static int put_open(struct reader *r) {
    static const char not_behind_word[] = "(?<!\\S)";
    static const char any[] = "(?s:";
    if (strncmp(r->at, not_behind_word, strlen(not_behind_word)) == 0) {
        (void)fprintf(r->out, "(?:^|[%s])", class_of('s'));
        r->at += strlen(not_behind_word);
        return 0;
    }
    if (r->depth + 1 == DEPTH_MAX)
        return refuse(r, "parentheses are nested too deeply");
    bool all = r->dot_is_all[r->depth];
    int rc = 0;
    if (r->at[1] != '?') {
        (void)fputc('(', r->out);
        rc = add_group(r, "", 0);
        r->at++;
    } else if (strchr(":=!", r->at[2]) != NULL && r->at[2] != '\0') {
        (void)fwrite(r->at, 1, 3, r->out);
        r->at += 3;
    } else if (strncmp(r->at, any, strlen(any)) == 0) {
        (void)fputs("(?:", r->out);
        r->at += strlen(any);
        all = true;
    } else if (r->at[2] == '<' && strchr("=!", r->at[3]) == NULL) {
        const size_t size = strcspn(r->at + 3, ">");
        (void)fputc('(', r->out);
        rc = add_group(r, r->at + 3, size);
        r->at += 3 + size + (r->at[3 + size] == '>');
    } else {
        return refuse(r, "`%.4s`", r->at);
    }
    r->dot_is_all[++r->depth] = all;
    return rc;
}

// {m,n}; r->at is at the brace. 1: it is one, and is written; 0: it is a plain brace.
static int put_bound(struct reader *r) {
    char *end = NULL;
    if (!isdigit((unsigned char)r->at[1]))
        return 0;
    const unsigned long least = strtoul(r->at + 1, &end, 10);
    unsigned long most = least;
    bool open = false;
    if (*end == ',') {
        open = end[1] == '}';
        most = open ? 0 : strtoul(end + 1, &end, 10);
        end += open;
    }
    if (*end != '}')
        return 0;
    r->at = end + 1;
    if (least > BOUND_MAX)
        return refuse(r, "a bound above %d", BOUND_MAX);
    if (open || most > BOUND_MAX)
        (void)fprintf(r->out, least == 0 ? "*" : "{%lu,}", least);
    else
        (void)fprintf(r->out, "{%lu,%lu}", least, most);
    return 1;
}

// A quantifier; r->at is at its first character.
static int put_quantifier(struct reader *r) {
    if (*r->at == '{') {
        const int bound = put_bound(r);
        if (bound < 0)
            return -1;
        if (bound == 0) {
            (void)fputs("\\{", r->out);
            r->at++;
            return 0;
        }
    } else {
        (void)fputc(*r->at++, r->out);
    }
    if (*r->at == '+')
        return refuse(r, "a possessive quantifier");
    if (*r->at == '?')
        (void)fputc(*r->at++, r->out);
    return 0;
}

// A variable stays. 1: it was one.
static int put_variable(struct reader *r) {
    const char *end = r->at[0] == '%' && r->at[1] == '{' ? strchr(r->at, '}') : NULL;
    if (end == NULL)
        return 0;
    (void)fwrite(r->at, 1, (size_t)(end - r->at) + 1, r->out);
    r->at = end + 1;
    return 1;
}

static int put_atom(struct reader *r) {
    if (put_variable(r))
        return 0;
    switch (*r->at) {
    case '(':
        return put_open(r);
    case ')':
        if (r->depth > 0)
            r->depth--;
        break;
    case '[':
        r->at++;
        return put_class(r);
    case '\\':
        r->at++;
        return put_escape(r, false);
    case '*':
    case '+':
    case '?':
    case '{':
        return put_quantifier(r);
    case '.':
        (void)fputs(r->dot_is_all[r->depth] ? "." : "[^\\n]", r->out);
        r->at++;
        return 0;
    case '}':
    case ']':
        (void)fputc('\\', r->out);
        break;
    default:
        break;
    }
    (void)fputc(*r->at++, r->out);
    return 0;
}

int are_translate(struct are *a, const char *pattern, struct failure *f) {
    static const char any_case[] = "(?i)";
    size_t size = 0;
    *a = (struct are){0};
    struct reader r = {.pattern = pattern, .at = pattern, .a = a, .f = f};
    r.out = open_memstream(&a->regex, &size);
    if (r.out == NULL)
        return failure_no_memory(f);
    if (strncmp(pattern, any_case, strlen(any_case)) == 0) {
        (void)fputs(any_case, r.out);
        r.at += strlen(any_case);
    }
    (void)fputs("(?:)*?", r.out);
    int rc = 0;
    while (rc == 0 && *r.at != '\0')
        rc = put_atom(&r);
    if (fclose(r.out) != 0 && rc == 0)
        rc = failure_no_memory(f);
    return rc;
}

void are_free(struct are *a) {
    for (size_t i = 0; i < a->count; i++)
        free(a->names[i]);
    free(a->regex);
    *a = (struct are){0};
}
