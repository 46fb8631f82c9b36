// One reader a format. Numbers are little-endian but in vpc.
#include "plan/subformat.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"

enum {
    VDI_TYPE = 76, // offset of the image type
    VDI_DYNAMIC = 1,
    VDI_STATIC = 2,
    VDI_HEAD = 512,
    VPC_FOOTER = 512, // bytes, at the file's end
    VPC_TYPE = 60,
    VPC_FIXED = 2,
    VPC_DYNAMIC = 3,
    VMDK_HEAD = 64 * 1024, // header and descriptor
    VMDK_FLAGS = 8,
    VMDK_ZEROED_GRAIN = 4,
    VHDX_REGIONS = 192 * 1024, // offset of the region table
    VHDX_TABLE = 64 * 1024,    // bytes of it, and of the metadata table
    VHDX_ROW = 32,             // bytes of a row of either
    VHDX_FIXED = 1,
    VHDX_PARENT = 2,
};

// The GUIDs of the metadata region, and in it of the file parameters and the sector size, as bytes.
static const uint8_t vhdx_metadata[16] = {0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b,
                                          0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e};
static const uint8_t vhdx_parameters[16] = {0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d,
                                            0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b};
static const uint8_t vhdx_sector_size[16] = {0x1d, 0xbf, 0x41, 0x81, 0x6f, 0xa9, 0x09, 0x47,
                                             0xba, 0x47, 0xf2, 0x33, 0xa8, 0xfa, 0xab, 0x5f};

static const char convert_it[] =
    "convert it first: qemu-img convert -O qcow2 DISK NEW.qcow2, and grow that";

typedef const char *reader(char text[SUBFORMAT_SIZE], int fd); // NULL, or why not

// Reads up to size bytes; what is beyond the file's end is zero. False when it cannot be read.
static bool read_at(int fd, uint8_t *bytes, size_t size, uint64_t offset) {
    memset(bytes, 0, size);
    return offset > INT64_MAX - size || bytes_read(fd, bytes, size, offset) >= 0;
}

static const char *read_vdi(char text[SUBFORMAT_SIZE], int fd) {
    uint8_t head[VDI_HEAD];
    if (!read_at(fd, head, sizeof head, 0))
        return "its header cannot be read";
    const uint32_t type = get_le32(head + VDI_TYPE);
    (void)snprintf(text, SUBFORMAT_SIZE, "static=%s", type == VDI_STATIC ? "on" : "off");
    return type == VDI_DYNAMIC || type == VDI_STATIC ? NULL
                                                     : "it is neither a dynamic nor a static image";
}

static const char *read_vpc(char text[SUBFORMAT_SIZE], int fd) {
    uint8_t footer[VPC_FOOTER];
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size < VPC_FOOTER ||
        !read_at(fd, footer, sizeof footer, (uint64_t)st.st_size - VPC_FOOTER) ||
        memcmp(footer, "conectix", 8) != 0)
        return "its footer cannot be read";
    const uint8_t type = footer[VPC_TYPE + 3]; // the last byte of a big-endian number
    // force_size: without it QEMU would make another size of the wanted one.
    (void)snprintf(text, SUBFORMAT_SIZE, "subformat=%s,force_size=on",
                   type == VPC_FIXED ? "fixed" : "dynamic");
    return type == VPC_FIXED || type == VPC_DYNAMIC ? NULL : "it has a parent";
}

