// The driver's side: keeps what comes before there is a folder, then hands all of it on.
#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/monotonic.h"
#include "record/record_impl.h"

enum { RECORD_FORMAT = 1 }; // of the whole folder

struct record *record_new(double started) {
    struct record *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->started = started;
    r->events = r->output = -1;
    return r;
}

static int fail(const char *path, int why, struct failure *f) {
    if (why == ENOSPC || why == EDQUOT)
        return failure_set(f, EXIT_ID_HOST_FULL, "make room there, or name another place",
                           "there is no room for the recording %s: %s", path, strerror(why));
    return failure_set(f, EXIT_ID_IO_ERROR, "name another place for it",
                       "the recording %s cannot be written: %s", path, strerror(why));
}

static void write_all(struct record *r, int fd, const char *from, size_t size) {
    while (size > 0 && r->error == 0) {
        const ssize_t n = write(fd, from, size);
        if (n > 0) {
            from += n;
            size -= (size_t)n;
        } else if (n < 0 && errno != EINTR)
            r->error = errno;
    }
}

// The first line.
static void write_start(struct record *r, const struct options *o) {
    char wall[sizeof "2026-01-01T00:00:00Z"] = "";
    const time_t t = time(NULL);
    struct tm utc;
    if (gmtime_r(&t, &utc) != NULL)
        (void)strftime(wall, sizeof wall, "%FT%TZ", &utc);
    json_t *words = json_array();
    for (char **word = o->argv; word != NULL && *word != NULL; word++)
        (void)json_array_append_new(words, record_text(*word, strlen(*word)));
    json_t *fields =
        json_pack("{s:f, s:s, s:i, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:o}", "t", 0.0, "type",
                  "start", "format", RECORD_FORMAT, "program", "qemu-grow " QEMU_GROW_VERSION,
                  "wall", wall, "disk", record_text(o->disk, strlen(o->disk)), "attach",
                  attach_words[o->attach], "seq", moment_words[o->seq], "log", moment_words[o->log],
                  "plug", o->attach == ATTACH_USB ? plug_words[o->plug] : "no", "options", words);
    char *line = fields == NULL ? NULL : json_dumps(fields, JSON_COMPACT);
    if (line != NULL) {
        write_all(r, r->events, line, strlen(line));
        write_all(r, r->events, "\n", 1);
    }
    free(line);
    json_decref(fields);
}

int record_open(struct record *r, const struct options *o, char **note, struct failure *f) {
    *note = NULL;
    if (r == NULL || o->transcript == NULL)
        return 0;
    char *path = NULL;
    if (mkdir(o->transcript, 0700) != 0 && errno != EEXIST)
        return failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE, "name another place for it",
                           "the folder %s cannot be made: %s", o->transcript, strerror(errno));
    if (asprintf(&path, "%s/events.jsonl", o->transcript) < 0 ||
        (r->folder = strdup(o->transcript)) == NULL)
        return failure_no_memory(f);
    r->events = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    free(path);
    if (r->events < 0)
        return failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE, "name another place for it",
                           "the recording %s cannot be made: %s", o->transcript, strerror(errno));
    write_start(r, o);
    if (asprintf(&path, "%s/output.log", o->transcript) >= 0)
        r->output = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    free(path);
    write_all(r, r->output, "Script started\n", strlen("Script started\n"));
    write_all(r, r->events, r->kept, r->kept_size);
    free(r->kept);
    r->kept = NULL;
    r->kept_size = 0;
    return 0;
}

const char *record_folder(const struct record *r) {
    return r == NULL ? NULL : r->folder;
}

int record_failed(const struct record *r, struct failure *f) {
    return r == NULL || r->error == 0 ? 0 : fail(r->folder, r->error, f);
}

int record_close(struct record *r, struct failure *f) {
    if (r == NULL)
        return 0;
    const int result = record_failed(r, f);
    if (r->events >= 0)
        (void)close(r->events);
    if (r->output >= 0)
        (void)close(r->output);
    free(r->kept);
    free(r->folder);
    free(r);
    return result;
}

void record_line(struct record *r, const char *line, size_t size) {
    if (r->events >= 0) {
        write_all(r, r->events, line, size);
        return;
    }
    char *larger = realloc(r->kept, r->kept_size + size);
    if (larger == NULL)
        return;
    memcpy(larger + r->kept_size, line, size);
    r->kept = larger;
    r->kept_size += size;
}

void record_output(struct record *r, const void *bytes, size_t size) {
    if (r == NULL)
        return;
    r->out += size;
    if (r->output >= 0)
        write_all(r, r->output, bytes, size);
}

void record_input(struct record *r, const void *bytes, size_t size) {
    (void)r, (void)bytes, (void)size;
}

double record_now(const struct record *r) {
    return monotonic_seconds() - r->started;
}
