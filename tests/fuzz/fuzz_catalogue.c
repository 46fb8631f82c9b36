// The two readers of YAML of the ISO's: any bytes as a catalogue of known releases, and as what the
// cache noted beside an ISO.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "iso/catalogue.h"
#include "iso/digest.h"
#include "iso/record.h"
#include "iso/source.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A scratch folder where the fuzzer runs.
#define FOLDER "fuzz_catalogue.scratch"
#define FILE_PATH FOLDER "/catalogue.yaml"

static void must(int holds) {
    if (!holds)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    must(unsetenv("HOME") == 0 && unsetenv("XDG_CONFIG_HOME") == 0); // no catalogue of the user's
    (void)mkdir(FOLDER, 0700);
    return 0;
}

static void use(const struct catalogue *c) {
    const struct release *r;
    const struct release_key *key;
    for (size_t i = 0; (r = catalogue_release_at(c, i)) != NULL; i++) {
        must(source_is_release(r->version) && digest_is_hex(r->sha256, NULL));
        must(catalogue_release(c, r->version) != NULL && catalogue_digest(c, r->sha256) != NULL);
        char *path = catalogue_path(c, r->version);
        must(path != NULL);
        free(path);
    }
    for (size_t i = 0; (key = catalogue_key_at(c, i)) != NULL; i++)
        must(strlen(key->fingerprint) == 40);
    for (size_t i = 0; catalogue_mirror_at(c, i) != NULL; i++)
        must(strstr(catalogue_mirror_at(c, i), "://") != NULL);
    must(catalogue_default(c) == NULL || source_is_release(catalogue_default(c)));
    const struct manner m = catalogue_manner(c);
    must(m.slowest > 0 && m.stalled > 0 && m.connect > 0 && m.rounds > 0 && m.pause > 0 &&
         m.largest > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    FILE *out = fopen(FILE_PATH, "we");
    must(out != NULL && fwrite(data, 1, size, out) == size && fclose(out) == 0);
    struct failure f = {.id = EXIT_ID_OK};
    struct catalogue *c = catalogue_load(FOLDER, true, &f);
    if (c == NULL)
        must(f.id == EXIT_ID_CATALOGUE_BAD && f.what[0] != '\0');
    else
        use(c);
    catalogue_free(c);
    record_free(record_load(FILE_PATH));
    return 0;
}
