// The dialogue loader on any bytes as runbook.yaml: it takes the file, or says what is wrong, with
// file and line.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dialogue/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A scratch folder, made once; its path is kept for the process's life.
static const char *scratch(void) {
    static char folder[] = "/tmp/qemu-grow-fuzz.XXXXXX";
    static char path[sizeof folder + 32];
    if (path[0] != '\0')
        return path;
    if (mkdtemp(folder) == NULL || chdir(folder) != 0 || mkdir("dialogues", 0700) != 0)
        abort();
    (void)snprintf(path, sizeof path, "%s/dialogues/runbook.yaml", folder);
    return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    FILE *out = fopen(scratch(), "we");
    if (out == NULL || fwrite(data, 1, size, out) != size || fclose(out) != 0)
        abort();
    struct failure f = {.id = EXIT_ID_OK};
    struct scripts *s = scripts_load(".", &f);
    if (s == NULL && (f.id != EXIT_ID_SCRIPTS_BAD || f.what[0] == '\0'))
        abort();
    if (s != NULL && scripts_dialogue(s, "runbook") == NULL)
        abort();
    scripts_free(s);
    return 0;
}
