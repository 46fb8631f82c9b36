// Builds the object member by member; what is not known is null.
#include "report/plan_json.h"

#include <inttypes.h>
#include <string.h>

#include "plan/feature.h"
#include "report/plan_map.h"
#include "report/plan_text.h"
#include "report/text.h"

enum { TEXT_SIZE = 16384 }; // bytes; four for each byte of the longest path

static const char *const verdict_words[] = {
    [PLAN_REFUSED] = "refused", [PLAN_UNCHANGED] = "unchanged", [PLAN_GROW] = "grow"};

static json_t *text(const char *s) {
    char shown[TEXT_SIZE];
    if (s == NULL)
        return json_null();
    (void)text_printable(shown, sizeof shown, sizeof shown, s, strlen(s), true);
    return json_string(shown);
}

static json_t *number(uint64_t n) {
    return json_integer((json_int_t)n);
}

static json_t *image(const struct plan *p) {
    const struct image *i = &p->image;
    if (p->known < KNOWN_IMAGE)
        return json_null();
    return json_pack("{s:o, s:b, s:o, s:o, s:o, s:o, s:i, s:i}", "format", text(p->format),
                     "probed", i->probed, "file_bytes", number(i->file_size), "file_used_bytes",
                     number(i->file_used), "backing_file", text(i->backing), "data_file",
                     text(i->data_file), "snapshots", i->snapshots, "bitmaps", i->bitmaps);
}

static json_t *table(const struct mbr_entry entry[4], uint64_t sectors,
                     const char holds[MBR_ENTRIES][HOLDS_SIZE]) {
    struct plan_range ranges[PLAN_RANGES_MAX];
    const int count = plan_ranges(ranges, entry, sectors);
    json_t *all = json_array();
    for (int i = 0; i < count; i++) {
        const struct plan_range *r = &ranges[i];
        json_t *row = json_pack("{s:o, s:o, s:o, s:o}", "first_sector", number(r->start),
                                "last_sector", number(r->start + r->sectors - 1), "sectors",
                                number(r->sectors), "bytes", number(r->sectors * SECTOR_SIZE));
        if (r->number == 0) {
            (void)json_object_set_new(row, "partition", json_null());
        } else {
            const struct mbr_entry *e = &entry[r->number - 1];
            (void)json_object_set_new(row, "partition", json_integer(r->number));
            (void)json_object_set_new(row, "boot", json_boolean(e->boot == 0x80));
            (void)json_object_set_new(row, "type", json_integer(e->type));
            (void)json_object_set_new(row, "holds",
                                      holds[r->number - 1][0] == '\0' ? json_null()
                                                                      : text(holds[r->number - 1]));
        }
        (void)json_array_append_new(all, row);
    }
    return all;
}

static json_t *features(const struct ext_super *s) {
    char names[FEATURE_LIST_SIZE];
    json_t *all = json_array();
    feature_list(names, sizeof names, s);
    char *rest = names;
    for (char *name = strsep(&rest, " "); name != NULL; name = strsep(&rest, " "))
        if (name[0] != '\0')
            (void)json_array_append_new(all, text(name));
    return all;
}

static json_t *file_system(const struct ext_super *s, uint64_t blocks) {
    return json_pack("{s:i, s:o, s:i, s:o, s:o}", "version", s->version, "blocks", number(blocks),
                     "block_bytes", (int)s->block_size, "bytes", number(blocks * s->block_size),
                     "groups", number(ext_groups(s, blocks)));
}

