// The driver's side: keeps what comes before there is a folder, then hands all of it to the keeper.
#include "record/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/monotonic.h"
#include "record/event.h"
#include "record/formats.h"
#include "record/record_impl.h"
#include "record/shelf.h"

enum { RECORD_FORMAT = 1, US = 1000000, WALL_SIZE = sizeof "2026-01-01T00:00:00Z" };

struct record *record_new(double started) {
    struct record *r = calloc(1, sizeof *r);
    if (r != NULL)
        r->started = started;
    return r;
}

double record_now(const struct record *r) {
    return monotonic_seconds() - r->started;
}

static uint64_t now_us(const struct record *r) {
    const double now = record_now(r);
    return now > 0 ? (uint64_t)(now * US) : 0;
}

int record_failed(const struct record *r, struct failure *f) {
    if (r == NULL || r->ring == NULL || !r->asked_for)
        return 0;
    const int why = ring_error(r->ring);
    if (why == ENOSPC || why == EDQUOT)
        return failure_set(f, EXIT_ID_HOST_FULL, "make room there, or name another place",
                           "there is no room for the recording %s: %s", r->folder, strerror(why));
    if (why != 0)
        return failure_set(f, EXIT_ID_IO_ERROR, "name another place for it",
                           "the recording %s cannot be written: %s", r->folder, strerror(why));
    if (r->over)
        return failure_set(f, EXIT_ID_IO_ERROR, "run again",
                           "the process that writes the recording %s has ended", r->folder);
    return 0;
}

char *record_room(struct record *r, size_t size) {
    if (r == NULL || r->ring == NULL || r->over)
        return NULL;
    char *room = ring_room(r->ring, size);
    r->over = room == NULL;
    return room;
}

static void put(struct record *r, enum keeper_kind kind, const void *bytes, size_t size) {
    const char *from = bytes;
    do { // a piece of the console may be cut
        const size_t n = size < RING_MESSAGE_MAX ? size : RING_MESSAGE_MAX;
        char *room = record_room(r, n);
        if (room == NULL)
            return;
        memcpy(room, from, n);
        ring_put(r->ring, n < size && !keep_is_bytes(kind) ? KEEP_PART : kind, now_us(r), n);
        from += n;
        size -= n;
    } while (size > 0);
}

void record_line(struct record *r, enum keeper_kind kind, const char *line, size_t size) {
    if (r->over)
        return;
    if (r->ring != NULL) {
        put(r, kind, line, size);
        return;
    }
    char *larger = realloc(r->kept, r->kept_size + size);
    if (larger == NULL)
        return;
    memcpy(larger + r->kept_size, line, size);
    r->kept = larger;
    r->kept_size += size;
}

void record_output_here(struct record *r, size_t size) {
    r->out += size;
    ring_put(r->ring, KEEP_OUTPUT, now_us(r), size);
}

void record_output(struct record *r, const void *bytes, size_t size) {
    if (r == NULL || r->ring == NULL || size == 0)
        return;
    r->out += size;
    put(r, KEEP_OUTPUT, bytes, size);
}

void record_input(struct record *r, const void *bytes, size_t size) {
    if (r != NULL && r->ring != NULL && size > 0)
        put(r, KEEP_INPUT, bytes, size);
}

void record_traces(struct record *r) {
    if (r != NULL && r->ring != NULL)
        put(r, KEEP_TRACES, "", 0);
}

static const char *wall_text(time_t t, char wall[WALL_SIZE]) {
    struct tm utc;
    if (gmtime_r(&t, &utc) == NULL || strftime(wall, WALL_SIZE, "%FT%TZ", &utc) == 0)
        wall[0] = '\0';
    return wall;
}

// The first line.
static char *start_line(const struct options *o, const char *wall) {
    json_t *words = json_array();
    for (char **word = o->argv; word != NULL && *word != NULL; word++)
        (void)json_array_append_new(words, record_text(*word, strlen(*word)));
    const char *disk = o->disk == NULL ? "" : o->disk;
    json_t *fields =
        json_pack("{s:s, s:i, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:o}", "type", "start", "format",
                  RECORD_FORMAT, "program", "qemu-grow " QEMU_GROW_VERSION, "wall", wall, "disk",
                  record_text(disk, strlen(disk)), "attach", attach_words[o->attach], "seq",
                  moment_words[o->seq], "log", moment_words[o->log], "plug",
                  o->attach == ATTACH_USB ? plug_words[o->plug] : "no", "options", words);
    char *rest = fields == NULL ? NULL : json_dumps(fields, JSON_COMPACT);
    char *line = NULL;
    if (rest != NULL && asprintf(&line, "{\"t\":0.000000,%s\n", rest + 1) < 0)
        line = NULL;
    free(rest);
    json_decref(fields);
    return line;
}

static int unmade(const char *path, int why, struct failure *f) {
    const bool full = why == ENOSPC || why == EDQUOT;
    return failure_set(f, full ? EXIT_ID_HOST_FULL : EXIT_ID_OUTPUT_UNWRITABLE,
                       "name another folder by --transcript",
                       "the folder %s cannot be made for the recording: %s", path, strerror(why));
}

