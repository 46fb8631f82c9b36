// ECMA-119 (ISO 9660), and of Rock Ridge (IEEE P1282) and its SUSP (P1281) what concerns names.
#include "iso/iso9660.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"

enum {
    SECTORS_MAX = 16384,   // read of one image: 32 MiB of directories
    DESCRIPTORS_MAX = 32,  // volume descriptors that are looked at
    CONTINUATIONS_MAX = 8, // areas in which the entries of one file go on
    NAME_SIZE = 256,       // bytes of a name with its NUL
    // Of a volume descriptor.
    VOLUME_SUPPLEMENTARY = 2,
    VOLUME_END = 255,
    VOLUME_ESCAPES = 88, // offset: how names are written
    VOLUME_BLOCK = 128,  // offset: bytes of a logical block
    VOLUME_ROOT = 156,   // offset: the record of the root
    // Of a directory's record.
    RECORD_EXTRA = 1, // offset: sectors of extended attributes before the data
    RECORD_SECTOR = 2,
    RECORD_SIZE = 10,
    RECORD_FLAGS = 25,
    RECORD_NAME_SIZE = 32,
    RECORD_NAME = 33,
    FLAG_DIRECTORY = 2,
    FLAG_ASSOCIATED = 4,
    // Of an entry in a system use area.
    ENTRY_HEAD = 4, // bytes: two letters, size, version
    CONTINUATION_SIZE = 28,
    NAME_FLAGS = 4,
    NAME_TEXT = 5,
    NAME_GOES_ON = 1,
    NAME_IS_DOTS = 6, // flags: it is "." or ".."
    MODE_SIZE = 12,
};

static const char *read_sector(struct iso9660 *iso, uint64_t number,
                               unsigned char sector[ISO9660_SECTOR]) {
    const uint64_t at = number * ISO9660_SECTOR;
    if (at > iso->in.size || iso->in.size - at < ISO9660_SECTOR)
        return "it points behind its end";
    if (iso->left == 0)
        return "its directories are far too long";
    iso->left--;
    if (iso->in.fd < 0) {
        memcpy(sector, (const unsigned char *)iso->in.bytes + at, ISO9660_SECTOR);
        return NULL;
    }
    const ssize_t n = bytes_read(iso->in.fd, sector, ISO9660_SECTOR, at);
    if (n < ISO9660_SECTOR)
        return n < 0 ? strerror(errno) : "it ended while it was read";
    return NULL;
}

static struct iso9660_extent extent_of(const unsigned char *record) {
    return (struct iso9660_extent){.sector =
                                       get_le32(record + RECORD_SECTOR) + record[RECORD_EXTRA],
                                   .size = get_le32(record + RECORD_SIZE)};
}

// ------------------------------------------------------------------ Rock Ridge

// What the entries of one record say.
struct rock {
    char name[NAME_SIZE];
    size_t size; // of the name so far
    bool whole;  // the name has come to its end
    bool other;  // it is neither a file nor a directory
};

// Where the entries go on.
struct continuation {
    uint32_t sector;
    uint32_t offset;
    uint32_t size; // bytes; 0: nowhere
};

static const char *take_name(struct rock *r, const unsigned char *entry, size_t size) {
    if (size < NAME_TEXT)
        return "a name has no text";
    if (r->whole || (entry[NAME_FLAGS] & NAME_IS_DOTS) != 0)
        return NULL;
    const size_t n = size - NAME_TEXT;
    if (n >= sizeof r->name - r->size)
        return "a name is too long";
    memcpy(r->name + r->size, entry + NAME_TEXT, n);
    r->size += n;
    r->whole = (entry[NAME_FLAGS] & NAME_GOES_ON) == 0;
    return NULL;
}

// One area of entries; *next is where they go on.
static const char *take_area(struct rock *r, const unsigned char *at, size_t size,
                             struct continuation *next) {
    *next = (struct continuation){0};
    while (size >= ENTRY_HEAD && at[0] != 0) {
        const size_t n = at[2];
        if (n < ENTRY_HEAD || n > size)
            return "an entry of Rock Ridge is longer than its area";
        if (memcmp(at, "ST", 2) == 0)
            break;
        if (memcmp(at, "CE", 2) == 0 && n >= CONTINUATION_SIZE)
            *next = (struct continuation){get_le32(at + 4), get_le32(at + 12), get_le32(at + 20)};
        if (memcmp(at, "PX", 2) == 0 && n >= MODE_SIZE)
            r->other = !S_ISREG(get_le32(at + 4)) && !S_ISDIR(get_le32(at + 4));
        const char *wrong = memcmp(at, "NM", 2) == 0 ? take_name(r, at, n) : NULL;
        if (wrong != NULL)
            return wrong;
        at += n;
        size -= n;
    }
    return NULL;
}

