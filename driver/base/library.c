// dlopen and dlsym.
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

int library_load(const char *soname, const struct library_call *calls, size_t count, void *pointers,
                 struct failure *f) {
    void *library = dlopen(soname, RTLD_LAZY | RTLD_LOCAL);
    for (size_t i = 0; library != NULL && i < count; i++) {
        void *address = dlsym(library, calls[i].name);
        if (address == NULL)
            library = NULL;
        memcpy((char *)pointers + calls[i].offset, &address, sizeof address);
    }
    if (library != NULL)
        return 0;
    const char *why = dlerror();
    return failure_set(f, EXIT_ID_PROGRAM_MISSING, "install that library",
                       "the library %s, which this needs, cannot be loaded: %s", soname,
                       why == NULL ? "no reason given" : why);
}
