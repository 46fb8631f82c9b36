// e2fsck on a copy of the metadata alone says the same, word for word, as on the whole file system:
// for many kinds of file systems, sound and damaged.
#include "proof/fsck.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "proof/metadata.h"
#include "workspace.h"

// A raw image as a source.
struct image {
    int fd;
    struct copy_source source;
};

static int image_read(void *data, void *bytes, size_t size, uint64_t offset, struct failure *f) {
    const struct image *i = data;
    if (pread(i->fd, bytes, size, (off_t)offset) != (ssize_t)size)
        return failure_set(f, EXIT_ID_IO_ERROR, NULL, "cannot be read");
    return 0;
}

static void image_open(struct image *i, const char *path) {
    i->fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(i->fd >= 0);
    const off_t size = lseek(i->fd, 0, SEEK_END);
    i->source = (struct copy_source){.size = (uint64_t)size, .read = image_read, .data = i};
}

// `e2fsck -fn PATH`: exit code and words, PATH being called X.
static bool is_clean(const char *words) {
    return strstr(words, "code 0") != NULL && strstr(words, "? no\n") == NULL;
}

static char *judge(const char *path) {
    return sh("{ e2fsck -fn '%s' 2>&1; echo \"code $?\"; } | sed 's,%s,X,g'", path, path);
}

struct verdict {
    bool same;  // every word
    bool clean; // the whole
    bool agree; // clean or not, as the whole
    bool all;   // of the metadata were found
};

// Compares the metadata's copy with the whole.
static struct verdict compare(const char *path) {
    struct image i;
    struct failure f = {0};
    enum metadata found = METADATA_SOME;
    image_open(&i, path);
    struct copy *c = copy_new(&i.source, ".", &f);
    if (c == NULL || metadata_fill(c, &found, &f) != 0)
        fail_msg("%s", f.what);
    char *whole = judge(path);
    char *copied = judge(copy_path(c));
    struct verdict v = {
        .same = strcmp(whole, copied) == 0, .clean = is_clean(whole), .all = found == METADATA_ALL};
    v.agree = v.clean == is_clean(copied);
    if (!v.agree || (v.clean && !v.same))
        print_message("the whole:\n%s\nits metadata:\n%s\n", whole, copied);
    free(whole);
    free(copied);
    copy_free(c);
    close(i.fd);
    return v;
}

// What a file system is filled with: directories (one large), symbolic links, files with extended
// attributes, one in many pieces, one with holes, deep trees.
static void make_tree(void) {
    sh_do("mkdir -p tree/a/b/c/d tree/large tree/links tree/many; "
          "i=0; while [ $i -lt 900 ]; do : >tree/large/a-rather-long-name-of-a-file-$i; "
          "i=$((i+1)); done; "
          "i=0; while [ $i -lt 60 ]; do mkdir tree/many/$i; echo $i >tree/many/$i/file; "
          "ln -s ../many/$i tree/links/$i; i=$((i+1)); done; "
          "ln -s \"$(head -c 200 /dev/zero | tr '\\0' x)\" tree/links/slow; "
          "ln tree/many/1/file tree/hard; mkfifo tree/fifo; "
          "head -c 3000000 /dev/urandom >tree/a/data; head -c 700000 /dev/urandom >tree/pieces; "
          "truncate -s 9M tree/a/holes; "
          "for at in 0 100 3000 8000; do printf x | dd of=tree/a/holes bs=1k seek=$at "
          "conv=notrunc status=none; done; head -c 9000 /dev/urandom >value; head -c 600 "
          "/dev/urandom >small");
}

