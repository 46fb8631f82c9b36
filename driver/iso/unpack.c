// The boot protocol's header of a bzImage, libarchive's filters (loaded in the process that uses
// them), the notes of an ELF file.
#include "iso/unpack.h"

#include <archive.h>
#include <archive_entry.h>
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
#include <zlib.h>

#include "base/bytes.h"
#include "base/library.h"

#define CALLS(CALL)                                                                                \
    CALL(archive_read_data)                                                                        \
    CALL(archive_read_free)                                                                        \
    CALL(archive_read_new)                                                                         \
    CALL(archive_read_next_header)                                                                 \
    CALL(archive_read_open_memory)                                                                 \
    CALL(archive_read_support_filter_gzip)                                                         \
    CALL(archive_read_support_filter_lz4)                                                          \
    CALL(archive_read_support_filter_lzma)                                                         \
    CALL(archive_read_support_filter_xz)                                                           \
    CALL(archive_read_support_filter_zstd)                                                         \
    CALL(archive_read_support_format_raw)

struct archive_calls {
    CALLS(LIBRARY_POINTER)
};

#define ROW(name) LIBRARY_CALL(struct archive_calls, name)
static const struct library_call calls[] = {CALLS(ROW)};

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
    SIZE_BYTES = 4,   // of the size behind a payload
    GZIP_TRAILER = 8, // bytes of a gzip file's end: CRC-32, size
    CPIO_MAGIC = 6,
    PIECE = 1 << 16,      // bytes that are unpacked at a time
    NOTE_PVH_ENTRY = 18,  // XEN_ELFNOTE_PHYS32_ENTRY
    NOTE_ALIGNMENT = 4,   // bytes
    NOTES_MAX = 64 * 1024 // bytes of a segment of notes
};
static const char note_owner[] = "Xen";

typedef bool taker(const uint8_t *packed, size_t size, int out);

static bool is_gzip(const uint8_t *bytes, size_t size) {
    return size > GZIP_TRAILER && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

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

// All that comes out of the archive, with the CRC-32 of it.
static bool take_all(const struct archive_calls *lib, struct archive *a, int out, size_t *done,
                     uLong *crc) {
    uint8_t piece[PIECE];
    for (*done = 0;;) {
        const la_ssize_t n = lib->archive_read_data(a, piece, sizeof piece);
        if (n <= 0)
            return n == 0;
        *done += (size_t)n;
        *crc = crc32(*crc, piece, (uInt)n);
        if (*done > UNPACK_MAX || bytes_write(out, piece, (size_t)n) != 0)
            return false;
    }
}

// One compressed stream. What libarchive leaves to its caller is compared here: gzip's checksum.
static bool expand(const uint8_t *packed, size_t size, int out, size_t *done) {
    uLong crc = crc32(0, NULL, 0);
    struct archive_entry *entry = NULL;
    struct archive_calls lib;
    struct failure ignored;
    if (library_load(QEMU_GROW_LIBARCHIVE, calls, sizeof calls / sizeof *calls, &lib, &ignored) !=
        0)
        return false;
    struct archive *a = lib.archive_read_new();
    if (a == NULL)
        return false;
    bool good = lib.archive_read_support_filter_gzip(a) == ARCHIVE_OK &&
                lib.archive_read_support_filter_xz(a) == ARCHIVE_OK &&
                lib.archive_read_support_filter_lzma(a) == ARCHIVE_OK &&
                lib.archive_read_support_filter_zstd(a) == ARCHIVE_OK &&
                lib.archive_read_support_filter_lz4(a) == ARCHIVE_OK &&
                lib.archive_read_support_format_raw(a) == ARCHIVE_OK &&
                lib.archive_read_open_memory(a, packed, size) == ARCHIVE_OK &&
                lib.archive_read_next_header(a, &entry) == ARCHIVE_OK &&
                take_all(&lib, a, out, done, &crc);
    (void)lib.archive_read_free(a);
    if (good && is_gzip(packed, size))
        good = get_le32(packed + size - GZIP_TRAILER) == (uint32_t)crc;
    return good;
}

// What was written, as memory (munmap), or NULL.
static uint8_t *written(int out, size_t size) {
    void *bytes = size == 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ, MAP_SHARED, out, 0);
    return bytes == MAP_FAILED ? NULL : bytes;
}

static bool take_kernel(const uint8_t *image, size_t size, int out) {
    size_t begin = 0;
    size_t length = 0;
    size_t done = 0;
    if (!unpack_payload(image, size, &begin, &length))
        return false;
    const uint8_t *packed = image + begin;
    // gzip has the size within its own end.
    const size_t behind = is_gzip(packed, length) ? 0 : SIZE_BYTES;
    if (!expand(packed, length - behind, out, &done) ||
        get_le32(packed + length - SIZE_BYTES) != (uint32_t)done)
        return false;
    uint8_t *elf = written(out, done);
    const bool good = elf != NULL && unpack_is_startable(elf, done);
    if (elf != NULL)
        (void)munmap(elf, done);
    return good;
}

static bool take_initramfs(const uint8_t *packed, size_t size, int out) {
    size_t done = 0;
    if (!is_gzip(packed, size) || !expand(packed, size, out, &done) || done < CPIO_MAGIC)
        return false;
    uint8_t *cpio = written(out, done);
    const bool good = cpio != NULL && (memcmp(cpio, "070701", CPIO_MAGIC) == 0 ||
                                       memcmp(cpio, "070702", CPIO_MAGIC) == 0);
    if (cpio != NULL)
        (void)munmap(cpio, done);
    return good;
}

// The child: a damaged file harms nobody but it, and the memory that it needs is given back.
static _Noreturn void work(int packed, int out, taker *take) {
    struct stat st;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (fstat(packed, &st) != 0 || st.st_size <= 0)
        _exit(1);
    const uint8_t *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, packed, 0);
    _exit(bytes != MAP_FAILED && take(bytes, (size_t)st.st_size, out) ? 0 : 1);
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

static int unpack(int packed, const char *name, taker *take) {
    const int out = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (out < 0)
        return -1;
    if (worked(packed, out, take) && lseek(out, 0, SEEK_SET) == 0 &&
        fcntl(out, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
        return out;
    (void)close(out);
    return -1;
}

int unpack_kernel(int packed) {
    return unpack(packed, "kernel", take_kernel);
}

int unpack_initramfs(int packed) {
    return unpack(packed, "initramfs", take_initramfs);
}