// The folder that was asked for: made, or empty. Its descriptor, or -1 with *f.
static int own_folder(const char *path, struct failure *f) {
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return unmade(path, errno, f);
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int twin = fd < 0 ? -1 : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = twin < 0 ? NULL : fdopendir(twin);
    if (dir == NULL) {
        (void)unmade(path, errno, f);
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    bool empty = true;
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        empty = empty && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0);
    (void)closedir(dir);
    if (empty)
        return fd;
    (void)close(fd);
    return failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE, "name a folder that is not there yet",
                       "%s is not empty, and a recording goes into a folder of its own", path);
}

static int start_keeper(struct record *r, int folder, const char *title, struct failure *f) {
    char wall[WALL_SIZE];
    struct keeper k = {.redact = r->redact, .folder = folder, .title = title, .wall = time(NULL)};
    k.started = wall_text((time_t)k.wall, wall);
    r->ring = k.ring = ring_new();
    r->keeper = k.ring == NULL ? -1 : keeper_start(&k);
    if (r->keeper > 0)
        return 0;
    const int why = errno;
    ring_free(r->ring);
    r->ring = NULL;
    r->keeper = 0;
    return failure_set(f, EXIT_ID_INTERNAL, "run again", "the recording cannot be begun: %s",
                       strerror(why));
}

// What is typed at the guest comes from the command line, but for a person's keys.
static void learn_words(struct redact *x, const struct options *o) {
    const char *flags = getenv("QEMUFLAGS");
    for (char **word = o->argv; word != NULL && *word != NULL; word++)
        redact_learn(x, *word, strlen(*word));
    if (flags != NULL)
        redact_learn(x, flags, strlen(flags));
}

static int begin(struct record *r, const struct options *o, struct failure *f) {
    r->asked_for = o->transcript != NULL;
    r->redact = redact_new(o->redact.at, o->redact.count, f);
    if (r->redact == NULL)
        return -1;
    r->folder = r->asked_for ? strdup(o->transcript) : shelf_new(f);
    if (r->folder == NULL)
        return r->asked_for ? failure_no_memory(f) : -1;
    const int folder = own_folder(r->folder, f);
    if (folder < 0)
        return -1;
    learn_words(r->redact, o);
    shelf_hold(folder);
    const int rc = start_keeper(r, folder, o->disk == NULL ? "qemu-grow" : o->disk, f);
    (void)close(folder);
    return rc;
}

static void put_kept(struct record *r, const struct options *o) {
    char wall[WALL_SIZE];
    char *line = start_line(o, wall_text(time(NULL), wall));
    if (line != NULL)
        put(r, KEEP_EVENT, line, strlen(line));
    free(line);
    for (char *at = r->kept, *end; at < r->kept + r->kept_size; at = end) {
        end = (char *)memchr(at, '\n', (size_t)(r->kept + r->kept_size - at)) + 1;
        put(r, KEEP_EVENT, at, (size_t)(end - at));
    }
    free(r->kept);
    r->kept = NULL;
    r->kept_size = 0;
}

int record_open(struct record *r, const struct options *o, char **note, struct failure *f) {
    struct failure why = {.id = EXIT_ID_OK};
    *note = NULL;
    if (r == NULL)
        return 0;
    if (o->no_transcript) {
        r->over = true;
        return 0;
    }
    if (begin(r, o, &why) == 0) {
        put_kept(r, o);
        return 0;
    }
    r->over = true;
    free(r->folder);
    r->folder = NULL;
    if (r->asked_for || why.id == EXIT_ID_USAGE) {
        *f = why;
        return -1;
    }
    if (asprintf(note, "nothing is recorded: %s; %s", why.what, why.next) < 0)
        *note = NULL;
    return 0;
}

void record_clean(struct record *r, char *text, size_t size) {
    if (r != NULL && r->redact != NULL && redact_active(r->redact))
        (void)redact_text(r->redact, text, size);
}

void record_clean_json(struct record *r, json_t *value) {
    if (r != NULL && r->redact != NULL && value != NULL && redact_active(r->redact))
        (void)event_clean(r->redact, value);
}

void record_file(struct record *r, const char *name, const char *text, size_t size) {
    const int folder =
        r == NULL || r->folder == NULL ? -1 : open(r->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct sheet s;
    if (folder < 0)
        return;
    sheet_open(&s, folder, name);
    sheet_write(&s, text, size);
    sheet_close(&s);
    (void)close(folder);
}

const char *record_folder(const struct record *r) {
    return r == NULL ? NULL : r->folder;
}

int record_close(struct record *r, struct failure *f) {
    if (r == NULL)
        return 0;
    int result = 0;
    if (r->ring != NULL) {
        ring_leave(r->ring); // the keeper takes what is left, and ends
        while (waitpid(r->keeper, NULL, 0) < 0 && errno == EINTR)
            ;
        result = record_failed(r, f);
    }
    ring_free(r->ring);
    redact_free(r->redact);
    free(r->kept);
    free(r->folder);
    free(r);
    return result;
}
