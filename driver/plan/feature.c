// The table of features. The versions are those of e2fsprogs' release notes. Whether 1.47.0 takes
// a feature was tried bit by bit: e2fsck and resize2fs stop at one that they do not know.
#include "plan/feature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 3, BITS = 32 };
enum { EVER = 0, NEVER = 0xffffff }; // of struct feature_row: in all versions, and in none

// A version as one number: 1.47.0 is 1 << 16 | 47 << 8 | 0.
#define SINCE(major, minor, patch) ((major) << 16 | (minor) << 8 | (patch))

static const char *const word_names[WORDS] = {"compat", "incompat", "ro_compat"};

static const struct feature_row {
    int word; // index into word_names
    uint32_t bit;
    const char *name; // as dumpe2fs has it
    unsigned since;   // the first e2fsprogs whose e2fsck and resize2fs take it
} features[] = {
    {0, 0x0001, "dir_prealloc", EVER},
    {0, 0x0002, "imagic_inodes", EVER},
    {0, 0x0004, "has_journal", EVER},
    {0, 0x0008, "ext_attr", EVER},
    {0, 0x0010, "resize_inode", EVER},
    {0, 0x0020, "dir_index", EVER},
    {0, 0x0040, "lazy_bg", NEVER},
    {0, 0x0100, "snapshot_bitmap", NEVER},
    {0, 0x0200, "sparse_super2", SINCE(1, 43, 0)},
    {0, 0x0400, "fast_commit", SINCE(1, 46, 0)},
    {0, 0x0800, "stable_inodes", SINCE(1, 46, 0)},
    {0, 0x1000, "orphan_file", SINCE(1, 47, 0)},
    {1, 0x0001, "compression", NEVER},
    {1, 0x0002, "filetype", EVER},
    {1, 0x0004, "needs_recovery", EVER},
    {1, 0x0008, "journal_dev", EVER},
    {1, 0x0010, "meta_bg", EVER},
    {1, 0x0040, "extent", SINCE(1, 41, 0)},
    {1, 0x0080, "64bit", SINCE(1, 42, 0)},
    {1, 0x0100, "mmp", SINCE(1, 42, 0)},
    {1, 0x0200, "flex_bg", SINCE(1, 41, 0)},
    {1, 0x0400, "ea_inode", SINCE(1, 44, 0)},
    {1, 0x1000, "dirdata", NEVER},
    {1, 0x2000, "metadata_csum_seed", SINCE(1, 43, 0)},
    {1, 0x4000, "large_dir", SINCE(1, 44, 0)},
    {1, 0x8000, "inline_data", SINCE(1, 43, 0)},
    {1, 0x10000, "encrypt", SINCE(1, 43, 0)},
    {1, 0x20000, "casefold", SINCE(1, 45, 0)},
    {2, 0x0001, "sparse_super", EVER},
    {2, 0x0002, "large_file", EVER},
    {2, 0x0004, "btree_dir", NEVER},
    {2, 0x0008, "huge_file", SINCE(1, 41, 0)},
    {2, 0x0010, "uninit_bg", SINCE(1, 41, 0)},
    {2, 0x0020, "dir_nlink", SINCE(1, 41, 0)},
    {2, 0x0040, "extra_isize", SINCE(1, 41, 0)},
    {2, 0x0080, "snapshot", NEVER},
    {2, 0x0100, "quota", SINCE(1, 42, 0)},
    {2, 0x0200, "bigalloc", SINCE(1, 42, 0)},
    {2, 0x0400, "metadata_csum", SINCE(1, 43, 0)},
    {2, 0x0800, "replica", NEVER},
    {2, 0x1000, "read-only", SINCE(1, 43, 0)},
    {2, 0x2000, "project", SINCE(1, 43, 0)},
    {2, 0x4000, "shared_blocks", SINCE(1, 45, 0)},
    {2, 0x8000, "verity", SINCE(1, 44, 4)},
    {2, 0x10000, "orphan_present", SINCE(1, 47, 0)},
};

// "1.47.0-r5" as a number; what is no version is 0.
static unsigned version_number(const char *text) {
    unsigned number = 0;
    for (int i = 0; i < 3; i++) {
        char *end = NULL;
        unsigned long part = strtoul(text, &end, 10);
        number = number << 8 | (unsigned)(part < 255 ? part : 255);
        text = end != text && *end == '.' ? end + 1 : "";
    }
    return number;
}

static const struct feature_row *find(int word, uint32_t bit) {
    for (const struct feature_row *f = features; f < features + sizeof features / sizeof *features;
         f++)
        if (f->word == word && f->bit == bit)
            return f;
    return NULL;
}

// Lists the features that are newer than `known`; with all, the others, too.
static size_t list(char *text, size_t size, const struct ext_super *s, unsigned known, bool all) {
    const uint32_t words[WORDS] = {s->compat, s->incompat, s->ro_compat};
    size_t count = 0;
    size_t used = 0;
    text[0] = '\0';
    for (int w = 0; w < WORDS; w++)
        for (int b = 0; b < BITS; b++) {
            const uint32_t bit = UINT32_C(1) << b;
            if ((words[w] & bit) == 0)
                continue;
            const struct feature_row *f = find(w, bit);
            if (!all && f != NULL && f->since <= known)
                continue;
            count++;
            int n = f != NULL
                        ? snprintf(text + used, size - used, "%s%s", used > 0 ? " " : "", f->name)
                        : snprintf(text + used, size - used, "%s%s:0x%x", used > 0 ? " " : "",
                                   word_names[w], bit);
            used += n > 0 && (size_t)n < size - used ? (size_t)n : 0;
        }
    return count;
}

void feature_list(char *text, size_t size, const struct ext_super *s) {
    (void)list(text, size, s, 0, true);
}

size_t feature_list_beyond(char *text, size_t size, const struct ext_super *s,
                           const char *version) {
    return list(text, size, s, version == NULL ? NEVER - 1 : version_number(version), false);
}
