// Reads what there is; only the events must be there.
#include "page/gather.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/stage.h"
#include "page/embed.h"
#include "page/events.h"
#include "page/timing.h"

enum {
    FORMAT = 1,
    CONSOLE_HEAD = 512 << 10,  // bytes that are kept of the console's beginning
    CONSOLE_TAIL = 1536 << 10, // and of its end
    MDEV_LOG_MAX = 512 << 10,
};

// A regular file, opened without waiting for anybody; NULL with errno.
static FILE *open_path(const char *path) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (fd < 0)
        return NULL;
    const int kind = fstat(fd, &st) != 0 ? errno : S_ISREG(st.st_mode) ? 0 : EINVAL;
    FILE *in = kind == 0 ? fdopen(fd, "r") : NULL;
    if (in == NULL) {
        const int error = kind != 0 ? kind : errno;
        (void)close(fd);
        errno = error;
    }
    return in;
}

static FILE *open_file(const char *folder, const char *name) {
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return NULL;
    FILE *in = open_path(path);
    free(path);
    return in;
}

static long size_of(FILE *in) {
    struct stat st;
    return fstat(fileno(in), &st) == 0 && st.st_size > 0 ? st.st_size : 0;
}

// At most `most` bytes from `offset` on, as a string; NULL without memory.
static json_t *bytes_at(FILE *in, long offset, size_t most) {
    char *bytes = malloc(most + 1);
    if (bytes == NULL)
        return NULL;
    const size_t n = fseek(in, offset, SEEK_SET) == 0 ? fread(bytes, 1, most, in) : 0;
    json_t *json = embed_bytes(bytes, n);
    free(bytes);
    return json;
}

static int add_piece(json_t *pieces, FILE *in, long header, long at, long end) {
    json_t *piece = json_object();
    if (end <= at) {
        json_decref(piece);
        return 0;
    }
    (void)json_object_set_new(piece, "at", json_integer(at));
    const int rc =
        json_object_set_new(piece, "bytes", bytes_at(in, header + at, (size_t)(end - at)));
    return json_array_append_new(pieces, piece) == 0 ? rc : -1;
}

// output.log: a line that `script` would write, then what the guest sent.
static int add_console(json_t *all, const char *folder) {
    FILE *in = open_file(folder, "output.log");
    json_t *pieces = json_array();
    long header = 0;
    long size = 0;
    int rc = pieces == NULL ? -1 : 0;
    if (in != NULL) {
        int c = getc(in);
        while (c != EOF && c != '\n')
            c = getc(in);
        header = ftell(in);
        size = size_of(in) - header;
    }
    if (size < 0)
        size = 0;
    const long head = size > CONSOLE_HEAD + CONSOLE_TAIL ? CONSOLE_HEAD : size;
    const long tail = size > CONSOLE_HEAD + CONSOLE_TAIL ? size - CONSOLE_TAIL : size;
    if (rc == 0 && in != NULL)
        rc = add_piece(pieces, in, header, 0, head);
    if (rc == 0 && in != NULL)
        rc = add_piece(pieces, in, header, tail, size);
    if (in != NULL)
        (void)fclose(in);
    if (json_object_set_new(all, "console", pieces) != 0 ||
        json_object_set_new(all, "console_bytes", json_integer(size)) != 0)
        return -1;
    return rc;
}

static int add_timing(json_t *all, const char *folder) {
    FILE *in = open_file(folder, "timing.log");
    json_t *pairs = timing_read(in);
    if (in != NULL)
        (void)fclose(in);
    return json_object_set_new(all, "timing", pairs);
}

static int add_mdev_log(json_t *all, const char *folder) {
    FILE *in = open_file(folder, "mdev.log");
    json_t *text = in == NULL ? json_null() : bytes_at(in, 0, MDEV_LOG_MAX);
    const long size = in == NULL ? 0 : size_of(in);
    if (in != NULL)
        (void)fclose(in);
    return json_object_set_new(all, "mdev_log", text) != 0 ||
                   json_object_set_new(all, "mdev_log_bytes", json_integer(size)) != 0
               ? -1
               : 0;
}

// The folder's name without those that it is in.
static int add_name(json_t *all, const char *folder) {
    size_t end = strlen(folder);
    while (end > 1 && folder[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && folder[begin - 1] != '/')
        begin--;
    return json_object_set_new(all, "folder", embed_bytes(folder + begin, end - begin));
}

// What each stage that a failure may name means for the disk.
static int add_stages(json_t *all) {
    json_t *stages = json_object();
    for (int i = 0; i < STAGE_COUNT; i++)
        (void)json_object_set_new(stages, stage_rows[i].name, json_string(stage_rows[i].meaning));
    return json_object_set_new(all, "stages", stages);
}

json_t *gather(const char *folder, struct failure *f) {
    FILE *in = open_file(folder, "events.jsonl");
    if (in == NULL) {
        (void)failure_set(f, EXIT_ID_RECORDING_BAD, "name the folder of a recording",
                          "%s/events.jsonl cannot be read: %s", folder, strerror(errno));
        return NULL;
    }
    json_t *all =
        json_pack("{s:i, s:s}", "format", FORMAT, "program", "qemu-grow " QEMU_GROW_VERSION);
    int rc = all == NULL ? -1 : events_read(all, in);
    const int error = errno;
    (void)fclose(in);
    if (rc != 0 && error != ENOMEM)
        (void)failure_set(f, EXIT_ID_RECORDING_BAD, "look at the file system that it is on",
                          "%s/events.jsonl cannot be read: %s", folder, strerror(error));
    else if (rc != 0 || add_name(all, folder) != 0 || add_console(all, folder) != 0 ||
             add_timing(all, folder) != 0 || add_mdev_log(all, folder) != 0 || add_stages(all) != 0)
        rc = failure_no_memory(f);
    if (rc != 0) {
        json_decref(all);
        return NULL;
    }
    return all;
}
