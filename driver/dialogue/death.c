// Rows of the death table: patterns on streams, and what has been seen of them.
#include "dialogue/death.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/stream.h"

enum {
    HISTORY = 512,           // bytes kept for lookbehind
    PARTIAL_MAX = 16 * 1024, // longest partial match that is waited for
    SEEN_MAX = 32,           // rows that are remembered
    ALSO_MAX = 2,            // that a failure's sentence names beside the reason
};

enum place { PLACE_CONSOLE, PLACE_SCREEN, PLACE_QEMU, PLACE_KERNEL, PLACES };

// A row that has been seen.
struct seen {
    const struct death *row;
    char *says;
    char *next;
    unsigned command; // how many commands had begun by then
};

// One of the streams, with the patterns that are looked for in it.
struct lookout {
    struct stream *stream;
    const struct death **rows;
    struct pattern **patterns;
    struct pattern **looked_for; // the same, NULL for those of tools that do not run
    size_t count;
};

struct deaths {
    const struct scripts *scripts;
    struct lookout at[PLACES];
    bool no_memory;
    struct seen seen[SEEN_MAX];
    size_t seen_count;
    unsigned commands;
    const char *running; // dialogue whose command runs, or NULL
};

static const char *const faults[FAULT_COUNT] = {
    [FAULT_DISK] = "the disk", [FAULT_GUEST] = "the guest",      [FAULT_ISO] = "the ISO",
    [FAULT_HOST] = "the host", [FAULT_PROGRAM] = "this program",
};

// The row after this one, in the order of files and rows; *file and *k are where it stands.
static const struct death *next_row(const struct scripts *s, unsigned *file, unsigned *k) {
    for (; *file < scripts_count(s); (*file)++, *k = 0)
        if (*k < scripts_at(s, *file)->deaths_count)
            return &scripts_at(s, *file)->deaths[(*k)++];
    return NULL;
}

bool death_is_tools(const struct death *row) {
    return row->in != NULL && !script_is_stream(row->in);
}

static enum place place_of(const struct death *row) {
    if (row->in == NULL)
        return PLACE_CONSOLE;
    return strcmp(row->in, "kernel") == 0   ? PLACE_KERNEL
           : strcmp(row->in, "qemu") == 0   ? PLACE_QEMU
           : strcmp(row->in, "screen") == 0 ? PLACE_SCREEN
                                            : PLACE_CONSOLE;
}

static int compile(struct deaths *d, const struct death *row, struct failure *f) {
    struct lookout *l = &d->at[place_of(row)];
    char why[256];
    struct pattern *p = pattern_compile(row->see, why, sizeof why);
    if (p == NULL)
        return failure_set(f, EXIT_ID_SCRIPTS_BAD, "mend the dialogue file",
                           "the pattern `%s` cannot be used: %s", row->see, why);
    l->rows[l->count] = row;
    l->patterns[l->count++] = p;
    return 0;
}

// Whether a row counts now: it is the running tool's, or no tool's.
static bool counts(const struct deaths *d, const struct death *row) {
    return !death_is_tools(row) || (d->running != NULL && strcmp(row->in, d->running) == 0);
}

// Looks for the rows that count from now on.
static void look_for(struct deaths *d, struct lookout *l) {
    for (size_t k = 0; k < l->count; k++)
        l->looked_for[k] = counts(d, l->rows[k]) ? l->patterns[k] : NULL;
    if (stream_watch(l->stream, l->looked_for, l->count) != 0)
        d->no_memory = true;
}