// The system use area of a record and all that it goes on in.
static const char *take_rock(struct iso9660 *iso, struct rock *r, const unsigned char *area,
                             size_t size) {
    unsigned char sector[ISO9660_SECTOR];
    struct continuation next;
    *r = (struct rock){0};
    const char *wrong =
        size < iso->skip ? NULL : take_area(r, area + iso->skip, size - iso->skip, &next);
    if (size < iso->skip || wrong != NULL)
        return wrong;
    for (unsigned i = 0; next.size != 0; i++) {
        if (i == CONTINUATIONS_MAX)
            return "the entries of a file have no end";
        if (next.offset > sizeof sector || next.size > sizeof sector - next.offset)
            return "a continuation is not in one sector";
        wrong = read_sector(iso, next.sector, sector);
        if (wrong == NULL)
            wrong = take_area(r, sector + next.offset, next.size, &next);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

// ------------------------------------------------------------------ names

static char printable(unsigned c) {
    return (char)(c >= ' ' && c <= '~' ? c : (unsigned)'?');
}

// The name in the record itself, without the ";1" of its version.
static void plain_name(const struct iso9660 *iso, const unsigned char *record, char *name) {
    const unsigned char *from = record + RECORD_NAME;
    const size_t step = iso->joliet ? 2 : 1;
    const size_t size = record[RECORD_NAME_SIZE] / step;
    for (size_t i = 0; i < size; i++)
        name[i] = printable(iso->joliet ? (unsigned)from[2 * i] << 8 | from[2 * i + 1] : from[i]);
    name[size] = '\0';
    char *version = strrchr(name, ';');
    if (version != NULL && strspn(version + 1, "0123456789") == strlen(version + 1))
        *version = '\0';
}

enum kind { KIND_OTHER, KIND_FILE, KIND_DIRECTORY };

// A record that was found to be whole, of so many bytes.
static const char *read_record(struct iso9660 *iso, const unsigned char *record, size_t size,
                               enum kind *kind, char name[NAME_SIZE]) {
    struct rock rock = {0};
    const size_t n = record[RECORD_NAME_SIZE];
    const unsigned flags = record[RECORD_FLAGS];
    *kind = KIND_OTHER;
    // One byte of 0 or 1 is the directory itself and the one above it.
    if (n == 0 || (n == 1 && record[RECORD_NAME] <= 1) || (flags & FLAG_ASSOCIATED) != 0)
        return NULL;
    plain_name(iso, record, name);
    size_t begin = RECORD_NAME + n;
    begin += begin % 2; // an area begins at an even offset
    const char *wrong =
        !iso->rock || begin >= size ? NULL : take_rock(iso, &rock, record + begin, size - begin);
    if (wrong != NULL)
        return wrong;
    for (size_t i = 0; i < rock.size; i++)
        name[i] = printable((unsigned char)rock.name[i]);
    if (rock.size > 0)
        name[rock.size] = '\0';
    if (!rock.other)
        *kind = (flags & FLAG_DIRECTORY) != 0 ? KIND_DIRECTORY : KIND_FILE;
    return NULL;
}

// ------------------------------------------------------------------ directories

// Calls of a walk over a directory. True ends it.
typedef bool visit(void *data, const char *name, enum kind kind, struct iso9660_extent extent);

static const char *walk_sector(struct iso9660 *iso, const unsigned char sector[ISO9660_SECTOR],
                               visit *v, void *data, bool *over) {
    char name[NAME_SIZE];
    enum kind kind = KIND_OTHER;
    for (size_t at = 0; !*over && at < ISO9660_SECTOR && sector[at] != 0; at += sector[at]) {
        const unsigned char *record = sector + at;
        const size_t size = record[0];
        if (size > ISO9660_SECTOR - at || size <= RECORD_NAME ||
            record[RECORD_NAME_SIZE] > size - RECORD_NAME)
            return "a directory's record is longer than its room";
        const char *wrong = read_record(iso, record, size, &kind, name);
        if (wrong != NULL)
            return wrong;
        *over = kind != KIND_OTHER && v(data, name, kind, extent_of(record));
    }
    return NULL;
}

static const char *walk(struct iso9660 *iso, struct iso9660_extent directory, visit *v,
                        void *data) {
    unsigned char sector[ISO9660_SECTOR];
    bool over = false;
    const char *wrong = NULL;
    for (uint64_t done = 0; wrong == NULL && !over && done < directory.size;
         done += ISO9660_SECTOR) {
        wrong = read_sector(iso, (uint64_t)directory.sector + done / ISO9660_SECTOR, sector);
        if (wrong == NULL)
            wrong = walk_sector(iso, sector, v, data, &over);
    }
    return wrong;
}

// A directory or a file that is looked for.
struct search {
    const char *name;
    size_t size; // of the name
    enum kind kind;
    bool found;
    struct iso9660_extent extent;
};

static bool is_it(void *data, const char *name, enum kind kind, struct iso9660_extent extent) {
    struct search *s = data;
    s->found = kind == s->kind && strlen(name) == s->size && memcmp(name, s->name, s->size) == 0;
    s->extent = extent;
    return s->found;
}

struct files {
    void (*see)(void *data, const char *name);
    void *data;
};

static bool tell(void *data, const char *name, enum kind kind, struct iso9660_extent extent) {
    const struct files *f = data;
    (void)extent;
    if (kind == KIND_FILE)
        f->see(f->data, name);
    return false;
}

const char *iso9660_files(struct iso9660 *iso, const char *directory,
                          void (*see)(void *data, const char *name), void *data) {
    struct files files = {see, data};
    struct iso9660_extent extent = iso->root;
    for (const char *name = directory; *name != '\0';) {
        struct search s = {.name = name, .size = strcspn(name, "/"), .kind = KIND_DIRECTORY};
        const char *wrong = walk(iso, extent, is_it, &s);
        if (wrong != NULL || !s.found)
            return wrong;
        extent = s.extent;
        name += s.size;
        name += *name == '/' ? 1 : 0;
    }
    return walk(iso, extent, tell, &files);
}

const char *iso9660_find(struct iso9660 *iso, const char *path, bool *found,
                         struct iso9660_extent *extent) {
    *found = false;
    *extent = iso->root;
    for (const char *name = path; !*found;) {
        struct search s = {.name = name, .size = strcspn(name, "/")};
        s.kind = name[s.size] == '/' ? KIND_DIRECTORY : KIND_FILE;
        const char *wrong = walk(iso, *extent, is_it, &s);
        if (wrong != NULL || !s.found)
            return wrong;
        *extent = s.extent;
        *found = s.kind == KIND_FILE;
        name += s.size + 1;
    }
    const uint64_t begin = (uint64_t)extent->sector * ISO9660_SECTOR;
    if (begin > iso->in.size || extent->size > iso->in.size - begin)
        return "a file of it lies behind its end";
    return NULL;
}

// ------------------------------------------------------------------ the descriptors

// Whether the root's own record has Rock Ridge's sign.
static const char *find_rock(struct iso9660 *iso) {
    unsigned char sector[ISO9660_SECTOR];
    const char *wrong = read_sector(iso, iso->root.sector, sector);
    const unsigned char *area = sector + RECORD_NAME + 1;
    iso->rock = wrong == NULL && sector[0] >= RECORD_NAME + 1 + 7 &&
                sector[RECORD_NAME_SIZE] == 1 && memcmp(area, "SP\7\1\xbe\xef", 6) == 0;
    iso->skip = iso->rock ? area[6] : 0;
    return wrong;
}

// Takes Joliet's root, if there is one.
static const char *find_joliet(struct iso9660 *iso) {
    unsigned char d[ISO9660_SECTOR];
    for (unsigned i = 1; i < DESCRIPTORS_MAX; i++) {
        const char *wrong = read_sector(iso, ISO9660_DESCRIPTOR / ISO9660_SECTOR + i, d);
        if (wrong != NULL)
            return wrong;
        if (d[0] == VOLUME_END || memcmp(d + 1, "CD001", 5) != 0)
            return NULL;
        const unsigned char *escapes = d + VOLUME_ESCAPES;
        if (d[0] == VOLUME_SUPPLEMENTARY && memcmp(escapes, "%/", 2) == 0 &&
            (escapes[2] == '@' || escapes[2] == 'C' || escapes[2] == 'E')) { // levels of UCS-2
            iso->root = extent_of(d + VOLUME_ROOT);
            iso->joliet = true;
            return NULL;
        }
    }
    return NULL;
}

const char *iso9660_open(struct iso9660 *iso, const struct iso9660_bytes *in) {
    unsigned char d[ISO9660_SECTOR];
    *iso = (struct iso9660){.in = *in, .left = SECTORS_MAX};
    const char *wrong = read_sector(iso, ISO9660_DESCRIPTOR / ISO9660_SECTOR, d);
    if (wrong != NULL)
        return wrong;
    if (get_le16(d + VOLUME_BLOCK) != ISO9660_SECTOR)
        return "its blocks are not of 2048 bytes";
    iso->root = extent_of(d + VOLUME_ROOT);
    wrong = find_rock(iso);
    return wrong != NULL || iso->rock ? wrong : find_joliet(iso);
}
