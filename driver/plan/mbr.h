// The MBR partition table: 512 bytes, read and understood, never written.
#ifndef QEMU_GROW_PLAN_MBR_H
#define QEMU_GROW_PLAN_MBR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "plan/reason.h"

struct mbr_entry {
    uint8_t boot;   // 0x80 active, 0x00 not
    uint8_t type;   // 0x83 Linux ...; 0: the entry is not used
    uint32_t start; // LBA, sectors of 512 bytes
    uint32_t sectors;
};

struct mbr {
    uint8_t raw[512];
    uint32_t signature;        // disk signature at byte 440; PARTUUID is made of it
    struct mbr_entry entry[4]; // partition number - 1
};

// Takes the table apart, and adds to *r everything that it is to be refused for: no-mbr (no 55aa,
// or a file system's boot sector in its place), gpt, extended, no-partition, beyond-end, overlap
// and so on. *m is filled in each case. Returns 0, or -1 when there was something to refuse.
int mbr_take(struct mbr *m, const uint8_t bytes[512], uint64_t disk_sectors, struct reasons *r);

// The same with the first refusal as a failure: EXIT_ID_NO_MBR, EXIT_ID_GPT, EXIT_ID_EXTENDED,
// EXIT_ID_NO_PARTITION, EXIT_ID_TABLE_INCONSISTENT.
int mbr_read(struct mbr *m, const uint8_t bytes[512], uint64_t disk_sectors, struct failure *f);

// A GPT header in sector 1 (the 512 bytes of it are given) behind an MBR that does not tell of one:
// returns 0 when there is none, or -1 with the reason gpt-header.
int mbr_check_gpt(const uint8_t sector[512], struct reasons *r);

// Number (1..4) of the used entry that ends last by LBA; 0 if there is none.
int mbr_last(const struct mbr *m);

// Whether the table can be worked with in spite of what it is refused for: it is one, the entry
// that ends last is no extended partition, and lies within the disk.
bool mbr_is_usable(const struct mbr *m, uint64_t disk_sectors);

// Number of used entries.
int mbr_count(const struct mbr *m);

#endif
