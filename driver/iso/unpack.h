// Kernel and initramfs without their compression. Under emulation the guest takes seconds to unpack
// them, the host's processor a fraction of one.
#ifndef QEMU_GROW_ISO_UNPACK_H
#define QEMU_GROW_ISO_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// All take the descriptor of a whole file. False or -1: it stays packed, and who starts it has to
// unpack it, as it would anyway. So it is with anything that is not exactly what is expected. The
// work is done in a process of its own.
//
// out: an empty file to read and write, which gets what was packed, or anything.
//
// A bzImage: the kernel in it, an ELF file that QEMU can start (PVH).
bool unpack_kernel(int packed, int out);
// An initramfs that is one gzip file.
bool unpack_initramfs(int packed, int out);

// One of both into memory that has a descriptor but no name, sealed and close-on-exec (to be
// closed). name: for people who look into /proc.
int unpack_sealed(int packed, const char *name, bool unpack(int packed, int out));

// Where a bzImage of so many bytes has its compressed kernel, with the size that follows it. False:
// it is none, or has none.
bool unpack_payload(const uint8_t *image, size_t size, size_t *begin, size_t *length);

// Whether `size` bytes are an ELF file for this processor whose segments and notes are in it, one
// of them the note that tells where a kernel is entered by PVH.
bool unpack_is_startable(const uint8_t *elf, size_t size);

#endif
