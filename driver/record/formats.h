// The files of a recording, one writer each: bytes and times in, a format out. What is written goes
// into a buffer, and into the file by sheet_flush or when the buffer is full; the first failure of
// a file is kept, and nothing is written after it.
#ifndef QEMU_GROW_RECORD_FORMATS_H
#define QEMU_GROW_RECORD_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONSOLE_COLUMNS = 80, CONSOLE_ROWS = 24, SHEET_BUFFER = 64 * 1024 };

// A file that is written, and may be read.
struct sheet {
    int fd;      // or -1
    int error;   // errno, or 0
    size_t size; // bytes in the buffer
    char buffer[SHEET_BUFFER];
};

// Makes the file in a folder that is open.
void sheet_open(struct sheet *s, int folder, const char *name);
void sheet_write(struct sheet *s, const void *bytes, size_t size);
void sheet_print(struct sheet *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Room for so many bytes, SHEET_BUFFER at most; and behind what was written there.
char *sheet_room(struct sheet *s, size_t size);
void sheet_end(struct sheet *s, const char *end);
void sheet_flush(struct sheet *s);
void sheet_sync(struct sheet *s); // flushed, too
void sheet_close(struct sheet *s);

// output.log and input.log: the header that script(1) writes, then raw bytes.
void raw_open(struct sheet *s, int folder, const char *name, const char *wall);

// timing.log: script's advanced format. Times are in microseconds since the start.
struct timing {
    struct sheet sheet;
    uint64_t last_us;
};
void timing_open(struct timing *t, int folder, const char *wall);
void timing_piece(struct timing *t, bool input, uint64_t us, size_t size);
void timing_resize(struct timing *t, uint64_t us, int columns, int rows);
void timing_end(struct timing *t, uint64_t us, int code);

// session.cast: asciicast v2.
struct cast {
    struct sheet sheet;
    uint64_t last_us;
    char open[2][4]; // of each side: a character that is not whole yet
    size_t open_size[2];
};
void cast_open(struct cast *c, int folder, int64_t wall, const char *title);
void cast_piece(struct cast *c, bool input, uint64_t us, const char *bytes, size_t size);
void cast_resize(struct cast *c, uint64_t us, int columns, int rows);
void cast_mark(struct cast *c, uint64_t us, const char *label);

// A kernel line's event, in events.jsonl. out: bytes of the console by then. False when the text is
// not ASCII alone, and nothing was written.
bool kernel_line(struct sheet *s, uint64_t us, const char *text, size_t size, uint64_t out);

#endif
