// Makes kernels as they are on an ISO: an ELF file that QEMU could start, packed, within a bzImage.
#ifndef QEMU_GROW_TESTS_KERNEL_IMAGE_H
#define QEMU_GROW_TESTS_KERNEL_IMAGE_H

#include <elf.h>
#include <sys/stat.h>

#include "workspace.h"

enum {
    SETUP = 1024, // bytes: the boot sector and one more
    REST = 200000,
    NOTE_AT = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
};

// The file elf: one note, and bytes behind it that do not pack well.
static inline void make_elf(const char *owner, uint32_t type) {
    struct {
        Elf64_Ehdr e;
        Elf64_Phdr p;
        Elf64_Nhdr n;
        char owner[4];
        uint32_t entry;
    } head = {
        .e = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
              .e_type = ET_EXEC,
              .e_machine = EM_X86_64,
              .e_phoff = sizeof(Elf64_Ehdr),
              .e_phentsize = sizeof(Elf64_Phdr),
              .e_phnum = 1},
        .p = {.p_type = PT_NOTE, .p_offset = NOTE_AT, .p_filesz = sizeof(Elf64_Nhdr) + 8},
        .n = {.n_namesz = 4, .n_descsz = 4, .n_type = type},
        .entry = 0x1000000,
    };
    memcpy(head.owner, owner, 4);
    FILE *out = fopen("elf", "we");
    assert_int_equal(fwrite(&head, 1, sizeof head, out), sizeof head);
    (void)fclose(out);
    sh_do("head -c %d /dev/urandom >>elf", REST);
}

// The file image: a bzImage around the file payload.
static inline void make_image(void) {
    struct stat st;
    uint8_t head[SETUP] = {0};
    assert_int_equal(stat("payload", &st), 0);
    head[0x1f1] = 1;
    memcpy(head + 0x202, "HdrS", 4);
    head[0x206] = 0x0f;
    head[0x207] = 0x02;
    head[0x248] = 16; // something stands before it
    for (unsigned i = 0; i < 4; i++)
        head[0x24c + i] = (uint8_t)((uint64_t)st.st_size >> 8 * i);
    FILE *out = fopen("image", "we");
    assert_int_equal(fwrite(head, 1, sizeof head, out), sizeof head);
    (void)fclose(out);
    sh_do("{ head -c 16 /dev/zero; cat payload; echo what follows; } >>image");
}

// The file image of the file elf; the size is put behind it, as the kernel's makefiles do, but for
// gzip.
static inline void pack(const char *command, bool size_behind) {
    struct stat st;
    assert_int_equal(stat("elf", &st), 0);
    const unsigned size = (unsigned)st.st_size;
    sh_do("%s <elf >payload", command);
    if (size_behind)
        sh_do("printf '\\%03o\\%03o\\%03o\\%03o' >>payload", size & 255, size >> 8 & 255,
              size >> 16 & 255, size >> 24);
    make_image();
}

#endif
