// The options of the command line, as one table and one struct.
//
// Everything that lists options (parsing, --help, the man page, the shells' completions, the tests)
// reads option_rows.
#ifndef QEMU_GROW_OPTIONS_OPTIONS_H
#define QEMU_GROW_OPTIONS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "iso/trust.h"

// What main is asked to do.
enum action {
    ACTION_GROW,
    ACTION_HELP,
    ACTION_VERSION,
    ACTION_RECOVER,       // --recover: undo or finish what a run that was cut off has left
    ACTION_CHECK_SCRIPTS, // --check-scripts: load every dialogue file, report mistakes, do no more
    ACTION_LIST_STATES,   // --list-states: what --interact and --pause-at can name
    ACTION_FETCH,         // --fetch: get the ISO into the cache, do no more
    ACTION_LIST_ISOS,     // --list-isos: what is known and what is in the cache
    ACTION_CLEAR_CACHE,   // --clear-cache
    ACTION_EXPLAIN,       // --explain: what became of a recorded run
    ACTION_BUNDLE,        // --bundle: a recording and more, in one file
    ACTION_REPLAY,        // --replay: a recording, to a terminal
    ACTION_GUEST,         // --guest: a recording in QEMU's place
    ACTION_PLAY,          // --play: that recording (hidden)
    ACTION_MAN,           // --print=man       (used by the build)
    ACTION_COMPLETION,    // --print=bash|zsh|fish (used by the build); which in print_what
    ACTION_README,        // --print=readme: README.md's tables of options and exit codes
};

// How the guest is brought to where the disk can be grown, from the slowest to the quickest.
enum route { ROUTE_RUNBOOK, ROUTE_SINGLE, ROUTE_EARLY, ROUTE_DIRECT, ROUTE_WARM, ROUTE_COUNT };
enum attach { ATTACH_HDA, ATTACH_VIRTIO, ATTACH_USB };
enum moment { MOMENT_SINGLE, MOMENT_INIT, MOMENT_LOGIN, MOMENT_NO };    // of SEQ and LOG
enum plug { PLUG_BOOT, PLUG_SINGLE, PLUG_INIT, PLUG_LOGIN, PLUG_LATE }; // when USB is plugged in
enum plug_by { PLUG_BY_DEVICE, PLUG_BY_DRIVE };                         // how
enum runbook_kind { RUNBOOK_MD, RUNBOOK_EXPECT };                       // --runbook
enum colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

// Values of an option that may be given more than once.
struct option_list {
    const char **at;
    size_t count;
};

// Strings point into argv, the environment or static text, and live as long as those; only
// lists are allocated (options_free).
struct options {
    enum action action;
    char **argv;            // all of the command line
    const char *print_what; // for --print: "man", "bash", "zsh", "fish", "readme"
    bool plan_only;         // --plan: say what would be done, do no more
    bool json;              // --json: the plan for programs
    bool runbook_given;
    enum runbook_kind runbook; // --runbook: print the way by hand or as a script, do no more
    const char *disk;          // as the user gave it
    const char *size;          // as the user gave it, e.g. "8G", "+512M"
    enum attach attach;        // default hda
    enum route route;          // default runbook; with --fast the quickest that the others allow
    enum moment seq;           // default login; on other routes than the runbook's there is none
    enum moment log;           // default no
    enum plug plug;            // default late; only for usb
    enum plug_by plug_by;      // default device; only for usb
    bool attach_given;
    bool plug_given;
    bool plug_by_given;
    bool route_given;
    bool seq_given;
    bool fast; // --fast
    bool debug_init;
    const char *append; // further kernel arguments, or NULL
    bool kmsg_mark;
    bool console; // --console: kernel messages on the serial console while booting
    bool dmesg;
    bool verbose_services;
    bool in_place;      // --in-place: the guest works on the disk itself
    const char *iso;    // or NULL: the catalogue's default
    const char *sha256; // or NULL
    enum trust trust;   // the least that is accepted; default signed
    const char *mirror; // or NULL: the catalogue's
    const char *isos;   // folder of the catalogue, or NULL: found by the program
    bool allow_http;
    bool trust_given;
    bool offline;
    bool no_cache;
    bool no_transcript;
    bool speed_given, step;
    bool no_warm;           // --no-warm: no prepared guest is used or made
    unsigned memory_mib;    // default 192
    double timeout_scale;   // default 1
    unsigned max_time_s;    // seconds, or 0: none
    const char *accel;      // or NULL: QEMU's own default
    const char *qemu;       // --qemu, else $QEMU, else "qemu-system-x86_64"
    const char *qemu_img;   // --qemu-img, else $QEMU_IMG, else "qemu-img"
    const char *format;     // or NULL: probe
    const char *scripts;    // --scripts, or NULL: found by the program
    const char *transcript; // a folder, or NULL: among those of this user
    const char *explain;    // a folder, or "last"
    const char *bundle;     // a file; the folder is `disk`, or NULL: the last recording
    const char *replay;     // a folder
    double speed;
    const char *guest;         // a folder
    uint64_t cut;              // a seed, or 0
    const char *play;          // SOCKET:DIR
    struct option_list redact; // allocated: options_free
    const char *mdev_log;      // or NULL
    const char *proof;         // --proof, or NULL
    const char *interact;      // --interact: on-failure or a state, or NULL
    const char *pause_at;      // --pause-at: a state, or NULL
    const char *page;          // --report, or NULL
    int verbosity;             // -1 with -q, 0, 1 with -v
    enum colour colour;        // --color, else NO_COLOR, else auto
    char **qemu_args; // NULL-terminated: $QEMUFLAGS split at blanks, then what follows `--`
};

// Reads argv (and the environment) into *o. Checks what can be told from the command line alone:
// unknown options and values (naming the nearest known one), missing or surplus arguments, options
// that have no meaning together (--seq on a route without mdev, --plug without usb, --plug=single
// with neither SEQ nor LOG there is fine: it makes the boot stop there, too). Returns 0, or -1 with
// EXIT_ID_USAGE. `qemu-grow [OPTIONS] DISK SIZE [-- QEMU-ARGS...]`; the first `--` ends the options
// for DISK and SIZE when DISK or SIZE are still missing (so `-- -disk.img 8G` works), a further one
// begins QEMU's.
int options_parse(struct options *o, int argc, char **argv, struct failure *f);
void options_free(struct options *o);

// Whether the action only prints something that is known at once: the help and its like.
bool action_is_print(enum action action);

// The words of each enum, in its order, NULL-terminated, lower case: for variables, help and
// errors.
extern const char *const attach_words[];
extern const char *const route_words[];
extern const char *const moment_words[];
extern const char *const plug_words[];
extern const char *const plug_by_words[];

#endif
