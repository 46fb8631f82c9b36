// What --iso can mean: a file, a release, a branch's newest release, the newest of all, or a URL.
#ifndef QEMU_GROW_ISO_SOURCE_H
#define QEMU_GROW_ISO_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

enum source_kind {
    SOURCE_FILE,    // a path
    SOURCE_RELEASE, // "3.20.3", "v3.20.3", "3.21.0_rc1"
    SOURCE_BRANCH,  // "3.20", "v3.20"
    SOURCE_LATEST,  // "latest"
    SOURCE_URL,     // has "://"
};

// What text means. A text that looks like a release is one, even when a file has that name: write
// ./3.20.3 for the file.
enum source_kind source_kind(const char *text);

// The text without the "v" that may lead a release or branch.
const char *source_version(const char *text);

// Whether text is a release ("3.20.3") or a branch ("3.20"), without a leading "v".
bool source_is_release(const char *text);
bool source_is_branch(const char *text);

// Bytes of a release that are its branch: 4 of "3.20.3".
size_t source_branch_length(const char *release);

// Less than, equal to or greater than 0 as release a is older than, the same as or newer than b.
int source_compare(const char *a, const char *b);

#endif