static int fill(struct deaths *d, struct failure *f) {
    unsigned rows = 0;
    for (unsigned i = 0; i < scripts_count(d->scripts); i++)
        rows += scripts_at(d->scripts, i)->deaths_count;
    for (int i = 0; i < PLACES; i++) {
        d->at[i].stream = stream_new(HISTORY, PARTIAL_MAX);
        d->at[i].rows = calloc(rows + 1U, sizeof(struct death *));
        d->at[i].patterns = calloc(rows + 1U, sizeof(struct pattern *));
        d->at[i].looked_for = calloc(rows + 1U, sizeof(struct pattern *));
        if (d->at[i].stream == NULL || d->at[i].rows == NULL || d->at[i].patterns == NULL ||
            d->at[i].looked_for == NULL)
            return failure_no_memory(f);
        stream_defer(d->at[i].stream);
    }
    unsigned file = 0;
    unsigned k = 0;
    for (const struct death *row; (row = next_row(d->scripts, &file, &k)) != NULL;)
        if (row->see != NULL && compile(d, row, f) != 0)
            return -1;
    for (int i = 0; i < PLACES; i++)
        look_for(d, &d->at[i]);
    return d->no_memory ? failure_no_memory(f) : 0;
}

struct deaths *deaths_new(const struct scripts *scripts, struct failure *f) {
    struct deaths *d = calloc(1, sizeof *d);
    if (d == NULL) {
        (void)failure_no_memory(f);
        return NULL;
    }
    d->scripts = scripts;
    if (fill(d, f) != 0) {
        deaths_free(d);
        return NULL;
    }
    return d;
}

static void forget(struct seen *s) {
    free(s->says);
    free(s->next);
    *s = (struct seen){0};
}

void deaths_free(struct deaths *d) {
    if (d == NULL)
        return;
    for (int i = 0; i < PLACES; i++) {
        stream_free(d->at[i].stream);
        for (size_t k = 0; k < d->at[i].count; k++)
            pattern_free(d->at[i].patterns[k]);
        free(d->at[i].rows);
        free(d->at[i].patterns);
        free(d->at[i].looked_for);
    }
    for (size_t i = 0; i < d->seen_count; i++)
        forget(&d->seen[i]);
    free(d);
}

void deaths_feed(void *deaths, bool kernel, const char *text, size_t size) {
    struct deaths *d = deaths;
    if (stream_append(d->at[kernel ? PLACE_KERNEL : PLACE_CONSOLE].stream, text, size) != 0)
        d->no_memory = true;
}

void deaths_feed_line(void *deaths, enum qmp_place place, const char *line, size_t size) {
    static const enum place places[] = {
        [QMP_EVENT] = PLACE_QEMU, [QMP_SCREEN] = PLACE_SCREEN, [QMP_SCREEN_KERNEL] = PLACE_KERNEL};
    struct deaths *d = deaths;
    if (stream_append(d->at[places[place]].stream, line, size) != 0)
        d->no_memory = true;
}

static int take_groups(struct lookout *l, int i, struct vars *vars) {
    for (size_t k = 0; pattern_group(l->patterns[i], k) != NULL; k++) {
        const char *name = pattern_group(l->patterns[i], k);
        size_t size = 0;
        const char *bytes = stream_group(l->stream, name, &size);
        if (vars_set_bytes(vars, name, bytes == NULL ? "" : bytes, bytes == NULL ? 0 : size) != 0)
            return -1;
    }
    return 0;
}

const struct death *deaths_find(struct deaths *d, bool final, struct vars *vars,
                                struct failure *f) {
    for (int place = PLACES - 1; place >= 0 && !d->no_memory; place--) {
        struct lookout *l = &d->at[place];
        const int i = stream_find(l->stream, final);
        if (i >= 0 && take_groups(l, i, vars) == 0)
            return l->rows[i];
        d->no_memory = i >= 0;
    }
    if (d->no_memory)
        (void)failure_no_memory(f);
    return NULL;
}

void deaths_command(struct deaths *d, const char *dialogue) {
    d->running = dialogue;
    d->commands++;
    stream_skip(d->at[PLACE_CONSOLE].stream); // what stands there is not the tool's
    look_for(d, &d->at[PLACE_CONSOLE]);       // nor are the other places'
    size_t kept = 0;
    for (size_t i = 0; i < d->seen_count; i++) {
        if (death_is_tools(d->seen[i].row))
            forget(&d->seen[i]);
        else
            d->seen[kept++] = d->seen[i];
    }
    d->seen_count = kept;
}

