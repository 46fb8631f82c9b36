// Puts the proof together as JSON; null stands for what was not found out.
#include "proof/write.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/run.h"
#include "base/signals.h"
#include "report/text.h"
#include "work/files.h"

enum { FORMAT = 1, HEX_SIZE = 2 * PROOF_DIGEST_SIZE + 1, JSON_INDENT_BY = 2, REAL_DIGITS = 6 };

// Texts of any bytes: JSON is UTF-8, so the others are shown as \xNN.
static json_t *text_of(const char *text) {
    if (text == NULL)
        return json_null();
    json_t *json = json_string(text);
    if (json != NULL)
        return json;
    const size_t size = strlen(text);
    char *shown = malloc(4 * size + 1);
    if (shown == NULL)
        return NULL;
    (void)text_printable(shown, 4 * size + 1, SIZE_MAX, text, size, true);
    json = json_string(shown);
    free(shown);
    return json;
}

static json_t *number_of(uint64_t n) {
    return json_integer((json_int_t)n);
}

static json_t *hex_of(const uint8_t *bytes, size_t size) {
    char hex[HEX_SIZE] = "";
    if (2 * size < sizeof hex)
        bytes_hex(hex, bytes, size);
    return json_string(hex);
}

static json_t *signature_of(uint32_t signature) {
    return json_sprintf("%08" PRIx32, signature);
}

// What is planned, and what the disk was like before.
static json_t *plan_of(const struct plan *p) {
    const struct mbr_entry *old = &p->before.mbr.entry[p->part - 1];
    const struct ext_super *fs = &p->before.fs;
    return json_pack(
        "{s:{s:o,s:o}, s:o, s:{s:i,s:o,s:o,s:o,s:o,s:o}, s:{s:i,s:o,s:o,s:o,s:o,s:o}}",
        "virtual_size", "before", number_of(p->before.virtual_size), "after",
        number_of(p->virtual_size), "disk_signature", signature_of(p->before.mbr.signature),
        "partition", "number", p->part, "start", number_of(p->entry.start), "sectors_before",
        number_of(old->sectors), "sectors", number_of(p->entry.sectors), "type",
        json_sprintf("%02x", (unsigned)p->entry.type), "boot", json_boolean(p->entry.boot != 0),
        "file_system", "ext", fs->version, "uuid", hex_of(fs->uuid, sizeof fs->uuid), "label",
        text_of(fs->label), "block_size", number_of(fs->block_size), "blocks_before",
        number_of(fs->blocks), "blocks", number_of(p->fs_blocks));
}