// mke2fs' options. Sizes are small: e2fsck runs four times on each.
static const struct kind {
    const char *name, *options;
    bool big_attribute; // more than a block: needs ea_inode
} kinds[] = {
    {"ext2-1k", "-t ext2 -b 1024", false},
    {"ext2-4k", "-t ext2 -b 4096", false},
    {"ext2-plain", "-t ext2 -b 1024 -O none -I 128", false},
    {"ext3-1k", "-t ext3 -b 1024", false},
    {"ext3-4k", "-t ext3 -b 4096 -O ^resize_inode", false},
    {"ext4-1k", "-t ext4 -b 1024", false},
    {"ext4-2k", "-t ext4 -b 2048", false},
    {"ext4-4k", "-t ext4 -b 4096", false},
    {"ext4-openwrt", "-t ext4 -b 4096 -O ^64bit,^metadata_csum -m 0", false},
    {"ext4-uninit", "-t ext4 -b 1024 -O ^metadata_csum,uninit_bg", false},
    {"ext4-groups", "-t ext4 -b 1024 -g 1024 -O ^flex_bg", false},
    {"ext4-meta-bg", "-t ext4 -b 1024 -g 1024 -O meta_bg,^resize_inode", false},
    {"ext4-super2", "-t ext4 -b 1024 -g 1024 -O sparse_super2,^resize_inode", false},
    {"ext4-quota", "-t ext4 -b 1024 -O quota,project", false},
    {"ext4-orphan-file", "-t ext4 -b 4096 -O orphan_file", false},
    {"ext4-inline", "-t ext4 -b 4096 -O inline_data -I 512", false},
    {"ext4-ea-inode", "-t ext4 -b 1024 -O ea_inode", true},
    {"ext4-mmp", "-t ext4 -b 1024 -O mmp", false},
    {"ext4-casefold", "-t ext4 -b 4096 -O casefold", false},
};

static void make_kind(const struct kind *k) {
    sh_do("rm -f image.raw; truncate -s 24M image.raw; mke2fs -q -F -d tree %s image.raw",
          k->options);
    // Attributes in blocks of their own, a file of many pieces, hashed directories.
    sh_do("{ echo 'ea_set -f small many/2/file user.small'; %s "
          "i=1; while [ $i -lt 120 ]; do echo \"punch pieces $i $i\"; i=$((i+2)); done; } "
          "| debugfs -w -f - image.raw >log 2>&1",
          k->big_attribute ? "echo 'ea_set -f value many/3/file user.big';" : "");
    sh_do("for again in 1 2; do e2fsck -fyD image.raw >log 2>&1 || [ $? -le 1 ]; done");
}

static void test_sound(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        make_kind(&kinds[i]);
        struct verdict v = compare("image.raw");
        if (!v.same || !v.clean || !v.all)
            fail_msg("%s: %s%s%s", kinds[i].name, v.same ? "" : "other words; ",
                     v.clean ? "" : "not clean; ", v.all ? "" : "not all metadata were found");
        sh_do("mv image.raw %s", kinds[i].name);
    }
}

// debugfs' commands, each harm a file system in another place.
static const char *const harms[] = {
    "set_super_value free_blocks_count 3",
    "set_super_value free_inodes_count 3",
    "set_super_value last_orphan 13",
    "set_super_value state 0",
    "clri many/1",
    "set_inode_field many/5/file links_count 9",
    "set_inode_field many/5/file block[0] 0x7fffffff",
    "set_inode_field many/5/file size 123456789",
    "set_inode_field a/data blocks 1",
    "set_inode_field large mode 0100644",
    "freeb 2000 300",
    "setb 9000 20",
    "freei many/7/file",
    "zap_block -f large -p 0xff 1",
    "zap_block -f many/9 0",
    "zap_block -f links/slow 0",
    "zap_block -f <7> 0",
    "zap_block -f <8> 0",
    "zap_block -f <3> 0",
    "unlink many/11/file",
    "set_bg 0 free_blocks_count 1",
    "set_bg 0 inode_table 77",
    "set_bg 0 checksum 1",
    "set_inode_field many/2/file file_acl 5",
    "set_super_value blocks_count 99999",
};

// Damaged ones: that they are is seen from the metadata alone, before all is copied to hear every
// word of it.
static void test_harmed(void **state) {
    (void)state;
    static const char *const of[] = {"ext2-1k", "ext3-4k", "ext4-openwrt", "ext4-quota"};
    unsigned found = 0;
    unsigned all = 0;
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
        for (size_t j = 0; j < sizeof harms / sizeof harms[0]; j++, all++) {
            sh_do("cp --sparse=always %s image.raw; debugfs -w -R '%s' image.raw >log 2>&1", of[i],
                  harms[j]);
            struct verdict v = compare("image.raw");
            found += !v.clean;
            if (!v.agree)
                fail_msg("%s, %s: another verdict", of[i], harms[j]);
        }
    print_message("%u harms, of which e2fsck finds %u, on the whole as on its metadata\n", all,
                  found);
    assert_true(found > all * 3 / 4);
}

