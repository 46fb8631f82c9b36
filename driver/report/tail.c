// From the end backwards, line by line.
#include "report/tail.h"

#include <string.h>

#include "record/record.h"

enum { LINE_BYTES = 200 }; // of a line

json_t *tail_lines(const char *text, size_t size, bool whole, size_t most) {
    json_t *lines = json_array();
    while (size > 0 && (text[size - 1] == '\r' || text[size - 1] == '\n'))
        size--;
    for (size_t end = size; end > 0 && json_array_size(lines) < most;) {
        const char *before = memrchr(text, '\n', end);
        const char *begin = before == NULL ? text : before + 1;
        size_t length = (size_t)(text + end - begin);
        while (length > 0 && begin[length - 1] == '\r')
            length--;
        const size_t shown = length < LINE_BYTES ? length : LINE_BYTES;
        if (shown > 0 && (before != NULL || whole || json_array_size(lines) == 0))
            (void)json_array_insert_new(lines, 0, record_text(begin + length - shown, shown));
        end = before == NULL ? 0 : (size_t)(before - text);
    }
    return lines;
}