// The value of `name = "value"` in a descriptor: letters, digits and '-'. False when there is none.
static bool descriptor_value(const char *descriptor, const char *name, char *value, size_t size) {
    const char *at = strstr(descriptor, name);
    if (at == NULL)
        return false;
    at += strlen(name);
    at += strspn(at, " =\"");
    const size_t length =
        strspn(at, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    if (length == 0 || length >= size)
        return false;
    (void)snprintf(value, size, "%.*s", (int)length, at);
    return true;
}

static const char *read_vmdk(char text[SUBFORMAT_SIZE], int fd) {
    static uint8_t head[VMDK_HEAD + 1];
    char type[32];
    char parent[16];
    char value[32];
    if (!read_at(fd, head, VMDK_HEAD, 0))
        return "its header cannot be read";
    if (memcmp(head, "KDMV", 4) != 0)
        return "it is made of several files";
    // The descriptor is text behind the binary header; the end of the buffer is a NUL.
    const uint8_t *start = memmem(head, VMDK_HEAD, "# Disk DescriptorFile", 21);
    const char *descriptor = (const char *)start;
    if (start == NULL || !descriptor_value(descriptor, "createType", type, sizeof type) ||
        !descriptor_value(descriptor, "parentCID", parent, sizeof parent))
        return "its descriptor cannot be read";
    if (strcmp(parent, "ffffffff") != 0)
        return "it has a parent";
    if (strcmp(type, "monolithicSparse") != 0 && strcmp(type, "streamOptimized") != 0)
        return "it is made of several files";
    int n = snprintf(text, SUBFORMAT_SIZE, "subformat=%s", type);
    static const char *const kept[][2] = {{"ddb.adapterType", "adapter_type"},
                                          {"ddb.virtualHWVersion", "hwversion"},
                                          {"ddb.toolsVersion", "toolsversion"}};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (descriptor_value(descriptor, kept[i][0], value, sizeof value))
            n += snprintf(text + n, SUBFORMAT_SIZE - (size_t)n, ",%s=%s", kept[i][1], value);
    if ((get_le32(head + VMDK_FLAGS) & VMDK_ZEROED_GRAIN) != 0)
        (void)snprintf(text + n, SUBFORMAT_SIZE - (size_t)n, ",zeroed_grain=on");
    return NULL;
}

// The row of a GUID in a table of rows that begin with one; NULL when there is none.
static const uint8_t *vhdx_row(const uint8_t *table, size_t first, const uint8_t guid[16]) {
    for (size_t at = first; at + VHDX_ROW <= VHDX_TABLE; at += VHDX_ROW)
        if (memcmp(table + at, guid, 16) == 0)
            return table + at;
    return NULL;
}

static const char *read_vhdx(char text[SUBFORMAT_SIZE], int fd) {
    static const char unread[] = "its metadata cannot be read";
    static uint8_t table[VHDX_TABLE];
    uint8_t parameters[8];
    uint8_t sector[4];
    if (!read_at(fd, table, sizeof table, VHDX_REGIONS) || memcmp(table, "regi", 4) != 0)
        return unread;
    const uint8_t *row = vhdx_row(table, 16, vhdx_metadata);
    if (row == NULL)
        return unread;
    const uint64_t metadata = get_le64(row + 16);
    if (metadata > INT64_MAX / 2 || !read_at(fd, table, sizeof table, metadata))
        return unread;
    row = vhdx_row(table, VHDX_ROW, vhdx_parameters);
    const uint8_t *size = vhdx_row(table, VHDX_ROW, vhdx_sector_size);
    if (row == NULL || size == NULL ||
        !read_at(fd, parameters, sizeof parameters, metadata + get_le32(row + 16)) ||
        !read_at(fd, sector, sizeof sector, metadata + get_le32(size + 16)))
        return unread;
    if (get_le32(sector) != 512)
        return "it has sectors of another size than 512 bytes";
    if ((get_le32(parameters + 4) & VHDX_PARENT) != 0)
        return "it has a parent";
    (void)snprintf(text, SUBFORMAT_SIZE, "subformat=%s,block_size=%" PRIu32,
                   (get_le32(parameters + 4) & VHDX_FIXED) != 0 ? "fixed" : "dynamic",
                   get_le32(parameters));
    return NULL;
}

static const struct {
    const char *format;
    reader *read;
} readers[] = {{"vdi", read_vdi}, {"vmdk", read_vmdk}, {"vpc", read_vpc}, {"vhdx", read_vhdx}};

bool subformat_needs_copy(const char *format) {
    return strcmp(format, "raw") != 0 && strcmp(format, "qcow2") != 0 && strcmp(format, "qed") != 0;
}

int subformat_options(char text[SUBFORMAT_SIZE], const char *format, int fd, struct failure *f) {
    const char *why = "no grown copy of it would be certain to be the same";
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (strcmp(format, readers[i].format) == 0)
            why = readers[i].read(text, fd);
    if (why == NULL)
        return 0;
    return failure_set(f, EXIT_ID_FORMAT_FIXED, convert_it,
                       "qemu-img cannot grow an image of the format %s in place, and %s", format,
                       why);
}

int subformat_check(const char *disk, const char *format, struct failure *f) {
    char options[SUBFORMAT_SIZE];
    struct stat st;
    const int fd = open(disk, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0) {
        const int saved = errno;
        if (fd >= 0)
            (void)close(fd);
        return failure_set(f, EXIT_ID_DISK_UNREADABLE, "check the path", "%s cannot be read: %s",
                           disk, strerror(saved));
    }
    int result = subformat_options(options, format, fd, f);
    if (result == 0 && st.st_nlink > 1)
        result = failure_set(f, EXIT_ID_COPY_REFUSED, convert_it,
                             "%s has %ju names (hard links), and a grown copy of a %s image could "
                             "take the place of one only",
                             disk, (uintmax_t)st.st_nlink, format);
    if (result == 0 && st.st_uid != geteuid() && geteuid() != 0)
        result = failure_set(f, EXIT_ID_COPY_REFUSED, "run this as its owner",
                             "%s belongs to another user, and a grown copy of a %s image would not",
                             disk, format);
    (void)close(fd);
    return result;
}