// Flips of single bits in what was copied: the verdict is that of e2fsck on the whole file system.
static void test_flips(void **state) {
    (void)state;
    static const char *const of[] = {"ext4-4k", "ext2-4k"};
    enum { FLIPS = 60 };
    const char *given = getenv("FLIP_SEED");
    unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : 1;
    print_message("seed %u (FLIP_SEED)\n", seed);
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        unsigned caught = 0;
        for (int n = 0; n < FLIPS; n++) {
            struct image image;
            struct fsck k;
            struct failure f = {0};
            uint8_t byte = 0;
            off_t at = 0;
            sh_do("cp --sparse=always %s image.raw", of[i]);
            image_open(&image, "image.raw");
            // Metadata are at the beginning here; a byte that is not zero is in use.
            do {
                at = rand_r(&seed) % (1024 * 1024);
                assert_int_equal(pread(image.fd, &byte, 1, at), 1);
            } while (byte == 0);
            byte = (uint8_t)(byte ^ 1U << rand_r(&seed) % 8);
            assert_int_equal(pwrite(image.fd, &byte, 1, at), 1);
            if (fsck_check(&k, &image.source, ".", &f) != 0)
                fail_msg("%s", f.what);
            char *whole = judge("image.raw");
            if (k.clean != is_clean(whole))
                fail_msg("%s, byte %lld: %s, but the whole: %s", of[i], (long long)at, k.words,
                         whole);
            caught += !k.clean;
            free(whole);
            fsck_free(&k);
            close(image.fd);
        }
        print_message("%s: %u of %d flips made it unclean, the others e2fsck finds clean, too\n",
                      of[i], caught, FLIPS);
        assert_true(caught > 0);
    }
}

// A file of which each indirect block points to itself: endless, were it not counted.
static void test_endless(void **state) {
    (void)state;
    struct image i;
    struct fsck k;
    struct failure f = {0};
    sh_do("rm -f image.raw; truncate -s 8M image.raw; mke2fs -q -F -t ext2 -b 1024 image.raw; "
          "printf '\\320\\007\\000\\000%%.0s' $(seq 256) | "
          "dd of=image.raw bs=1024 seek=2000 conv=notrunc status=none; "
          "printf '%%s\\n' 'write log file' 'set_inode_field file size 16000000000' "
          "'set_inode_field file block[TIND] 2000' | debugfs -w -f - image.raw >log 2>&1");
    image_open(&i, "image.raw");
    if (fsck_check(&k, &i.source, ".", &f) != 0)
        fail_msg("%s", f.what);
    assert_false(k.clean);
    assert_int_equal(k.code, -1);
    assert_non_null(strstr(k.words, "claim more blocks"));
    fsck_free(&k);
    close(i.fd);
}

// What e2fsck does not know it cannot check, and no e2fsck checks nothing.
static void test_possible(void **state) {
    (void)state;
    struct image i;
    struct failure f = {0};
    struct fsck k;
    sh_do("cp ext4-4k image.raw");
    image_open(&i, "image.raw");
    assert_int_equal(fsck_possible(&i.source, ".", &f), 0);
    sh_do("debugfs -w -R 'set_super_value feature_compat 0x8000003c' image.raw 2>/dev/null");
    assert_int_equal(fsck_possible(&i.source, ".", &f), -1);
    assert_id(&f, EXIT_ID_E2FSCK_OLD);
    assert_says(&f, "FEATURE_C31");
    assert_int_equal(fsck_check(&k, &i.source, ".", &f), -1);
    assert_id(&f, EXIT_ID_E2FSCK_OLD);
    fsck_free(&k);
    close(i.fd);
    image_open(&i, "ext4-4k");
    assert_int_equal(fsck_possible(&i.source, "/no/such/folder", &f), -1);
    assert_id(&f, EXIT_ID_OUTPUT_UNWRITABLE);
    close(i.fd);
}

// Nothing is left of the copies.
static void test_left(void **state) {
    (void)state;
    char *left = sh("find . -name '.qemu-grow*'");
    assert_string_equal(left, "");
    free(left);
}

static int enter(void **state) {
    if (workspace_enter(state) != 0)
        return -1;
    make_tree();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),    cmocka_unit_test(test_harmed),
        cmocka_unit_test(test_flips),    cmocka_unit_test(test_endless),
        cmocka_unit_test(test_possible), cmocka_unit_test(test_left),
    };
    return cmocka_run_group_tests(tests, enter, workspace_leave);
}
