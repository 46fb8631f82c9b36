// The rows of the table of options, and the words that their values may have.
#include "options/table.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const char *const attach_words[] = {"hda", "virtio", "usb", NULL};
const char *const route_words[] = {"runbook", "single", "early", "direct", "warm", NULL};
const char *const moment_words[] = {"single", "init", "login", "no", NULL};
const char *const plug_words[] = {"boot", "single", "init", "login", "late", NULL};
const char *const plug_by_words[] = {"device", "drive", NULL};
static const char *const runbook_words[] = {"md", "expect", NULL};
static const char *const colour_words[] = {"auto", "always", "never", NULL};
static const char *const print_words[] = {"man", "bash", "zsh", "fish", "readme", NULL};
// Only proposed by completion: there are folders, too.
static const char *const last_words[] = {"last", NULL};
// Only proposed by completion: there are states, too.
static const char *const interact_words[] = {"on-failure", NULL};
// Only proposed by completion: QEMU knows more.
static const char *const accel_words[] = {"auto", "tcg", "kvm", NULL};
static const char *const format_words[] = {"raw", "qcow2", "qed", "vmdk",
                                           "vdi", "vhdx",  "vpc", NULL};

const char *const option_group_names[GROUP_HIDDEN] = {
    [GROUP_WAY] = "The way through the runbook", [GROUP_ISO] = "The ISO and how it is trusted",
    [GROUP_QEMU] = "QEMU and its files",         [GROUP_SHOWN] = "What is shown and kept",
    [GROUP_OTHER] = "Instead of growing a disk",
};

static_assert(offsetof(struct options, action) == 0, "offset 0 stands for `no such field`");
#define FIELD(name) offsetof(struct options, name)

