// --print=man: the man page in mdoc, from the tables of options and of exit codes.
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "options/print.h"
#include "options/table.h"

enum { LINE_WIDTH = 78 };

// One word as roff: backslashes and dashes escaped; a dot or quote that would make the line a macro
// hidden.
static void print_word(FILE *out, const char *word, size_t length, bool begin) {
    if (begin && (word[0] == '.' || word[0] == '\''))
        (void)fputs("\\&", out);
    for (size_t i = 0; i < length; i++)
        if (word[i] == '\\')
            (void)fputs("\\e", out);
        else
            (void)fprintf(out, word[i] == '-' ? "\\-" : "%c", word[i]);
}

// Plain text as roff, in lines of at most LINE_WIDTH; every sentence begins one, as mdoc wants it.
static void print_text(FILE *out, const char *text) {
    size_t column = 0;
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        size_t width = word; // with one column more for what is escaped
        for (size_t i = 0; i < word; i++)
            width += text[i] == '-' || text[i] == '\\';
        if (column > 0 && column + 1 + width > LINE_WIDTH) {
            (void)fputc('\n', out);
            column = 0;
        }
        if (column > 0)
            (void)fputc(' ', out);
        print_word(out, text, word, column == 0);
        column += width + 1;
        if (word > 0 && text[word - 1] == '.' && text[word] != '\0') {
            (void)fputc('\n', out);
            column = 0;
        }
        text += word;
        text += strspn(text, " ");
    }
    (void)fputc('\n', out);
}

// ".It Fl f , Fl Fl format Ns = Ns Ar NAME"
static void print_item(FILE *out, const struct option_row *row) {
    (void)fputs(".It", out);
    if (row->letter != 0)
        (void)fprintf(out, " Fl %c ,", row->letter);
    (void)fprintf(out, " Fl Fl %s", row->name);
    if (option_has_value(row) && row->argument != NULL)
        (void)fprintf(out, " Ns = Ns Ar %s", row->argument);
    else if (option_has_value(row))
        for (size_t i = 0; row->words[i] != NULL; i++)
            (void)fprintf(out, "%s Ns Cm %s", i == 0 ? " Ns =" : " Ns |", row->words[i]);
    (void)fputc('\n', out);
}

static void print_option(FILE *out, const struct option_row *row) {
    print_item(out, row);
    char sentence[512];
    (void)snprintf(sentence, sizeof sentence, "%s.", row->help);
    sentence[0] = (char)toupper((unsigned char)sentence[0]);
    print_text(out, sentence);
    print_text(out, row->more);
    if (row->env != NULL && row->env_word == NULL)
        (void)fprintf(out, "Without the option it is\n.Ev %s ,\nand without that\n.Cm %s .\n",
                      row->env, row->fallback);
    else if (row->fallback != NULL)
        (void)fprintf(out, "The default is\n.Cm %s .\n", row->fallback);
    else if (row->absent != NULL)
        (void)fprintf(out, "Without the option: %s.\n", row->absent);
}

static void print_options(FILE *out) {
    (void)fputs(".Sh OPTIONS\n"
                "A long name may be cut short as long as it can mean only one option.\n"
                "A value follows after an equals sign or as the next argument.\n"
                "The words may be written in upper or lower case.\n",
                out);
    for (int group = 0; group < GROUP_HIDDEN; group++) {
        (void)fprintf(out, ".Ss %s\n.Bl -tag -width 4n\n", option_group_names[group]);
        for (size_t i = 0; i < option_count; i++)
            if ((int)option_rows[i].group == group)
                print_option(out, &option_rows[i]);
        (void)fputs(".El\n", out);
    }
}

static void print_environment(FILE *out) {
    (void)fputs(".Sh ENVIRONMENT\n.Bl -tag -width QEMUFLAGS\n", out);
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->env == NULL)
            continue;
        (void)fprintf(out, ".It Ev %s\n", row->env);
        if (row->env_word != NULL)
            (void)fprintf(out,
                          "If it is set and not empty, the default of\n.Fl Fl %s\nis\n.Cm %s .\n",
                          row->name, row->env_word);
        else
            (void)fprintf(out, "The default of\n.Fl Fl %s .\n", row->name);
    }
    (void)fputs(
        ".It Ev QEMUFLAGS\n"
        "Further arguments for QEMU.\n"
        "They are separated by blanks, tabs and line ends; there is no way to quote one.\n"
        "They come before those of the command line.\n"
        ".It Ev XDG_CACHE_HOME\n"
        "The folder below which qemu-grow/ is the cache of ISOs, unpacked kernels and prepared\n"
        "guests, instead of ~/.cache.\n"
        ".It Ev XDG_CONFIG_HOME\n"
        "The folder below which qemu-grow/isos.yaml adds to the catalogue, instead of\n"
        "~/.config.\n"
        ".It Ev CURL_CA_BUNDLE , SSL_CERT_FILE\n"
        "Certificates that servers are checked with, in place of the system's.\n"
        ".It Ev https_proxy , all_proxy , no_proxy\n"
        "Proxies, as curl reads them.\n"
        ".El\n",
        out);
}

