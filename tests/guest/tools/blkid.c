/*
 * blkid: tells LABEL, UUID and TYPE of ext2/3/4 and ISO 9660 file systems, in the words of
 * busybox's blkid (Debian's busybox was built without it). With no argument: of every partition
 * that the kernel lists.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools.h"

static uint32_t le32(const unsigned char *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Prints one line for an ext file system's superblock. False when it is none. */
static int tell_ext(const char *device, const unsigned char *super) {
    enum { HAS_JOURNAL = 4, EXT4_INCOMPAT = 0x40 | 0x80 | 0x200, EXT4_RO_COMPAT = 0x478 };
    if (super[56] != 0x53 || super[57] != 0xEF)
        return 0;
    const char *type = "ext2";
    if ((le32(super + 96) & EXT4_INCOMPAT) != 0 || (le32(super + 100) & EXT4_RO_COMPAT) != 0)
        type = "ext4";
    else if ((le32(super + 92) & HAS_JOURNAL) != 0)
        type = "ext3";
    printf("%s:", device);
    if (super[120] != '\0')
        printf(" LABEL=\"%.16s\"", (const char *)super + 120);
    printf(" UUID=\"");
    for (int i = 0; i < 16; i++)
        printf("%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", super[104 + i]);
    printf("\" TYPE=\"%s\"\n", type);
    return 1;
}

/* Prints one line for an ISO 9660 primary volume descriptor. False when it is none. */
static int tell_iso9660(const char *device, const unsigned char *descriptor) {
    if (memcmp(descriptor + 1, "CD001", 5) != 0)
        return 0;
    int length = 32;
    while (length > 0 && descriptor[40 + length - 1] == ' ')
        length--;
    const char *date = (const char *)descriptor + 813; /* YYYYMMDDhhmmsscc */
    printf("%s: LABEL=\"%.*s\" UUID=\"%.4s-%.2s-%.2s-%.2s-%.2s-%.2s-%.2s\" TYPE=\"iso9660\"\n",
           device, length, (const char *)descriptor + 40, date, date + 4, date + 6, date + 8,
           date + 10, date + 12, date + 14);
    return 1;
}

static int tell(const char *device) {
    unsigned char block[2048];
    int fd = open(device, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    int told = pread(fd, block, 1024, 1024) == 1024 && tell_ext(device, block);
    if (!told)
        told = pread(fd, block, sizeof block, 32768) == (ssize_t)sizeof block &&
               tell_iso9660(device, block);
    close(fd);
    return told;
}

int blkid_main(int argc, char **argv) {
    int told = 0;
    for (int i = 1; i < argc; i++)
        told += tell(argv[i]);
    if (argc > 1)
        return told > 0 ? 0 : 2;
    FILE *partitions = fopen("/proc/partitions", "r");
    if (partitions == NULL)
        return 2;
    char line[256];
    while (fgets(line, sizeof line, partitions) != NULL) {
        char name[64], device[80];
        if (sscanf(line, "%*u %*u %*u %63s", name) == 1) {
            snprintf(device, sizeof device, "/dev/%s", name);
            told += tell(device);
        }
    }
    fclose(partitions);
    return told > 0 ? 0 : 2;
}
