// A shared library that only some commands need, loaded when one does. Linked, libcurl and
// libarchive would cost each run the loading of twenty more libraries that they need themselves.
#ifndef QEMU_GROW_BASE_LIBRARY_H
#define QEMU_GROW_BASE_LIBRARY_H

#include <stddef.h>

#include "base/failure.h"

// A function of the library, and the offset of the pointer to it in the caller's struct of such
// pointers.
struct library_call {
    const char *name;
    size_t offset;
};

// A list of functions as LIST(EACH) makes both: the struct's members, which have the functions'
// names and types, and the rows of the table.
#define LIBRARY_POINTER(name) __typeof__ (&(name))(name);
#define LIBRARY_CALL(type, name) {#name, offsetof(type, name)},

// Loads the library (by the name that the program would be linked with) for as long as the program
// runs, and fills the pointers in. 0, or -1 with EXIT_ID_PROGRAM_MISSING when it is not there or
// not the one that the program was built with.
int library_load(const char *soname, const struct library_call *calls, size_t count, void *pointers,
                 struct failure *f);

#endif
