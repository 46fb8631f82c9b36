// The boot protocol's header of a bzImage, the notes of an ELF file, and a process for the work.
#include "iso/unpack.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "iso/expand.h"

// In a bzImage: the kernel's documentation, "The Linux/x86 Boot Protocol".
enum {
    SETUP_SECTS = 0x1f1, // sectors of real-mode code behind the first; 0 stands for 4
    SETUP_SECTS_DEFAULT = 4,
    SETUP_SECTOR = 512,
    HEADER_MAGIC = 0x202,
    HEADER_VERSION = 0x206,
    HEADER_VERSION_PAYLOAD = 0x208, // the first one with a payload
    PAYLOAD_OFFSET = 0x248,         // from the end of the real-mode code
    PAYLOAD_LENGTH = 0x24c,
    HEADER_END = 0x250,
};
static const char header_magic[] = "HdrS";

enum {
    SIZE_BYTES = 4, // of the size behind a payload
    CPIO_MAGIC = 6,
    NOTE_PVH_ENTRY = 18,  // XEN_ELFNOTE_PHYS32_ENTRY
    NOTE_ALIGNMENT = 4,   // bytes
    NOTES_MAX = 64 * 1024 // bytes of a segment of notes
};
static const char note_owner[] = "Xen";

typedef bool taker(int packed, uint64_t size, int out);

bool unpack_payload(const uint8_t *image, size_t size, size_t *begin, size_t *length) {
    if (size < HEADER_END || memcmp(image + HEADER_MAGIC, header_magic, 4) != 0 ||
        get_le16(image + HEADER_VERSION) < HEADER_VERSION_PAYLOAD)
        return false;
    const size_t sectors = image[SETUP_SECTS] == 0 ? SETUP_SECTS_DEFAULT : image[SETUP_SECTS];
    *begin = (sectors + 1) * SETUP_SECTOR + get_le32(image + PAYLOAD_OFFSET);
    *length = get_le32(image + PAYLOAD_LENGTH);
    return *length > SIZE_BYTES && *begin <= size && *length <= size - *begin;
}

static bool has_entry(const uint8_t *notes, size_t size) {
    Elf64_Nhdr n;
    while (size >= sizeof n) {
        memcpy(&n, notes, sizeof n);
        notes += sizeof n;
        size -= sizeof n;
        const size_t name =
            (n.n_namesz + NOTE_ALIGNMENT - (size_t)1) & ~(NOTE_ALIGNMENT - (size_t)1);
        const size_t text =
            (n.n_descsz + NOTE_ALIGNMENT - (size_t)1) & ~(NOTE_ALIGNMENT - (size_t)1);
        if (name > size || text > size - name)
            return false;
        if (n.n_type == NOTE_PVH_ENTRY && n.n_namesz == sizeof note_owner && n.n_descsz > 0 &&
            memcmp(notes, note_owner, sizeof note_owner) == 0)
            return true;
        notes += name + text;
        size -= name + text;
    }
    return false;
}

bool unpack_is_startable(const uint8_t *elf, size_t size) {
    Elf64_Ehdr e;
    Elf64_Phdr p;
    bool entry = false;
    if (size < sizeof e)
        return false;
    memcpy(&e, elf, sizeof e);
    if (memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 || e.e_ident[EI_CLASS] != ELFCLASS64 ||
        e.e_machine != EM_X86_64 || e.e_type != ET_EXEC || e.e_phentsize != sizeof p ||
        e.e_phoff > size || e.e_phnum > (size - e.e_phoff) / sizeof p)
        return false;
    for (size_t i = 0; i < e.e_phnum; i++) {
        memcpy(&p, elf + e.e_phoff + i * sizeof p, sizeof p);
        if (p.p_offset > size || p.p_filesz > size - p.p_offset)
            return false;
        if (p.p_type == PT_NOTE && p.p_filesz <= NOTES_MAX)
            entry = entry || has_entry(elf + p.p_offset, (size_t)p.p_filesz);
    }
    return entry;
}

// What was written, as memory (munmap), or NULL.
static uint8_t *written(int out, size_t size) {
    void *bytes = size == 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ, MAP_SHARED, out, 0);
    return bytes == MAP_FAILED ? NULL : bytes;
}

static bool take_kernel(int packed, uint64_t size, int out) {
    uint8_t head[HEADER_END];
    uint8_t end[SIZE_BYTES];
    size_t begin = 0;
    size_t length = 0;
    uint64_t done = 0;
    if (bytes_read(packed, head, sizeof head, 0) != (ssize_t)sizeof head ||
        !unpack_payload(head, size, &begin, &length) ||
        bytes_read(packed, end, sizeof end, begin + length - SIZE_BYTES) != (ssize_t)sizeof end)
        return false;
    struct span payload = {.fd = packed, .at = begin, .left = length};
    if (!expand_is_gzip(&payload)) // which has the size within its own end
        payload.left -= SIZE_BYTES;
    if (!expand(&payload, out, &done) || get_le32(end) != (uint32_t)done)
        return false;
    uint8_t *elf = written(out, done);
    const bool good = elf != NULL && unpack_is_startable(elf, done);
    if (elf != NULL)
        (void)munmap(elf, done);
    return good;
}

static bool take_initramfs(int packed, uint64_t size, int out) {
    uint64_t done = 0;
    uint8_t magic[CPIO_MAGIC];
    const struct span all = {.fd = packed, .left = size};
    return expand_is_gzip(&all) && expand(&all, out, &done) &&
           bytes_read(out, magic, sizeof magic, 0) == CPIO_MAGIC &&
           (memcmp(magic, "070701", CPIO_MAGIC) == 0 || memcmp(magic, "070702", CPIO_MAGIC) == 0);
}

// The child: a damaged file harms nobody but it, and the memory that it needs is given back.
static _Noreturn void work(int packed, int out, taker *take) {
    struct stat st;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(fstat(packed, &st) == 0 && st.st_size > 0 && take(packed, (uint64_t)st.st_size, out) ? 0
                                                                                               : 1);
}

static bool worked(int packed, int out, taker *take) {
    const pid_t pid = fork();
    int status = 0;
    if (pid == 0)
        work(packed, out, take);
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool unpack_kernel(int packed, int out) {
    return worked(packed, out, take_kernel);
}

bool unpack_initramfs(int packed, int out) {
    return worked(packed, out, take_initramfs);
}

int unpack_sealed(int packed, const char *name, bool unpack(int packed, int out)) {
    const int out = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (out < 0)
        return -1;
    if (unpack(packed, out) && lseek(out, 0, SEEK_SET) == 0 &&
        fcntl(out, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
        return out;
    (void)close(out);
    return -1;
}
