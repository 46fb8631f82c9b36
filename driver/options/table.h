// The one table of options: what parsing, --help, the man page, the completions and the tests read.
#ifndef QEMU_GROW_OPTIONS_TABLE_H
#define QEMU_GROW_OPTIONS_TABLE_H

#include <stddef.h>

#include "options/options.h"

// What an option's value is, and so how it is stored in struct options.
enum option_kind {
    KIND_ACTION,    // no value; the field becomes row.value
    KIND_VERBOSITY, // no value; the field becomes row.value
    KIND_FLAG,      // no value; the bool becomes true
    KIND_WORD,      // one of row.words in any case; the enum becomes its index
    KIND_TEXT,      // any text but the empty one
    KIND_DEED,      // any text but the empty one; decides the action, too: row.value
    KIND_SEED,      // a whole number above 0; the field is a uint64_t
    KIND_LIST,      // any text but the empty one; added to the list
    KIND_MIB,       // a decimal number from MEMORY_MIN to MEMORY_MAX
    KIND_FACTOR,    // a decimal number from FACTOR_MIN to FACTOR_MAX; the field is a double
    KIND_DURATION,  // a whole number of seconds, or of what a unit behind it says; in seconds
    KIND_KERNEL,    // a text that ISOLINUX's line can take; an empty one counts as not given
    KIND_PRINT,     // one of row.words; decides the action, too
};

enum { MEMORY_MIN = 64, MEMORY_MAX = 1048576 }; // MiB
#define FACTOR_MIN 0.001
#define FACTOR_MAX 1000.0
enum { DURATION_MAX = 30 * 24 * 3600 }; // seconds
enum { APPEND_MAX = 200 };              // bytes of --append

// Headings under which --help and the man page list the options. GROUP_HIDDEN is listed nowhere.
enum option_group { GROUP_WAY, GROUP_ISO, GROUP_QEMU, GROUP_SHOWN, GROUP_OTHER, GROUP_HIDDEN };

// What a shell offers for an option's value when there are no words.
enum option_files { FILES_NONE, FILES_ANY, FILES_FOLDERS, FILES_PROGRAMS };

struct option_row {
    const char *name;        // long name without dashes
    char letter;             // short name, or 0
    enum option_kind kind;   // of the value
    enum option_group group; // where it is listed
    int value;               // for KIND_ACTION, KIND_DEED and KIND_VERBOSITY
    enum option_files files; // for completion
    size_t field;            // offset in struct options
    size_t given;            // offset of the bool that says that it was given, or 0: there is none
    const char *argument;    // the value's name in help, or NULL: the words themselves, or no value
    const char *const *words; // the known words, or (KIND_TEXT) words that completion proposes
    const char *fallback;     // the default, as if it had been given; or NULL
    const char *absent;       // what happens without the option, where that is no value; or NULL
    const char *env;          // environment variable that comes before the default, or NULL
    const char *env_word;     // what the option is when that variable is not empty; NULL: its value
    const char *help;         // one line for --help and the completions
    const char *more;         // whole sentences for the man page
};

extern const struct option_row option_rows[];
extern const size_t option_count;
extern const char *const option_group_names[GROUP_HIDDEN];

// Whether the option takes a value.
bool option_has_value(const struct option_row *row);

// Writes the option's value as help shows it ("hda|virtio|usb", "FILE") into text; "" for none.
void option_value_text(const struct option_row *row, char *text, size_t size);

#endif
