// An array that begins anew whenever it has become empty.
#include "record/later.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 256 };

struct later {
    struct ring_message *messages;
    size_t first, end, room;
};

struct later *later_new(void) {
    return calloc(1, sizeof(struct later));
}

void later_free(struct later *l) {
    if (l == NULL)
        return;
    while (!later_is_empty(l))
        later_drop(l);
    free(l->messages);
    free(l);
}

bool later_is_empty(const struct later *l) {
    return l->first == l->end;
}

uint64_t later_since(const struct later *l) {
    return later_is_empty(l) ? 0 : l->messages[l->first].us;
}

static bool make_room(struct later *l) {
    if (l->end < l->room)
        return true;
    const size_t room = l->room == 0 ? ROOM_FIRST : 2 * l->room;
    struct ring_message *more = reallocarray(l->messages, room, sizeof *more);
    if (more == NULL)
        return false;
    l->messages = more;
    l->room = room;
    return true;
}

bool later_put(struct later *l, const struct ring_message *m, bool bare) {
    char *copy = bare ? NULL : malloc(m->size + 1);
    if (!make_room(l) || (!bare && copy == NULL)) {
        free(copy);
        return false;
    }
    if (copy != NULL)
        memcpy(copy, m->bytes, m->size);
    l->messages[l->end] = *m;
    l->messages[l->end++].bytes = copy;
    return true;
}

const struct ring_message *later_first(const struct later *l) {
    return later_is_empty(l) ? NULL : &l->messages[l->first];
}

void later_drop(struct later *l) {
    free((char *)l->messages[l->first++].bytes);
    if (l->first == l->end)
        l->first = l->end = 0;
}