static json_t *checks_of(const struct proof *r) {
    json_t *list = json_array();
    for (int i = 0; i < r->count; i++) {
        const struct proof_check *c = &r->checks[i];
        json_t *row =
            json_pack("{s:s, s:s, s:b, s:o, s:o}", "name", c->name, "what", c->what, "ok",
                      (int)c->ok, "planned", text_of(c->planned), "found", text_of(c->found));
        if (row == NULL || json_array_append_new(list, row) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *repairs_of(const struct proof_subject *s) {
    json_t *list = json_array();
    for (size_t i = 0; i < s->repair_count; i++)
        if (json_array_append_new(list, text_of(s->repairs[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *e2fsck_of(const struct proof *r) {
    return json_pack("{s:i, s:o, s:o, s:b}", "exit_code", r->e2fsck_code, "words",
                     text_of(r->e2fsck_words), "bytes_read", number_of(r->copied), "read_all",
                     (int)r->copied_all);
}

// SHA-256 of sector 0, of what lies between it and the partition, and of the superblock.
static json_t *digests_of(const struct proof *r) {
    if (!r->hashed)
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "sector_0", hex_of(r->mbr, sizeof r->mbr),
                     "before_partition", hex_of(r->region, sizeof r->region), "superblock",
                     hex_of(r->super, sizeof r->super));
}

static json_t *iso_of(const struct iso *iso) {
    if (iso == NULL)
        return json_null();
    return json_pack("{s:o, s:o, s:s, s:o, s:o}", "path", text_of(iso->path), "sha256",
                     text_of(iso->sha256), "trust", trust_words[iso->trust], "how",
                     text_of(iso->how), "alpine", text_of(iso->look.version));
}

// The first line of what PROGRAM --version prints, or null.
static json_t *version_of(const char *program) {
    if (program == NULL)
        return json_null();
    char *argv[] = {(char *)program, "--version", NULL};
    struct run_result r;
    json_t *json = NULL;
    if (run_program(&r, argv, signals_fd(), NULL) == 0 && run_ok(&r)) {
        r.out[strcspn(r.out, "\n")] = '\0';
        json = text_of(r.out);
    }
    run_free(&r);
    return json != NULL ? json : json_null();
}

static json_t *versions_of(const struct proof *r, const struct plan *p,
                           const struct proof_session *session) {
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "qemu-grow", QEMU_GROW_VERSION, "qemu",
                     version_of(session->qemu), "qemu-img", version_of(session->qemu_img),
                     "e2fsck_host", text_of(r->e2fsck_version), "e2fsprogs_guest",
                     text_of(p->e2fsprogs));
}

static json_t *seconds_of(const struct proof *r, const struct proof_session *session) {
    json_t *json =
        json_pack("{s:f, s:f, s:f, s:f}", "proof_table", r->times.table, "proof_region",
                  r->times.region, "proof_copy", r->times.copy, "proof_e2fsck", r->times.e2fsck);
    for (size_t i = 0; i < session->phase_count; i++)
        (void)json_object_set_new(json, session->phases[i].name,
                                  json_real(session->phases[i].seconds));
    return json;
}

// That a person had the console, how long and where at last; or null.
static json_t *person_of(const struct person_story *p) {
    if (p == NULL || p->visits == 0)
        return json_null();
    return json_pack("{s:i, s:I, s:f, s:s}", "visits", (int)p->visits, "bytes_sent",
                     (json_int_t)p->keys, "seconds", p->seconds, "at", p->at);
}

static json_t *now(void) {
    char text[] = "2026-01-01T00:00:00Z";
    const time_t t = time(NULL);
    struct tm utc;
    if (gmtime_r(&t, &utc) == NULL || strftime(text, sizeof text, "%FT%TZ", &utc) == 0)
        return json_null();
    return json_string(text);
}

json_t *proof_json(const struct proof *r, const struct plan *p, const struct proof_subject *s,
                   const struct proof_session *session) {
    return json_pack("{s:i, s:o, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "format", FORMAT, "written", now(), "outcome", session->outcome, "route",
                     session->route, "disk", text_of(p->disk), "disk_format", p->format, "plan",
                     plan_of(p), "checks", checks_of(r), "repairs", repairs_of(s), "e2fsck",
                     e2fsck_of(r), "digests", digests_of(r), "iso", iso_of(session->iso),
                     "versions", versions_of(r, p, session), "seconds", seconds_of(r, session),
                     "person", person_of(session->person));
}

static int unwritable(const char *path, int error, struct failure *f) {
    return failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE, "give --proof a file that can be written",
                       "the proof cannot be written to %s: %s", path, strerror(error));
}

// The folder that `path` is in, allocated.
static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

int proof_writable(const char *path, struct failure *f) {
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return unwritable(path, S_ISDIR(st.st_mode) ? EISDIR : EINVAL, f);
    char *folder = folder_of(path);
    if (folder == NULL)
        return failure_no_memory(f);
    const int rc = access(folder, W_OK | X_OK);
    free(folder);
    return rc == 0 ? 0 : unwritable(path, errno, f);
}

int proof_write(const char *path, const struct proof *result, const struct plan *p,
                const struct proof_subject *s, const struct proof_session *session,
                struct failure *f) {
    json_t *json = proof_json(result, p, s, session);
    if (json == NULL)
        return failure_no_memory(f);
    char *text = json_dumps(json, JSON_INDENT(JSON_INDENT_BY) | JSON_REAL_PRECISION(REAL_DIGITS));
    char *folder = folder_of(path);
    char *lines = NULL;
    json_decref(json);
    int rc = text == NULL || folder == NULL || asprintf(&lines, "%s\n", text) < 0
                 ? failure_no_memory(f)
                 : file_replace(folder, path, lines, strlen(lines), f);
    free(lines);
    free(folder);
    free(text);
    return rc;
}