void deaths_command_ended(struct deaths *d) {
    struct lookout *l = &d->at[PLACE_CONSOLE];
    d->running = NULL;
    for (size_t k = 0; k < l->count; k++) // the others go on where they are
        if (!counts(d, l->rows[k]))
            l->looked_for[k] = NULL;
}

static bool exit_matches(const struct death *row, unsigned code, bool very) {
    return very ? row->code != NULL && *row->code == code
                : row->bit != NULL && (*row->bit & code) != 0;
}

const struct death *deaths_of_exit(const struct deaths *d, const char *dialogue, unsigned code,
                                   size_t i) {
    for (int very = 1; very >= 0; very--) {
        size_t found = 0;
        unsigned file = 0;
        unsigned k = 0;
        for (const struct death *row; (row = next_row(d->scripts, &file, &k)) != NULL;)
            if (death_is_tools(row) && strcmp(row->in, dialogue) == 0 &&
                exit_matches(row, code, very) && found++ == i)
                return row;
        if (found > 0)
            return NULL;
    }
    return NULL;
}

bool deaths_remember(struct deaths *d, const struct death *row, const char *says,
                     const char *next) {
    for (size_t i = 0; i < d->seen_count; i++)
        if (d->seen[i].row == row) {
            d->seen[i].command = d->commands; // it is still so
            return false;
        }
    if (d->seen_count == SEEN_MAX)
        return true;
    struct seen s = {
        .row = row, .says = strdup(says), .next = strdup(next), .command = d->commands};
    if (s.says == NULL || s.next == NULL)
        forget(&s);
    else
        d->seen[d->seen_count++] = s;
    return true;
}

// How near to the failure something was seen: what the tool itself said, what came while it ran,
// its exit code, what came before.
static int nearness(const struct deaths *d, const struct seen *s) {
    if (death_is_tools(s->row))
        return s->row->see != NULL ? 3 : 1;
    return s->command == d->commands ? 2 : 0;
}

// Failures in which the guest does not say what is wrong: what was seen long before may be it.
static bool is_silent(enum exit_id id) {
    return id == EXIT_ID_GUEST_STUCK || id == EXIT_ID_QEMU_DIED || id == EXIT_ID_TYPING_FAILED ||
           id == EXIT_ID_POWEROFF_FAILED;
}

static const struct seen *reason(const struct deaths *d, enum exit_id id) {
    const int least = is_silent(id) ? 0 : 1;
    const struct seen *best = NULL;
    for (size_t i = 0; i < d->seen_count; i++)
        if (d->seen[i].row->how == DEATH_CAUSE && nearness(d, &d->seen[i]) >= least &&
            (best == NULL || nearness(d, &d->seen[i]) > nearness(d, best)))
            best = &d->seen[i];
    return best;
}

static bool is_exit_code(const struct death *row) {
    return row->code != NULL || row->bit != NULL;
}

static void add(struct failure *f, const char *glue, const char *text) {
    const size_t used = strlen(f->what);
    (void)snprintf(f->what + used, sizeof f->what - used, "%s%s", glue, text);
}

const char *deaths_row(const struct deaths *d, size_t i, const char **says) {
    if (i >= d->seen_count)
        return NULL;
    *says = d->seen[i].says;
    return d->seen[i].row->text.failure;
}

void deaths_explain(const struct deaths *d, const struct death *died, const struct death *named,
                    struct failure *f) {
    const struct seen *why = died != NULL ? NULL : reason(d, f->id);
    const struct death *guilty = died != NULL ? died : why != NULL ? why->row : named;
    if (why != NULL) {
        f->id = (enum exit_id)exit_id_by_name(why->row->text.exit);
        add(f, ": ", why->says);
        (void)snprintf(f->next, sizeof f->next, "%s", why->next);
    }
    const char *glue = "; before that: ";
    int also = 0;
    for (size_t i = 0; i < d->seen_count && also < ALSO_MAX; i++)
        if (d->seen[i].row != guilty && !is_exit_code(d->seen[i].row)) {
            add(f, glue, d->seen[i].says);
            glue = ", and ";
            also++;
        }
    if (guilty != NULL)
        add(f, "; at fault is ", faults[guilty->fault]);
}