const struct option_row option_rows[] = {
    {.name = "attach",
     .kind = KIND_WORD,
     .field = FIELD(attach),
     .given = FIELD(attach_given),
     .words = attach_words,
     .fallback = "hda",
     .group = GROUP_WAY,
     .help = "how QEMU reaches the disk",
     .more = "With hda the disk is on the first IDE channel, which is the most compatible way. "
             "With virtio it is a virtio block device; the guest's fdisk may warn of too many "
             "cylinders, which does no harm. "
             "With usb it is a USB stick that is plugged in at the moment that --plug names."},
    {.name = "route",
     .kind = KIND_WORD,
     .field = FIELD(route),
     .given = FIELD(route_given),
     .words = route_words,
     .fallback = "runbook",
     .group = GROUP_WAY,
     .help = "how far the guest boots before the disk is grown",
     .more =
         "With runbook it boots to its login, as the runbook has it. "
         "With single all is done in the shell of the initramfs' single mode. "
         "With early the kernel's first process is a shell, and the CD is mounted by hand. "
         "With direct QEMU itself starts that kernel, without firmware and boot loader; it is "
         "taken out of the ISO and unpacked once, and then kept in the cache. "
         "With warm a guest that was prepared once as with direct, and saved in the cache, goes on "
         "from there, and the disk is plugged in: as a virtio disk, or with --attach=usb as "
         "a USB stick. "
         "What is done to the disk, and how it is proved, is the same on each. "
         "A route that fails before anything was written gives way to the one before it in "
         "this list, and says so."},
    {.name = "fast",
     .kind = KIND_FLAG,
     .field = FIELD(fast),
     .group = GROUP_WAY,
     .help = "take the quickest route on which the other options have a meaning",
     .more = "A route that fails before anything was written gives way to the next slower one, "
             "and says so."},
    {.name = "seq",
     .kind = KIND_WORD,
     .field = FIELD(seq),
     .given = FIELD(seq_given),
     .words = moment_words,
     .fallback = "login",
     .group = GROUP_WAY,
     .help = "when mdev begins to keep events in order",
     .more = "mdev is the guest's device manager. "
             "The word single stands for the shell of the initramfs' single mode, init for a shell "
             "in place of "
             "/sbin/init, login for the time after the boot, and no for never."},
    {.name = "log",
     .kind = KIND_WORD,
     .field = FIELD(log),
     .words = moment_words,
     .fallback = "no",
     .group = GROUP_WAY,
     .help = "when mdev begins to log",
     .more = "The moments are those of --seq, and the two do not depend on each other. "
             "The log is brought out of the guest into the file that --mdev-log names."},
    {.name = "plug",
     .kind = KIND_WORD,
     .field = FIELD(plug),
     .given = FIELD(plug_given),
     .words = plug_words,
     .fallback = "late",
     .group = GROUP_WAY,
     .help = "when the USB disk is plugged in (only with --attach=usb)",
     .more = "The word boot stands for the boot loader's prompt, single and init for the shells of "
             "--seq and "
             "--log (the boot then stops there in any case), login for the time after the login, "
             "and late for the "
             "last moment before the disk is looked for. "
             "Before the login, the guest's initramfs may mount every file system of the disk "
             "read-only for a "
             "moment, which may replay a journal."},
    {.name = "plug-by",
     .kind = KIND_WORD,
     .field = FIELD(plug_by),
     .given = FIELD(plug_by_given),
     .words = plug_by_words,
     .fallback = "device",
     .group = GROUP_WAY,
     .help = "how the USB disk is plugged in (only with --attach=usb)",
     .more = "With device QEMU opens the image when it starts, and the monitor's device_add plugs "
             "it in. "
             "With drive the monitor's drive_add opens the image just before that."},
    {.name = "debug-init",
     .kind = KIND_FLAG,
     .field = FIELD(debug_init),
     .group = GROUP_WAY,
     .help = "let the initramfs log what it does (debug_init)",
     .more = "Puts debug_init on the kernel's command line."},
    {.name = "console",
     .kind = KIND_FLAG,
     .field = FIELD(console),
     .group = GROUP_WAY,
     .help = "show the kernel's messages while it boots (console=ttyS0)",
     .more = "Puts console=ttyS0 on the kernel's command line. "
             "It is there in any case when the boot stops in a shell."},
    {.name = "append",
     .kind = KIND_KERNEL,
     .field = FIELD(append),
     .argument = "ARGS",
     .group = GROUP_WAY,
     .help = "further arguments for the kernel's command line",
     .more =
         "At most 200 printable ASCII characters, which are typed at the boot loader's prompt."},
    {.name = "kmsg-mark",
     .kind = KIND_FLAG,
     .field = FIELD(kmsg_mark),
     .group = GROUP_WAY,
     .help = "mark in the kernel's log when fdisk ended",
     .more = "The mark is the guest's date, written to /dev/kmsg, to be compared with mdev's log."},
    {.name = "dmesg",
     .kind = KIND_FLAG,
     .field = FIELD(dmesg),
     .group = GROUP_WAY,
     .help = "show the kernel's last messages after fdisk",
     .more = "Runs dmesg | tail -n3 in the guest."},
    {.name = "verbose-services",
     .kind = KIND_FLAG,
     .field = FIELD(verbose_services),
     .group = GROUP_WAY,
     .help = "give rc-service its option -v",
     .more = "Has an effect when --seq or --log is login."},

    {.name = "in-place",
     .kind = KIND_FLAG,
     .field = FIELD(in_place),
     .group = GROUP_WAY,
     .help = "let the guest work on the disk itself, without an overlay",
     .more = "This is what the runbook does to the letter: qemu-img resize, then the guest. "
             "It needs no room for an overlay. "
             "What is lost: a run that fails or is killed leaves the disk in the middle of the "
             "work, and what the proof finds wrong has been written already."},

    {.name = "iso",
     .kind = KIND_TEXT,
     .field = FIELD(iso),
     .argument = "ISO",
     .files = FILES_ANY,
     .absent = "the release that the catalogue names",
     .group = GROUP_ISO,
     .help = "Alpine's live CD: a file, 3.20.3, 3.20, latest, or a URL",
     .more = "The guest is booted from it. "
             "A file is used as it is. "
             "A release such as 3.20.3, the newest release of a branch such as 3.20, the newest of "
             "all by the word latest, and a URL are fetched into the cache, unless they are there. "
             "Write ./3.20.3 for a file of that name. "
             "How the ISO is known to be genuine is said in one line."},
    {.name = "sha256",
     .kind = KIND_TEXT,
     .field = FIELD(sha256),
     .argument = "HEX",
     .group = GROUP_ISO,
     .help = "the SHA-256 that the ISO must have",
     .more = "An ISO with this digest counts as pinned, wherever it is from."},
    {.name = "trust",
     .kind = KIND_WORD,
     .field = FIELD(trust),
     .given = FIELD(trust_given),
     .words = trust_words,
     .fallback = "signed",
     .group = GROUP_ISO,
     .help = "the least that must vouch for the ISO",
     .more = "An ISO is pinned when its SHA-256 is in the catalogue or was given. "
             "It is signed when its signature is a good one of the release key. "
             "With checksum it is enough that its own server has a checksum of it, and with none "
             "that it is there. "
             "More than what is asked for is always tried first, and a signature that is not good "
             "is refused in any case. "
             "A file of your own must meet this only when the option is given; its signature or "
             "checksum is then looked for beside it."},
    {.name = "mirror",
     .kind = KIND_TEXT,
     .field = FIELD(mirror),
     .argument = "URL",
     .absent = "those of the catalogue, one after the other",
     .group = GROUP_ISO,
     .help = "where releases are fetched from",
     .more = "The part of a mirror's URL that comes before v3.20/releases."},
    {.name = "isos",
     .kind = KIND_TEXT,
     .field = FIELD(isos),
     .argument = "DIR",
     .files = FILES_FOLDERS,
     .absent = "that of the source tree or of the installation",
     .group = GROUP_ISO,
     .help = "folder that holds catalogue.yaml, the known ISOs",
     .more = "What stands in ~/.config/qemu-grow/isos.yaml comes before it."},
    {.name = "offline",
     .kind = KIND_FLAG,
     .field = FIELD(offline),
     .group = GROUP_ISO,
     .help = "never use the network: the ISO must be in the cache",
     .more = "A branch and the word latest then mean the newest release in the cache."},
    {.name = "no-cache",
     .kind = KIND_FLAG,
     .field = FIELD(no_cache),
     .group = GROUP_ISO,
     .help = "fetch the ISO for this run only",
     .more = "The cache is neither read nor written. "
             "The ISO is kept below TMPDIR until the run ends."},
    {.name = "no-warm",
     .kind = KIND_FLAG,
     .field = FIELD(no_warm),
     .group = GROUP_WAY,
     .help = "neither use nor make a prepared guest",
     .more = "With --fast the route direct is then the quickest."},
    {.name = "allow-http",
     .kind = KIND_FLAG,
     .field = FIELD(allow_http),
     .group = GROUP_ISO,
     .help = "allow http where only https would do",
     .more = "What vouches for the ISO is not changed by it."},

    {.name = "memory",
     .letter = 'm',
     .kind = KIND_MIB,
     .field = FIELD(memory_mib),
     .argument = "MiB",
     .fallback = "192",
     .group = GROUP_QEMU,
     .help = "the guest's memory",
     .more = "In MiB, from 64 to 1048576."},
    {.name = "accel",
     .kind = KIND_TEXT,
     .field = FIELD(accel),
     .argument = "NAME",
     .words = accel_words,
     .absent = "QEMU's own default",
     .group = GROUP_QEMU,
     .help = "QEMU's accelerator",
     .more =
         "Passed to QEMU as it is, such as tcg or kvm. "
         "With auto, which --fast implies unless an argument for QEMU itself chooses one, a guest "
         "without a disk is started under each that QEMU offers, once, and the first at its "
         "shell is taken; one that hangs has lost when the emulation has got there. "
         "The verdict is remembered in the cache for this host, its kernel and its QEMU; -v "
         "shows it."},
    {.name = "qemu",
     .kind = KIND_TEXT,
     .field = FIELD(qemu),
     .argument = "PATH",
     .files = FILES_PROGRAMS,
     .fallback = "qemu-system-x86_64",
     .env = "QEMU",
     .group = GROUP_QEMU,
     .help = "the emulator",
     .more = "A path, or a name that is looked for in PATH."},
    {.name = "qemu-img",
     .kind = KIND_TEXT,
     .field = FIELD(qemu_img),
     .argument = "PATH",
     .files = FILES_PROGRAMS,
     .fallback = "qemu-img",
     .env = "QEMU_IMG",
     .group = GROUP_QEMU,
     .help = "the program that resizes the image",
     .more = "A path, or a name that is looked for in PATH."},
    {.name = "format",
     .letter = 'f',
     .kind = KIND_TEXT,
     .field = FIELD(format),
     .argument = "NAME",
     .words = format_words,
     .absent = "found by qemu-img",
     .group = GROUP_QEMU,
     .help = "the image's format, such as raw or qcow2",
     .more = "QEMU is told the format in any case and is never left to guess it. "
             "Name the format when the image comes from somebody who is not trusted: the bytes of "
             "a raw image can look like another format."},

    {.name = "timeout-scale",
     .kind = KIND_FACTOR,
     .field = FIELD(timeout_scale),
     .argument = "FACTOR",
     .fallback = "1",
     .group = GROUP_QEMU,
     .help = "more patience (above 1) or less with a guest without progress",
     .more =
         "How fast the guest is on this host is measured, and how long it may be without "
         "progress follows from that. "
         "Above 1 this time is multiplied. "
         "Below 1 a guest that is measured to be faster than an ordinary one, such as under KVM, "
         "is given less, down to that part. "
         "From 0.001 to 1000."},
    {.name = "max-time",
     .kind = KIND_DURATION,
     .field = FIELD(max_time_s),
     .argument = "TIME",
     .absent = "no limit",
     .group = GROUP_QEMU,
     .help = "end the run after TIME, such as 90, 15m or 2h",
     .more = "In seconds, or with s, m, h or d behind the number. "
             "The run ends as by SIGTERM: QEMU is ended in order, and a step that must not be cut "
             "off (with --in-place the growing of the file system) is finished first."},

    {.name = "scripts",
     .kind = KIND_TEXT,
     .field = FIELD(scripts),
     .argument = "DIR",
     .files = FILES_FOLDERS,
     .absent = "those of the source tree or of the installation",
     .group = GROUP_SHOWN,
     .help = "folder that holds dialogues/, the dialogue files",
     .more = "A mistake in one of them is reported with its line before anything is done."},
    {.name = "transcript",
     .kind = KIND_TEXT,
     .field = FIELD(transcript),
     .argument = "DIR",
     .files = FILES_FOLDERS,
     .absent = "a folder of its own in ~/.local/state/qemu-grow, the last 20 kept",
     .group = GROUP_SHOWN,
     .help = "record the run in the folder DIR, which is made",
     .more = "It gets the console's bytes both ways (output.log, input.log), when they came "
             "(timing.log, for scriptreplay), the session as an asciicast (session.cast), what "
             "was seen, typed and done (events.jsonl), and mdev.log. "
             "All is written as it comes. "
             "Without the option the folder is a new one below $XDG_STATE_HOME."},
    {.name = "no-transcript",
     .kind = KIND_FLAG,
     .field = FIELD(no_transcript),
     .group = GROUP_SHOWN,
     .help = "record nothing",
     .more = "No folder is made."},
    {.name = "redact",
     .kind = KIND_LIST,
     .field = FIELD(redact),
     .argument = "REGEX",
     .group = GROUP_SHOWN,
     .help = "keep what REGEX matches out of the recording; may be given more than once",
     .more = "A regular expression as PCRE2 has them, of bytes. "
             "Each byte of a match becomes an asterisk, so how long it was can be told; a match "
             "of more than 4096 bytes is not found. "
             "What is typed at a prompt that ends in \"Password:\" is kept out in any case."},
    {.name = "mdev-log",
     .kind = KIND_TEXT,
     .field = FIELD(mdev_log),
     .argument = "FILE",
     .files = FILES_ANY,
     .absent = "mdev.log in the folder of --transcript, else DISK's name with .mdev.log behind it",
     .group = GROUP_SHOWN,
     .help = "where the guest's mdev.log goes (not with --log=no)",
     .more = "The log is brought out just before the guest is powered off."},
    {.name = "proof",
     .kind = KIND_TEXT,
     .field = FIELD(proof),
     .argument = "FILE",
     .files = FILES_ANY,
     .group = GROUP_SHOWN,
     .help = "write the proof to FILE, as JSON",
     .more = "It holds the plan, every check with what was planned and what was found, e2fsck's "
             "words and repairs, versions, digests and times; also of a proof that failed."},
    {.name = "interact",
     .kind = KIND_TEXT,
     .field = FIELD(interact),
     .argument = "on-failure|STATE",
     .words = interact_words,
     .group = GROUP_SHOWN,
     .help = "give you the guest's console when the run fails, or before STATE",
     .more = "STATE is one that --list-states shows, such as fdisk/write. "
             "The console is raw and every key goes to the guest, Ctrl-C too; Ctrl-] gives it "
             "back. "
             "Then Enter has the dialogue go on, after a proof that the console is at the prompt "
             "that it needs; a run that failed is tried again from what was typed last. "
             "What you type is recorded, and the proof decides as always. "
             "Standard input and output must be a terminal."},
    {.name = "pause-at",
     .kind = KIND_TEXT,
     .field = FIELD(pause_at),
     .argument = "STATE",
     .group = GROUP_SHOWN,
     .help = "wait for Enter before STATE",
     .more = "STATE is one that --list-states shows. "
             "The console can be had there, too."},
    {.name = "report",
     .kind = KIND_TEXT,
     .field = FIELD(page),
     .argument = "FILE",
     .files = FILES_ANY,
     .group = GROUP_SHOWN,
     .help = "show the run in FILE, a page of HTML",
     .more =
         "It holds a time line of the steps, the console, the disk's input and output and mdev's "
         "events, the disk's map before and after, the words of e2fsck and resize2fs, the "
         "proof, and the transcript, which can be searched; of a run that failed, why. "
         "The page is one file and loads nothing. "
         "Of a console of more than 2 MiB it holds the first 512 KiB and the last 1536 KiB. "
         "It is made of the recording, so that --no-transcript excludes it, and "
         "--report=FILE --explain=DIR makes it later."},
    {.name = "quiet",
     .letter = 'q',
     .kind = KIND_VERBOSITY,
     .field = FIELD(verbosity),
     .value = -1,
     .group = GROUP_SHOWN,
     .help = "show errors only",
     .more = "Of --quiet and --verbose, the last one counts."},
    {.name = "verbose",
     .letter = 'v',
     .kind = KIND_VERBOSITY,
     .field = FIELD(verbosity),
     .value = 1,
     .group = GROUP_SHOWN,
     .help = "show what is typed and seen, too",
     .more = "Of --quiet and --verbose, the last one counts."},
    {.name = "color",
     .kind = KIND_WORD,
     .field = FIELD(colour),
     .words = colour_words,
     .fallback = "auto",
     .env = "NO_COLOR",
     .env_word = "never",
     .group = GROUP_SHOWN,
     .help = "whether colours are used",
     .more = "With auto they are used on a terminal."},

    {.name = "plan",
     .kind = KIND_FLAG,
     .field = FIELD(plan_only),
     .group = GROUP_OTHER,
     .help = "say what would be done, and all that stands against it; start nothing",
     .more = "Takes DISK and SIZE and all options of a run, and only reads. "
             "The exit code is that of the first reason to refuse the disk, 3 when the disk has "
             "been grown already, else 0."},
    {.name = "json",
     .kind = KIND_FLAG,
     .field = FIELD(json),
     .group = GROUP_OTHER,
     .help = "print the plan for programs (only with --plan)",
     .more = "The plan is one JSON object on standard output; see THE PLAN below."},
    {.name = "runbook",
     .kind = KIND_WORD,
     .field = FIELD(runbook),
     .given = FIELD(runbook_given),
     .words = runbook_words,
     .group = GROUP_OTHER,
     .help = "print the way to do it without this program; start nothing",
     .more = "Takes DISK and SIZE and all options of a run, and only reads. "
             "With md the procedure for a person, as Markdown: for this disk and these choices, "
             "with the plan's numbers, key by key from the dialogue files. "
             "With expect a script that expect(1) runs with the same result, as careful as such a "
             "script can be; called with --help it lists its options. "
             "With md and a recording (see --transcript; last is the newest) instead of DISK and "
             "SIZE: what was done in that run, with its times and what the guest printed. "
             "The exit code is that of --plan."},
    {.name = "recover",
     .kind = KIND_ACTION,
     .field = FIELD(action),
     .value = ACTION_RECOVER,
     .group = GROUP_OTHER,
     .help = "undo or finish a run on DISK that was cut off",
     .more = "Takes DISK and no SIZE. "
             "A run that had not begun to write to the disk is undone: its overlay is removed. "
             "One that had begun is finished: the proved overlay is committed again, and the disk "
             "is proved. "
             "Where there is nothing to be done it says so and succeeds."},
    {.name = "fetch",
     .kind = KIND_ACTION,
     .field = FIELD(action),
     .value = ACTION_FETCH,
     .group = GROUP_OTHER,
     .help = "get the ISO into the cache, and say how it is trusted",
     .more = "Takes neither DISK nor SIZE. "
             "The options of the ISO have their meaning."},
    {.name = "list-isos",
     .kind = KIND_ACTION,
     .field = FIELD(action),
     .value = ACTION_LIST_ISOS,
     .group = GROUP_OTHER,
     .help = "list the ISOs that are known, and which are in the cache",
     .more = "Takes neither DISK nor SIZE."},
    {.name = "clear-cache",
     .kind = KIND_ACTION,
     .field = FIELD(action),
     .value = ACTION_CLEAR_CACHE,
     .group = GROUP_OTHER,
     .help = "remove what is in the cache and not in use",
     .more = "Takes neither DISK nor SIZE."},
    {.name = "explain",
     .kind = KIND_DEED,
     .field = FIELD(explain),
     .value = ACTION_EXPLAIN,
     .argument = "DIR|last",
     .words = last_words,
     .files = FILES_FOLDERS,
     .group = GROUP_OTHER,
     .help = "say again what became of the run that is recorded in DIR",
     .more = "Takes neither DISK nor SIZE. "
             "DIR is a folder that --transcript has made, or last: the newest of those that are "
             "made without it. "
             "Of a run that was killed it says what the recording ends with. "
             "With --verbose it says all that is known."},
    {.name = "bundle",
     .kind = KIND_DEED,
     .field = FIELD(bundle),
     .value = ACTION_BUNDLE,
     .argument = "FILE",
     .files = FILES_ANY,
     .group = GROUP_OTHER,
     .help = "pack a recording into FILE for a bug report: --bundle=FILE [DIR]",
     .more =
         "DIR is as with --explain; without it the last recording is packed. "
         "FILE becomes a .tar.gz with the recording, what --explain says of it, its options and "
         "plan, and the versions of QEMU, qemu-img, this program and the kernel. "
         "What --redact matches, now or when it was recorded, is not in it."},
    {.name = "replay",
     .kind = KIND_DEED,
     .field = FIELD(replay),
     .value = ACTION_REPLAY,
     .argument = "DIR",
     .files = FILES_FOLDERS,
     .group = GROUP_OTHER,
     .help = "play the recording in DIR to the terminal",
     .more = "Takes neither DISK nor SIZE. "
             "DIR is a folder that --transcript has made."},
    {.name = "speed",
     .kind = KIND_FACTOR,
     .field = FIELD(speed),
     .given = FIELD(speed_given),
     .argument = "FACTOR",
     .fallback = "1",
     .group = GROUP_OTHER,
     .help = "how much faster --replay plays than it was",
     .more = "From 0.001 to 1000."},
    {.name = "step",
     .kind = KIND_FLAG,
     .field = FIELD(step),
     .group = GROUP_OTHER,
     .help = "let --replay wait for Enter before each state",
     .more = "The state that comes next is said on standard error; q and Enter end it."},
    {.name = "guest",
     .kind = KIND_DEED,
     .field = FIELD(guest),
     .value = ACTION_GUEST,
     .argument = "DIR",
     .files = FILES_FOLDERS,
     .group = GROUP_OTHER,
     .help = "run the dialogues against the recording in DIR, in QEMU's place",
     .more = "Takes neither DISK nor SIZE: the recording's own options and plan count, and no disk "
             "is touched. "
             "The run must come to the same states and the same end; the first difference is told, "
             "with what was expected, what came, and where."},
    {.name = "cut",
     .kind = KIND_SEED,
     .field = FIELD(cut),
     .argument = "SEED",
     .group = GROUP_OTHER,
     .help = "let --guest's console come in pieces, cut as SEED says",
     .more = "A whole number above 0. The outcome must be the same for each of them."},
    {.name = "play",
     .kind = KIND_DEED,
     .field = FIELD(play),
     .value = ACTION_PLAY,
     .argument = "SOCKET:DIR",
     .group = GROUP_HIDDEN,
     .help = "be the guest of --guest (for that option)",
     .more = ""},
    {.name = "check-scripts",
     .kind = KIND_ACTION,
     .field = FIELD(action),
     .value = ACTION_CHECK_SCRIPTS,
     .group = GROUP_OTHER,
     .help = "load every dialogue file and report its mistakes",
     .more = "Takes neither DISK nor SIZE."},
    {.name = "list-states",
     .kind = KIND_ACTION,
     .field = FIELD(action),
     .value = ACTION_LIST_STATES,
     .group = GROUP_OTHER,
     .help = "list the states that --interact and --pause-at can name",
     .more = "Takes neither DISK nor SIZE. "
             "A line has the state, its step in the runbook and what it does or waits for."},
    {.name = "help",
     .letter = 'h',
     .kind = KIND_ACTION,
     .field = FIELD(action),
     .value = ACTION_HELP,
     .group = GROUP_OTHER,
     .help = "show this list",
     .more = "What follows it on the command line is not looked at."},
    {.name = "version",
     .letter = 'V',
     .kind = KIND_ACTION,
     .field = FIELD(action),
     .value = ACTION_VERSION,
     .group = GROUP_OTHER,
     .help = "show the program's version",
     .more = "What follows it on the command line is not looked at."},
    {.name = "print",
     .kind = KIND_PRINT,
     .field = FIELD(print_what),
     .words = print_words,
     .group = GROUP_HIDDEN,
     .help = "write the man page, a completion or the README's tables (for the build)",
     .more = ""},
};

const size_t option_count = sizeof option_rows / sizeof option_rows[0];

bool option_has_value(const struct option_row *row) {
    return row->kind >= KIND_WORD;
}

void option_value_text(const struct option_row *row, char *text, size_t size) {
    text[0] = '\0';
    if (!option_has_value(row))
        return;
    if (row->argument != NULL) {
        (void)snprintf(text, size, "%s", row->argument);
        return;
    }
    size_t used = 0;
    for (size_t i = 0; row->words[i] != NULL && used < size; i++) {
        int n = snprintf(text + used, size - used, "%s%s", i > 0 ? "|" : "", row->words[i]);
        used += n > 0 ? (size_t)n : 0;
    }
}
