// The program's version; the build's definition comes first.
#ifndef QEMU_GROW_OPTIONS_VERSION_H
#define QEMU_GROW_OPTIONS_VERSION_H

#ifndef QEMU_GROW_VERSION
#define QEMU_GROW_VERSION "0.1.0"
#endif

#endif
