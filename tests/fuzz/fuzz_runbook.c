// Any pattern into Tcl's, any text through all quotings, and the runbook of a run from any events;
// parts are divided by an empty line.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/read.h"
#include "runbook/are.h"
#include "runbook/md_done.h"
#include "runbook/quote.h"

static void translate_and_quote(FILE *out, const char *text) {
    struct are a;
    struct failure f;
    if (are_translate(&a, text, &f) == 0)
        quote_tcl(out, a.regex);
    are_free(&a);
    quote_shell(out, text);
    quote_markdown(out, text);
    quote_code(out, text);
    quote_tcl(out, text);
    quote_tcl_comment(out, text);
    quote_keys(out, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct scripts *scripts;
    struct failure f;
    struct reading r;
    char *text = strndup((const char *)data, size);
    FILE *out = fopen("/dev/null", "w");
    if (scripts == NULL)
        scripts = scripts_load(SOURCE_DIR "/scripts", &f);
    if (text == NULL || out == NULL || scripts == NULL)
        abort();
    translate_and_quote(out, text);
    if (reading_take(&r, (const char *)data, size, "", 0) != 0)
        abort();
    (void)runbook_done(out, &r, scripts, &f);
    reading_free(&r);
    (void)fclose(out);
    free(text);
    return 0;
}
