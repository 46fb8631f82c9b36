// A recording of any bytes: its events and its timing, read for --report's page and put into it.
// What is embedded ends no element and reads as the same again.
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "page/embed.h"
#include "page/events.h"
#include "page/timing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_embedded(const json_t *json) {
    struct text_buffer page = {0};
    if (embed_json(&page, json) != 0)
        abort();
    for (size_t i = 0; i < page.size; i++)
        if (page.bytes[i] < ' ' || page.bytes[i] > '~' || page.bytes[i] == '<')
            abort();
    json_t *again = json_loadb(page.bytes, page.size, JSON_ALLOW_NUL, NULL);
    if (again == NULL)
        abort();
    json_decref(again);
    text_buffer_free(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    json_t *all = json_object();
    FILE *events = size == 0 ? NULL : fmemopen((void *)data, size, "r");
    FILE *timing = size == 0 ? NULL : fmemopen((void *)data, size, "r");
    if (events != NULL && events_read(all, events) != 0)
        abort();
    if (json_object_set_new(all, "timing", timing_read(timing)) != 0 ||
        json_object_set_new(all, "console", embed_bytes(data, size)) != 0)
        abort();
    check_embedded(all);
    if (events != NULL)
        (void)fclose(events);
    if (timing != NULL)
        (void)fclose(timing);
    json_decref(all);
    return 0;
}