static json_t *now(const struct plan *p) {
    if (p->known < KNOWN_IMAGE)
        return json_null();
    const struct disk_state *d = &p->before;
    json_t *o = json_pack("{s:o}", "bytes", number(d->virtual_size));
    if (p->known >= KNOWN_TABLE) {
        (void)json_object_set_new(o, "disk_signature", number(d->mbr.signature));
        (void)json_object_set_new(o, "last_partition", json_integer(d->part));
        (void)json_object_set_new(o, "table",
                                  table(d->mbr.entry, d->virtual_size / SECTOR_SIZE, d->holds));
    }
    if (p->known >= KNOWN_FS) {
        char uuid[EXT_UUID_TEXT];
        ext_uuid_text(uuid, d->fs.uuid);
        json_t *fs = file_system(&d->fs, d->fs.blocks);
        (void)json_object_set_new(fs, "uuid", json_string(uuid));
        (void)json_object_set_new(fs, "label", text(d->fs.label));
        (void)json_object_set_new(fs, "clean", json_boolean(ext_is_clean(&d->fs)));
        (void)json_object_set_new(fs, "features", features(&d->fs));
        (void)json_object_set_new(o, "file_system", fs);
    }
    return o;
}

static json_t *planned(const struct plan *p) {
    if (p->known < KNOWN_GROWTH)
        return json_null();
    struct mbr_entry entry[MBR_ENTRIES];
    memcpy(entry, p->before.mbr.entry, sizeof entry);
    entry[p->part - 1] = p->entry;
    json_t *o =
        json_pack("{s:o, s:b, s:o, s:o}", "bytes", number(p->virtual_size), "resize", p->resize,
                  "table", table(entry, p->virtual_size / SECTOR_SIZE, p->before.holds),
                  "file_system", file_system(&p->before.fs, p->fs_blocks));
    if (p->room.available != 0)
        (void)json_object_set_new(
            o, "room",
            json_pack("{s:o, s:o, s:o}", "certain_bytes", number(p->room.certain), "possible_bytes",
                      number(p->room.possible), "available_bytes",
                      p->room.available == UINT64_MAX ? json_null() : number(p->room.available)));
    return o;
}

static json_t *all_steps(const struct outline *steps) {
    json_t *all = json_array();
    for (size_t i = 0; i < steps->count; i++) {
        const struct outline_step *s = &steps->at[i];
        (void)json_array_append_new(
            all,
            json_pack("{s:o, s:o, s:o}", "step", s->step[0] == '\0' ? json_null() : text(s->step),
                      "dialogue", s->dialogue[0] == '\0' ? json_null() : text(s->dialogue), "title",
                      text(s->title)));
    }
    return all;
}

static json_t *kept(const struct plan *p) {
    char clause[512];
    json_t *all = json_array();
    for (int i = 0; p->known == KNOWN_GROWTH && plan_kept(clause, sizeof clause, p, i); i++)
        (void)json_array_append_new(all, text(clause));
    return all;
}

static json_t *reasons(const struct reasons *r) {
    json_t *all = json_array();
    for (size_t i = 0; i < r->count; i++) {
        const struct reason *x = &r->at[i];
        const struct reason_row *row = &reason_rows[x->id];
        (void)json_array_append_new(
            all,
            json_pack("{s:s, s:s, s:i, s:o, s:o}", "code", row->code, "severity",
                      severity_words[row->severity], "exit_code", exit_rows[x->exit].code, "what",
                      text(x->what), "next", x->next[0] == '\0' ? json_null() : text(x->next)));
    }
    return all;
}

json_t *plan_json(const struct plan *p, const struct outline *steps) {
    const struct reason *first = reasons_refusal(&p->reasons);
    const enum exit_id exit = first != NULL                  ? first->exit
                              : p->verdict == PLAN_UNCHANGED ? EXIT_ID_UNCHANGED
                                                             : EXIT_ID_OK;
    return json_pack("{s:i, s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "schema",
                     PLAN_JSON_SCHEMA, "verdict", verdict_words[p->verdict], "exit_code",
                     exit_rows[exit].code, "exit_name", exit_rows[exit].name, "disk",
                     text(p->disk != NULL ? p->disk : p->asked), "image", image(p), "now", now(p),
                     "planned", planned(p), "steps", all_steps(steps), "kept", kept(p), "reasons",
                     reasons(&p->reasons));
}
