// Goes through page.html twice: the policy comes before the elements whose digests it names.
#include "page/template.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page/embed.h"

enum {
    PIECE_SIZE = 16384,
    FILE_SIZE_MAX = 4 << 20, // bytes of one file of the template
    SHA256_BASE64 = 4 * ((32 + 2) / 3),
};

static const char name_characters[] = "abcdefghijklmnopqrstuvwxyz"
                                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
static const char advice[] = "take scripts/report/ as it came with the program";

// What is known while the page is put together.
struct filling {
    const char *folder;
    const json_t *data;
    struct text_buffer policy; // of the first time through
    struct failure *f;
};

static int read_file(struct text_buffer *out, const char *folder, const char *name,
                     struct failure *f) {
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return failure_no_memory(f);
    FILE *in = fopen(path, "re");
    int error = in == NULL ? errno : 0;
    char piece[PIECE_SIZE];
    size_t n = 1;
    const size_t before = out->size;
    while (error == 0 && n > 0 && out->size - before <= FILE_SIZE_MAX) {
        n = fread(piece, 1, sizeof piece, in);
        error = ferror(in) ? EIO : 0;
        text_buffer_add(out, piece, n);
    }
    if (in != NULL)
        (void)fclose(in);
    if (error == 0 && out->size - before > FILE_SIZE_MAX)
        error = EFBIG;
    if (error != 0)
        (void)failure_set(f, EXIT_ID_SCRIPTS_BAD, advice,
                          "%s, a part of --report's page, cannot be"
                          " read: %s",
                          path, strerror(error));
    free(path);
    return error != 0 ? -1 : out->failed ? failure_no_memory(f) : 0;
}

// 'sha256-BASE64', as the policy names an element's content.
static int add_digest(struct text_buffer *policy, const char *bytes, size_t size) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned char text[SHA256_BASE64 + 1];
    unsigned n = 0;
    if (EVP_Digest(bytes, size, digest, &n, EVP_sha256(), NULL) != 1)
        return -1;
    (void)EVP_EncodeBlock(text, digest, (int)n);
    text_buffer_add_text(policy, " 'sha256-");
    text_buffer_add_text(policy, (const char *)text);
    text_buffer_add_text(policy, "'");
    return 0;
}

// An element of files; its digest goes to the policy's directive `kind`-src.
static int add_element(struct text_buffer *page, struct filling *x, const char *kind, char *names) {
    struct text_buffer content = {0};
    int rc = 0;
    text_buffer_add_text(&content, "\n");
    char *rest = names;
    for (char *name = strsep(&rest, " "); name != NULL && rc == 0; name = strsep(&rest, " "))
        if (name[0] != '\0' && name[strspn(name, name_characters)] != '\0')
            rc =
                failure_set(x->f, EXIT_ID_SCRIPTS_BAD, advice,
                            "'%s' in %s/page.html is no name of a file beside it", name, x->folder);
        else if (name[0] != '\0')
            rc = read_file(&content, x->folder, name, x->f);
    if (rc == 0 && content.size > 0) {
        text_buffer_add_text(&x->policy, "; ");
        text_buffer_add_text(&x->policy, kind);
        text_buffer_add_text(&x->policy, "-src");
        rc = add_digest(&x->policy, content.bytes, content.size) == 0 ? 0 : failure_no_memory(x->f);
    }
    text_buffer_add_text(page, "<");
    text_buffer_add_text(page, kind);
    text_buffer_add_text(page, ">");
    text_buffer_add(page, content.bytes, content.size);
    text_buffer_add_text(page, "</");
    text_buffer_add_text(page, kind);
    text_buffer_add_text(page, ">\n");
    if (rc == 0 && content.failed)
        rc = failure_no_memory(x->f);
    text_buffer_free(&content);
    return rc;
}

static int add_style(struct text_buffer *page, struct filling *x, char *names) {
    return add_element(page, x, "style", names);
}

static int add_script(struct text_buffer *page, struct filling *x, char *names) {
    return add_element(page, x, "script", names);
}

// The second time through, x->policy holds the digests twice; only `digests` is used.
static int add_policy(struct text_buffer *page, struct filling *x, char *digests) {
    (void)x;
    text_buffer_add_text(page, "<meta http-equiv=\"Content-Security-Policy\" content=\""
                               "default-src 'none'; base-uri 'none'; form-action 'none'");
    text_buffer_add_text(page, digests);
    text_buffer_add_text(page, "\">\n");
    return 0;
}

static int add_data(struct text_buffer *page, struct filling *x, char *rest) {
    (void)rest;
    text_buffer_add_text(page, "<script type=\"application/json\" id=\"data\">");
    const int rc = embed_json(page, x->data);
    text_buffer_add_text(page, "</script>\n");
    return rc == 0 ? 0 : failure_no_memory(x->f);
}

static const struct {
    const char *word;
    int (*add)(struct text_buffer *page, struct filling *x, char *rest);
} lines[] = {
    {"@style", add_style}, {"@script", add_script}, {"@policy", add_policy}, {"@data", add_data}};

static int add_line(struct text_buffer *page, struct filling *x, char *line, char *digests) {
    if (line[0] != '@') {
        text_buffer_add_text(page, line);
        text_buffer_add_text(page, "\n");
        return 0;
    }
    const size_t word = strcspn(line, " ");
    char *rest = line + word + (line[word] == ' ');
    line[word] = '\0';
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (strcmp(line, lines[i].word) == 0)
            return lines[i].add(page, x, lines[i].add == add_policy ? digests : rest);
    return failure_set(x->f, EXIT_ID_SCRIPTS_BAD, advice,
                       "%s/page.html has a line that begins"
                       " with '%s'",
                       x->folder, line);
}

// Once through page.html. digests: what the policy names.
static int go_through(struct text_buffer *page, struct filling *x, char *digests) {
    struct text_buffer text = {0};
    int rc = read_file(&text, x->folder, "page.html", x->f);
    text_buffer_add(&text, "", 1);
    if (rc == 0 && text.failed)
        rc = failure_no_memory(x->f);
    char *rest = text.bytes;
    if (rc == 0 && text.size > 1 && text.bytes[text.size - 2] == '\n')
        text.bytes[text.size - 2] = '\0';
    for (char *line = rc == 0 ? strsep(&rest, "\n") : NULL; line != NULL && rc == 0;
         line = strsep(&rest, "\n"))
        rc = add_line(page, x, line, digests);
    text_buffer_free(&text);
    return rc != 0 ? -1 : page->failed || x->policy.failed ? failure_no_memory(x->f) : 0;
}

int template_fill(struct text_buffer *page, const char *folder, const json_t *data,
                  struct failure *f) {
    json_t *nothing = json_null();
    struct filling first = {.folder = folder, .data = nothing, .f = f};
    struct filling second = {.folder = folder, .data = data, .f = f};
    struct text_buffer thrown_away = {0};
    char none[] = "";
    int rc = go_through(&thrown_away, &first, none);
    text_buffer_add(&first.policy, "", 1);
    if (rc == 0)
        rc = first.policy.failed ? failure_no_memory(f)
                                 : go_through(page, &second, first.policy.bytes);
    text_buffer_free(&thrown_away);
    text_buffer_free(&first.policy);
    text_buffer_free(&second.policy);
    return rc;
}
