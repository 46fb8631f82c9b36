// The dialogue loader on any bytes as runbook.yaml: it takes the file, or says what is wrong, with
// file and line.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "dialogue/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A scratch folder where the fuzzer runs.
#define FOLDER "fuzz_script.scratch"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    (void)mkdir(FOLDER, 0700);
    (void)mkdir(FOLDER "/dialogues", 0700);
    FILE *out = fopen(FOLDER "/dialogues/runbook.yaml", "we");
    if (out == NULL || fwrite(data, 1, size, out) != size || fclose(out) != 0)
        abort();
    struct failure f = {.id = EXIT_ID_OK};
    struct scripts *s = scripts_load(FOLDER, &f);
    if (s == NULL && (f.id != EXIT_ID_SCRIPTS_BAD || f.what[0] == '\0'))
        abort();
    if (s != NULL && scripts_dialogue(s, "runbook") == NULL)
        abort();
    scripts_free(s);
    return 0;
}
