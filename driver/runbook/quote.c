// Quoting, byte by byte.
#include "runbook/quote.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "report/text.h"

// The text with control characters and what is no UTF-8 as \xNN. Allocated, or NULL.
static char *visible(const char *text) {
    const size_t size = 4 * strlen(text) + 1;
    char *shown = malloc(size);
    if (shown != NULL)
        (void)text_printable(shown, size, size, text, strlen(text), true);
    return shown;
}

static bool is_visible(const char *text) {
    char *shown = visible(text);
    const bool same = shown != NULL && strcmp(shown, text) == 0;
    free(shown);
    return same;
}

// ---------------------------------------------------------------------------------------- shell

static const char plain[] = "%+,-./:=@_";

static void dollar_quoted(FILE *out, const char *text) {
    (void)fputs("$'", out);
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c < ' ' || c >= 0x7f)
            (void)fprintf(out, "\\%03o", c);
        else if (c == '\'' || c == '\\')
            (void)fprintf(out, "\\%c", c);
        else
            (void)fputc(c, out);
    }
    (void)fputc('\'', out);
}

void quote_shell(FILE *out, const char *text) {
    size_t same = 0;
    while (isalnum((unsigned char)text[same]) ||
           (text[same] != '\0' && strchr(plain, text[same]) != NULL))
        same++;
    if (same > 0 && text[same] == '\0') {
        (void)fputs(text, out);
        return;
    }
    if (!is_visible(text)) {
        dollar_quoted(out, text);
        return;
    }
    (void)fputc('\'', out);
    for (; *text != '\0'; text++)
        (void)(*text == '\'' ? fputs("'\\''", out) : fputc(*text, out));
    (void)fputc('\'', out);
}

void quote_shell_argv(FILE *out, char *const *argv) {
    for (size_t i = 0; argv[i] != NULL; i++) {
        if (i > 0)
            (void)fputc(' ', out);
        quote_shell(out, argv[i]);
    }
}

// ------------------------------------------------------------------------------------- Markdown

void quote_markdown(FILE *out, const char *text) {
    char *shown = visible(text);
    for (const char *c = shown; c != NULL && *c != '\0'; c++) {
        const bool inside = c > shown && isalnum((unsigned char)c[-1]) &&
                            (isalnum((unsigned char)c[1]) || c[1] == '_');
        if (strchr("\\`*[]<>&|~$", *c) != NULL || (*c == '_' && !inside))
            (void)fputc('\\', out);
        (void)fputc(*c, out);
    }
    free(shown);
}

void quote_code(FILE *out, const char *text) {
    char *shown = visible(text);
    size_t longest = 0;
    size_t size = shown == NULL ? 0 : strlen(shown);
    if (size == 0) {
        free(shown);
        return;
    }
    for (size_t i = 0, run = 0; i < size; i++) {
        run = shown[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    const bool pad = strchr("` ", shown[0]) != NULL || strchr("` ", shown[size - 1]) != NULL;
    for (size_t i = 0; i <= longest; i++)
        (void)fputc('`', out);
    (void)fprintf(out, "%s%s%s", pad ? " " : "", shown, pad ? " " : "");
    for (size_t i = 0; i <= longest; i++)
        (void)fputc('`', out);
    free(shown);
}

// ------------------------------------------------------------------------------------------ Tcl

// Whether the text in braces is one word that stands for itself.
static bool fits_braces(const char *text) {
    int depth = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
            return false;
        if (*c == '\\') {
            c++;
            if (*c == '\0' || (unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
                return false;
        } else if (*c == '{') {
            depth++;
        } else if (*c == '}' && --depth < 0) {
            return false;
        }
    }
    return depth == 0;
}

void quote_tcl(FILE *out, const char *text) {
    size_t same = 0;
    while (isalnum((unsigned char)text[same]) ||
           (text[same] != '\0' && strchr("+,-./:=@_", text[same]) != NULL))
        same++;
    if (same > 0 && text[same] == '\0') {
        (void)fputs(text, out);
    } else if (fits_braces(text)) {
        (void)fprintf(out, "{%s}", text);
    } else {
        for (; *text != '\0'; text++) {
            const unsigned char c = (unsigned char)*text;
            if (c <= ' ' || c >= 0x7f)
                (void)fprintf(out, "\\u%04x", c);
            else
                (void)fprintf(out, "%s%c", isalnum(c) ? "" : "\\", c);
        }
    }
}

void quote_tcl_comment(FILE *out, const char *text) {
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        (void)fputc(c < ' ' || c >= 0x7f || strchr("\\{}", c) != NULL ? '?' : c, out);
    }
}

// ----------------------------------------------------------------------------------------- keys

void quote_keys(FILE *out, const char *keys) {
    for (const char *k = keys; *k != '\0'; k++) {
        const unsigned char c = (unsigned char)*k;
        if (k > keys)
            (void)fputs(", then ", out);
        if (c == '\r')
            (void)fputs("Enter", out);
        else if (c == '\t')
            (void)fputs("Tab", out);
        else if (c == 0x7f)
            (void)fputs("Backspace", out);
        else if (c < ' ')
            (void)fprintf(out, "Ctrl-%c", c + '@');
        else if (c == ' ')
            (void)fputs("Space", out);
        else
            quote_code(out, (const char[]){(char)c, '\0'});
    }
}