static void print_exits(FILE *out) {
    (void)fputs(".Sh EXIT STATUS\n"
                "Every kind of failure has its own code and name.\n"
                "From 10 to 39 and from 70 to 79, the disk has been refused and nothing has been\n"
                "written.\n"
                "3 is a success of its own: the disk had the size already.\n"
                "From 40 on, the message says what state the disk is in.\n"
                ".Bl -column -offset indent 143x emergency-shellx\n",
                out);
    for (int i = 0; i < EXIT_ID_COUNT; i++) {
        (void)fprintf(out, ".It %d Ta %s Ta ", exit_rows[i].code, exit_rows[i].name);
        print_text(out, exit_rows[i].meaning);
    }
    (void)fputs(".El\n", out);
}

static const char head[] =
    ".Dd November 22, 2026\n"
    ".Dt QEMU-GROW 1\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm qemu-grow\n"
    ".Nd grow a QEMU virtual disk, its last partition and that one's file system\n"
    ".Sh SYNOPSIS\n"
    ".Nm\n"
    ".Op Ar options\n"
    ".Ar DISK SIZE\n"
    ".Op \\-\\- Ar qemu-arguments\n"
    ".Nm\n"
    ".Fl Fl plan Op Fl Fl json\n"
    ".Op Ar options\n"
    ".Ar DISK SIZE\n"
    ".Nm\n"
    ".Fl Fl fetch\n"
    ".Op Fl Fl iso Ns = Ns Ar ISO\n"
    ".Nm\n"
    ".Fl Fl list-isos | clear-cache\n"
    ".Nm\n"
    ".Fl Fl check-scripts\n"
    ".Op Fl Fl scripts Ns = Ns Ar DIR\n"
    ".Sh DESCRIPTION\n"
    ".Nm\n"
    "grows the virtual disk\n"
    ".Ar DISK\n"
    "to\n"
    ".Ar SIZE ,\n"
    "and then gives the new room to its last primary partition and to the\n"
    "ext2, ext3 or ext4 file system in it.\n"
    "It does so as a person would: it boots the live CD of Alpine Linux in QEMU,\n"
    "types at the guest's serial console, and runs fdisk, e2fsck and resize2fs there.\n"
    "Neither root nor a kernel module is needed on the host.\n"
    ".Pp\n"
    ".Ar DISK\n"
    "is an image in any format that QEMU can read, write and resize.\n"
    "It must have an MBR partition table without an extended partition.\n"
    "Its path may hold any byte; one that begins with a dash must follow a\n"
    ".Fl Fl\n"
    "that ends the options.\n"
    ".Ar SIZE\n"
    "is what\n"
    ".Xr qemu-img 1\n"
    "takes: a number of bytes, a number with a suffix such as\n"
    ".Cm 8G ,\n"
    "or with a leading plus the room to be added, such as\n"
    ".Cm +512M .\n"
    ".Pp\n"
    "What is found wrong on the host is refused before anything is written.\n"
    "While the guest works, the new partition table is compared with what was\n"
    "planned before fdisk is told to write it.\n"
    "When QEMU has ended, the disk is read again on the host.\n"
    ".Pp\n"
    "Arguments after a\n"
    ".Fl Fl\n"
    "that follows\n"
    ".Ar DISK\n"
    "and\n"
    ".Ar SIZE\n"
    "are passed to QEMU.\n"
    "When the options were ended by a\n"
    ".Fl Fl\n"
    "before both were given, a second one begins QEMU's arguments.\n";

static const char tail[] =
    ".Sh EXAMPLES\n"
    "Grow a disk to 8 GiB:\n"
    ".Pp\n"
    ".Dl qemu-grow openwrt.img 8G\n"
    ".Pp\n"
    "The same with an ISO that is there:\n"
    ".Pp\n"
    ".Dl qemu-grow \\-\\-iso=alpine\\-virt\\-3.20.3\\-x86_64.iso openwrt.img 8G\n"
    ".Pp\n"
    "Add 512 MiB, by way of a virtio disk, and keep the console's bytes:\n"
    ".Pp\n"
    ".Dl qemu-grow \\-\\-iso=alpine.iso \\-\\-attach=virtio \\-\\-transcript=run disk.qcow2 "
    "+512M\n"
    ".Pp\n"
    "A disk whose name begins with a dash, and an argument for QEMU:\n"
    ".Pp\n"
    ".Dl qemu-grow \\-\\-iso=alpine.iso \\-\\- \\-disk.img 8G \\-\\- \\-smp 2\n"
    ".Sh DIAGNOSTICS\n"
    "A failure is one line on standard error: what happened, what state the disk is\n"
    "in, and what can be done.\n"
    ".Sh SEE ALSO\n"
    ".Xr qemu-img 1 ,\n"
    ".Xr qemu-system-x86_64 1 ,\n"
    ".Xr e2fsck 8 ,\n"
    ".Xr fdisk 8 ,\n"
    ".Xr resize2fs 8\n";

void man_print(FILE *out) {
    (void)fputs(head, out);
    print_options(out);
    man_plan_print(out);
    print_environment(out);
    print_exits(out);
    (void)fputs(tail, out);
}
