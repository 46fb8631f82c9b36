// What is kept of a guest that was prepared: its name, its file, and when it is none any more.
#include "workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "warm/content.h"
#include "warm/key.h"
#include "warm/note.h"
#include "warm/store.h"

static const char key[] = "00000000000000000000000000000000000000000000000000000000000000aa";

static void write_file(const char *path, const char *text, mode_t mode) {
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static struct cache cache_here(void) {
    struct failure f;
    struct cache c;
    struct cache part;
    char *here = get_current_dir_name();
    setenv("XDG_CACHE_HOME", here, 1);
    free(here);
    assert_int_equal(cache_open(&c, false, &f), 0);
    assert_int_equal(cache_part(&part, &c, CACHE_WARM, &f), 0);
    assert_int_equal(cache_make(&part, &f), 0);
    cache_close(&c);
    return part;
}

static void keep(const struct cache *c, const char *name, const char *text) {
    struct failure f;
    const int fd = store_begin(c, name, &f);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(store_keep(c, name, fd, -1, &f), 0);
    assert_int_equal(close(fd), 0);
}

static bool found(const struct cache *c, const char *name, const char *why) {
    struct failure f;
    const int fd = store_find(c, name, -1, &f);
    if (fd >= 0) {
        assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
        assert_int_equal(close(fd), 0);
        return true;
    }
    if (why != NULL)
        assert_non_null(strstr(f.what, why));
    else
        assert_int_equal(f.id, EXIT_ID_OK);
    return false;
}

static void test_store(void **state) {
    (void)state;
    struct failure f;
    struct stat st;
    struct cache c = cache_here();
    assert_false(found(&c, key, NULL));
    // One that is being made is none, and one that was given up neither.
    int fd = store_begin(&c, key, &f);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "half", 4), 4);
    assert_false(found(&c, key, NULL));
    // Another that begins (the first maker was killed) has a file of its own.
    const int other = store_begin(&c, key, &f);
    assert_true(other >= 0);
    assert_int_equal(fstat(other, &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    close(fd);
    close(other);
    store_give_up(&c, key);
    char *path = cache_path(&c, key, ".part");
    assert_int_equal(access(path, F_OK), -1);
    free(path);

    keep(&c, key, "a guest");
    assert_true(found(&c, key, NULL));
    path = cache_path(&c, key, ".state");
    char *note = cache_path(&c, key, ".yaml");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(note, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    write_file(path, "a gueSt", 0600);
    assert_false(found(&c, key, "digest"));
    write_file(path, "a gues", 0600);
    assert_false(found(&c, key, "size"));
    keep(&c, key, "a guest");
    assert_true(found(&c, key, NULL));
    write_file(note, "format: 1\n", 0600);
    assert_false(found(&c, key, "note"));
    assert_int_equal(unlink(note), 0);
    assert_false(found(&c, key, "note"));
    keep(&c, key, "a guest");
    store_drop(&c, key);
    assert_false(found(&c, key, NULL));
    free(path);
    free(note);
    cache_close(&c);
}

static void test_bound(void **state) {
    (void)state;
    struct failure f;
    char name[DIGEST_HEX + 1];
    struct cache c = cache_here();
    (void)snprintf(name, sizeof name, "%064d", 0);
    keep(&c, name, "in use");
    const int used = store_find(&c, name, -1, &f);
    assert_true(used >= 0);
    const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(futimens(used, long_ago), 0);
    for (int i = 1; i <= (int)c.most + 2; i++) {
        (void)snprintf(name, sizeof name, "%064d", i);
        keep(&c, name, "a guest");
        char *path = cache_path(&c, name, ".state");
        const struct timespec at[2] = {{.tv_sec = 100 + i}, {.tv_sec = 100 + i}};
        assert_int_equal(utimensat(AT_FDCWD, path, at, 0), 0);
        free(path);
    }
    int left = 0;
    for (int i = 1; i <= (int)c.most + 2; i++) {
        (void)snprintf(name, sizeof name, "%064d", i);
        left += found(&c, name, NULL) ? 1 : 0;
    }
    assert_int_equal(left, (int)c.most);
    assert_true(found(&c, name, NULL)); // the last one
    (void)snprintf(name, sizeof name, "%064d", 0);
    assert_true(found(&c, name, NULL)); // that in use
    assert_int_equal(close(used), 0);
    uint64_t bytes = 0;
    size_t busy = 0;
    struct cache all;
    assert_int_equal(cache_open(&all, false, &f), 0);
    assert_int_equal(cache_clear(&all, &bytes, &busy, &f), 0);
    assert_true(bytes > 0);
    assert_int_equal(busy, 0);
    assert_int_equal(access(c.folder, F_OK), -1);
    cache_close(&all);
    cache_close(&c);
}

// The digest of a file by that name, of which holes are made or not, and the space that it takes
// afterwards (512 bytes).
static int64_t content(const char *name, bool thin, char hex[DIGEST_HEX_XXH + 1]) {
    struct stat st;
    const int fd = open(name, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal((thin ? content_thin : content_digest)(fd, -1, hex), 0);
    assert_int_equal(fsync(fd), 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(close(fd), 0);
    return st.st_blocks;
}

// Zeros count for nothing, written or not; everything else counts, and where it is.
static void test_content(void **state) {
    static const char *const others[] = {
        "printf X | dd of=other bs=1 seek=1000000 conv=notrunc 2>/dev/null",
        "printf X | dd of=other bs=1 seek=2600000 conv=notrunc 2>/dev/null", // in the zeros
        "truncate -s -1 other",                                              // the last byte
        "truncate -s 65536 other",
        "dd if=full of=other bs=64k skip=48 seek=47 conv=notrunc 2>/dev/null", // in another place
        ": >other",
    };
    (void)state;
    char right[DIGEST_HEX_XXH + 1];
    char hex[DIGEST_HEX_XXH + 1];
    sh_do("head -c 2000000 /dev/urandom >full && head -c 1200000 /dev/zero >>full && "
          "head -c 70001 /dev/urandom >>full && cp --sparse=never full same && "
          "cp --sparse=always full holes");
    const int64_t blocks = content("full", false, right);
    const int64_t fewer = content("holes", false, hex);
    assert_string_equal(hex, right);
    assert_true(fewer < blocks);
    assert_int_equal(content("full", false, hex), blocks);
    const int64_t thin = content("full", true, hex);
    assert_string_equal(hex, right);
    assert_true(thin < blocks);
    sh_do("cmp full same");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        sh_do("cp full other && %s", others[i]);
        (void)content("other", false, hex);
        assert_string_not_equal(hex, right);
    }
    // Told to stop.
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "", 1), 1);
    const int fd = open("full", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(content_digest(fd, fds[0], hex), -1);
    assert_int_equal(errno, EINTR);
    assert_int_equal(close(fd) | close(fds[0]) | close(fds[1]), 0);
}

static void test_note(void **state) {
    (void)state;
    char key_here[] = "aa";
    char word[] = "tcg";
    char why[] = "kvm: \"hung\"\n  # here";
    const struct note n = {.format = NOTE_FORMAT, .key = key_here, .word = word, .why = why};
    assert_int_equal(note_save(&n, "note"), 0);
    struct note *r = note_load("note", "aa");
    assert_non_null(r);
    assert_string_equal(r->word, word);
    assert_string_equal(r->why, why);
    assert_null(r->xxh128);
    note_free(r);
    assert_null(note_load("note", "ab"));
    assert_null(note_load("no note", "aa"));
    assert_null(note_parse("", 0, "aa"));
    assert_null(note_parse("format: 1\nkey: aa\n", 18, "aa"));
    assert_null(note_parse("format: 3\nkey: aa\nxxh128: zz\n", 29, "aa"));
    char large[NOTE_MAX + 1];
    memset(large, '\n', sizeof large);
    (void)snprintf(large, sizeof large, "format: 3\nkey: aa\n");
    large[18] = '\n';
    assert_null(note_parse(large, sizeof large, "aa"));
    // Not through a link, not from a folder.
    assert_int_equal(symlink("note", "link"), 0);
    assert_null(note_load("link", "aa"));
    assert_null(note_load(".", "aa"));
    assert_int_equal(note_save(&n, "no-folder/note"), -1);
}

// The name that a QEMU, a command line and dialogue files give.
static void name_of(char hex[DIGEST_HEX + 1], const char *qemu, const char *memory,
                    const char *iso_path, const char *folder) {
    struct failure f;
    char *const argv[] = {(char *)qemu,
                          (char[]){"-m"},
                          (char *)memory,
                          (char[]){"-cdrom"},
                          (char *)iso_path,
                          (char[]){"-nographic"},
                          NULL};
    struct scripts *s = scripts_load(folder, &f);
    struct key *k = key_new();
    assert_non_null(s);
    assert_non_null(k);
    assert_int_equal(key_qemu(k, qemu, &f), 0);
    key_command(k, argv);
    assert_int_equal(key_scripts(k, s, &f), 0);
    key_host(k, true);
    key_text(k, "iso", "aa");
    assert_int_equal(key_end(k, hex, &f), 0);
    key_free(k);
    scripts_free(s);
}

static void test_key(void **state) {
    (void)state;
    char first[DIGEST_HEX + 1];
    char other[DIGEST_HEX + 1];
    const char *scripts = SOURCE_DIR "/scripts";
    write_file("qemu", "#!/bin/sh\necho version 7\n", 0755);
    const struct timespec at[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(utimensat(AT_FDCWD, "qemu", at, 0), 0);
    name_of(first, "./qemu", "192", "a.iso", scripts);
    name_of(other, "./qemu", "192", "a.iso", scripts);
    assert_string_equal(first, other);
    name_of(other, "./qemu", "192", "b.iso", scripts);
    assert_string_equal(first, other); // where it is does not matter
    name_of(other, "./qemu", "256", "a.iso", scripts);
    assert_string_not_equal(first, other);
    // Another version that is told by a file of the same size and time.
    write_file("qemu", "#!/bin/sh\necho version 8\n", 0755);
    assert_int_equal(utimensat(AT_FDCWD, "qemu", at, 0), 0);
    name_of(other, "./qemu", "192", "a.iso", scripts);
    assert_string_not_equal(first, other);
    // Another word in a dialogue file.
    sh_do("mkdir copy && cp -r " SOURCE_DIR "/scripts/dialogues copy/ && "
          "echo '# more' >>copy/dialogues/nodes.yaml");
    char same[DIGEST_HEX + 1];
    name_of(same, "./qemu", "192", "a.iso", scripts);
    name_of(other, "./qemu", "192", "a.iso", "copy");
    assert_string_not_equal(same, other);
    // Words may not run into each other.
    struct failure f;
    struct key *k = key_new();
    key_text(k, "a", "bc");
    key_text(k, "d", NULL);
    assert_int_equal(key_end(k, first, &f), 0);
    key_free(k);
    k = key_new();
    key_text(k, "a", "b");
    key_text(k, "cd", NULL);
    assert_int_equal(key_end(k, other, &f), 0);
    key_free(k);
    assert_string_not_equal(first, other);
    k = key_new();
    assert_int_equal(key_qemu(k, "./no-qemu", &f), -1);
    assert_int_equal(f.id, EXIT_ID_PROGRAM_MISSING);
    key_free(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store), cmocka_unit_test(test_bound), cmocka_unit_test(test_content),
        cmocka_unit_test(test_note),  cmocka_unit_test(test_key),
    };
    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
