// Lines of events.jsonl, as the keeper sees them.
#ifndef QEMU_GROW_RECORD_EVENT_H
#define QEMU_GROW_RECORD_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/redact.h"

// All texts of a line without secrets: a new line with its LF, to be freed; NULL when there was
// none in it.
char *event_redact(struct redact *x, const char *line, size_t size);

// All texts of a value without secrets, in place. True when there was one.
bool event_clean(struct redact *x, json_t *value);

// The event of a kernel line, with its LF, to be freed. out: bytes of the console by then.
char *event_kernel(uint64_t us, const char *text, size_t size, uint64_t out);

// What a state is called in the cast: "19 fdisk/print", to be freed; NULL without memory.
char *event_label(const char *line, size_t size);

// A whole number in a line; 0 where there is none of that name.
int event_number(const char *line, size_t size, const char *name);

#endif
