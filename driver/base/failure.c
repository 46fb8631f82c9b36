// The table of exit codes, and the one way to fill a struct failure.
#include "base/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct exit_row exit_rows[EXIT_ID_COUNT] = {
    [EXIT_ID_OK] = {"ok", 0, "the disk has been grown, and re-read on the host to prove it"},
    [EXIT_ID_INTERNAL] = {"internal", 1, "a mistake of this program, or no memory"},
    [EXIT_ID_USAGE] = {"usage", 2, "an option or argument that cannot be meant"},
    [EXIT_ID_UNCHANGED] = {"unchanged", 3,
                           "the disk had been grown already, and nothing was touched"},
    [EXIT_ID_DISK_UNREADABLE] = {"disk-unreadable", 10, "DISK cannot be opened"},
    [EXIT_ID_DISK_LOCKED] = {"disk-locked", 11, "another process uses DISK"},
    [EXIT_ID_FORMAT_UNREADABLE] = {"format-unreadable", 12, "QEMU cannot read DISK's format"},
    [EXIT_ID_BACKING_UNREADABLE] = {"backing-unreadable", 13,
                                    "a file that DISK is backed by cannot be read"},
    [EXIT_ID_FORMAT_FIXED] = {"format-fixed", 14, "qemu-img cannot resize DISK's format"},
    [EXIT_ID_SIZE_INVALID] = {"size-invalid", 15, "SIZE is no size that a disk can have"},
    [EXIT_ID_SIZE_NOT_LARGER] = {"size-not-larger", 16, "SIZE leaves nothing to be grown"},
    [EXIT_ID_SIZE_BEYOND_MBR] = {"size-beyond-mbr", 17, "SIZE is more than an MBR can address"},
    [EXIT_ID_NO_MBR] = {"no-mbr", 18, "DISK has no MBR partition table"},
    [EXIT_ID_GPT] = {"gpt", 19, "DISK has a GPT"},
    [EXIT_ID_EXTENDED] = {"extended", 20, "DISK has an extended partition"},
    [EXIT_ID_NO_PARTITION] = {"no-partition", 21, "DISK's table has no partition"},
    [EXIT_ID_TABLE_INCONSISTENT] = {"table-inconsistent", 22,
                                    "DISK's partitions overlap or lie beyond its end"},
    [EXIT_ID_NOT_EXT] = {"not-ext", 23, "the last partition holds no ext2, ext3 or ext4"},
    [EXIT_ID_ISO_UNREADABLE] = {"iso-unreadable", 24, "the ISO is missing or cannot be read"},
    [EXIT_ID_PROGRAM_MISSING] = {"program-missing", 25, "a program that is needed cannot be run"},
    [EXIT_ID_SCRIPTS_BAD] = {"scripts-bad", 26, "a dialogue file is missing or has a mistake"},
    [EXIT_ID_OUTPUT_UNWRITABLE] = {"output-unwritable", 27,
                                   "a file that was asked for cannot be written"},
    [EXIT_ID_ISO_UNKNOWN] = {"iso-unknown", 28, "--iso names no release that is known"},
    [EXIT_ID_ISO_OFFLINE] = {"iso-offline", 29, "--offline, and the ISO is not in the cache"},
    [EXIT_ID_ISO_FETCH_FAILED] = {"iso-fetch-failed", 30, "no server gave the ISO"},
    [EXIT_ID_ISO_INSECURE] = {"iso-insecure", 31,
                              "a server was not reached by https as it should be"},
    [EXIT_ID_ISO_MISMATCH] = {"iso-mismatch", 32,
                              "the ISO's size or SHA-256 is not the one that it must have"},
    [EXIT_ID_ISO_SIGNATURE] = {"iso-signature", 33,
                               "the ISO's signature is not a good one of the release key"},
    [EXIT_ID_ISO_UNTRUSTED] = {"iso-untrusted", 34,
                               "nothing shows that the ISO is genuine as --trust demands"},
    [EXIT_ID_ISO_WRONG] = {"iso-wrong", 35, "the file is no Alpine virt ISO for x86_64"},
    [EXIT_ID_ISO_TOO_LARGE] = {"iso-too-large", 36, "a server sends more than an ISO can have"},
    [EXIT_ID_CACHE_UNWRITABLE] = {"cache-unwritable", 37, "the cache cannot be written"},
    [EXIT_ID_CACHE_FULL] = {"cache-full", 38, "the cache's file system is full"},
    [EXIT_ID_CATALOGUE_BAD] = {"catalogue-bad", 39,
                               "the catalogue of ISOs is missing or has a mistake"},
    [EXIT_ID_RESIZE_FAILED] = {"resize-failed", 40, "qemu-img resize failed"},
    [EXIT_ID_HOST_FULL] = {"host-full", 41, "the host's file system is full"},
    [EXIT_ID_QEMU_START] = {"qemu-start", 42, "QEMU did not start"},
    [EXIT_ID_QEMU_DIED] = {"qemu-died", 43, "QEMU ended before its time"},
    [EXIT_ID_BOOT_FAILED] = {"boot-failed", 44, "the ISO did not boot"},
    [EXIT_ID_KERNEL_PANIC] = {"kernel-panic", 45, "the guest's kernel panicked"},
    [EXIT_ID_EMERGENCY_SHELL] = {"emergency-shell", 46,
                                 "the guest's initramfs gave up and started its emergency shell"},
    [EXIT_ID_GUEST_STUCK] = {"guest-stuck", 47, "the guest made no progress any more"},
    [EXIT_ID_LOGIN_LOST] = {"login-lost", 48, "the guest's shell ended and a login prompt came"},
    [EXIT_ID_TYPING_FAILED] = {"typing-failed", 49, "the guest does not echo what is typed"},
    [EXIT_ID_MONITOR_FAILED] = {"monitor-failed", 50, "QEMU's monitor refused to plug in the disk"},
    [EXIT_ID_MDEV_FAILED] = {"mdev-failed", 51, "mdev could not be set up in the guest"},
    [EXIT_ID_APK_FAILED] = {"apk-failed", 52, "apk add e2fsprogs-extra failed in the guest"},
    [EXIT_ID_TARGET_MISSING] = {"target-missing", 53, "the guest does not see the disk"},
    [EXIT_ID_TABLE_MISMATCH] = {"table-mismatch", 54,
                                "fdisk in the guest shows another table than planned"},
    [EXIT_ID_FDISK_FAILED] = {"fdisk-failed", 55, "fdisk failed in the guest"},
    [EXIT_ID_NODE_MISSING] = {"node-missing", 56, "the partition's device node did not come back"},
    [EXIT_ID_FSCK_FAILED] = {"fsck-failed", 57, "e2fsck could not make the file system clean"},
    [EXIT_ID_RESIZE2FS_FAILED] = {"resize2fs-failed", 58, "resize2fs failed in the guest"},
    [EXIT_ID_POWEROFF_FAILED] = {"poweroff-failed", 59, "the guest did not power off in order"},
    [EXIT_ID_MDEV_LOG_FAILED] = {"mdev-log-failed", 60, "mdev.log could not be brought out"},
    [EXIT_ID_IO_ERROR] = {"io-error", 61, "reading or writing a file failed on the host"},
    [EXIT_ID_PROOF_FAILED] = {"proof-failed", 62,
                              "the disk, re-read on the host, is not as it was planned"},
    [EXIT_ID_MAX_TIME] = {"max-time", 67, "the run took longer than --max-time"},
    [EXIT_ID_FS_UNGROWABLE] = {"fs-ungrowable", 70,
                               "the last file system is one that resize2fs does not grow so"},
    [EXIT_ID_FS_TOO_NEW] = {"fs-too-new", 71,
                            "the last file system has features that the e2fsprogs on the ISO does "
                            "not know"},
    [EXIT_ID_HOST_ROOM] = {"host-room", 72, "the host has no room for the growth"},
    [EXIT_ID_E2FSCK_OLD] = {"e2fsck-old", 85,
                            "the host's e2fsck does not know a feature of the file system"},
    [EXIT_ID_RECOVER_NEEDED] = {"recover-needed", 68,
                                "a run was cut off while it wrote to DISK: --recover finishes it"},
    [EXIT_ID_COMMIT_FAILED] = {"commit-failed", 69,
                               "the proved content could not be brought into DISK"},
    [EXIT_ID_DISK_CHANGED] = {"disk-changed", 80,
                              "somebody else wrote to DISK during the run, which wrote nothing"},
    [EXIT_ID_JOURNAL_BAD] = {"journal-bad", 81, "the journal beside DISK cannot be understood"},
    [EXIT_ID_COPY_REFUSED] =
        {"copy-refused", 82,
         "DISK would have to be replaced by a copy, which would lose something"},
    [EXIT_ID_IN_THE_WAY] = {"in-the-way", 83, "a file is where the overlay has to be"},
    [EXIT_ID_DISK_ERROR] = {"disk-error", 90, "the guest could not read or write the disk"},
    [EXIT_ID_CD_ERROR] = {"cd-error", 91, "the guest could not read the ISO"},
    [EXIT_ID_GUEST_MEMORY] = {"guest-memory", 92, "the guest has not enough memory"},
    [EXIT_ID_GUEST_FAULT] = {"guest-fault", 93, "the guest's kernel or a program in it crashed"},
    [EXIT_ID_RECORDING_BAD] = {"recording-bad", 120, "the folder named is no recording of a run"},
    [EXIT_ID_DIVERGED] = {"diverged", 110, "--guest: the run is not the one that was recorded"},
    [EXIT_ID_INTERRUPTED] = {"interrupted", 130, "Ctrl-C (SIGINT) or a hang-up ended the run"},
    [EXIT_ID_TERMINATED] = {"terminated", 143, "SIGTERM ended the run"},
};

int failure_set(struct failure *f, enum exit_id id, const char *next, const char *what, ...) {
    if (f == NULL)
        return -1;
    f->id = id;
    va_list args;
    va_start(args, what);
    (void)vsnprintf(f->what, sizeof f->what, what, args);
    va_end(args);
    (void)snprintf(f->next, sizeof f->next, "%s", next == NULL ? "" : next);
    return -1;
}

int failure_no_memory(struct failure *f) {
    return failure_set(f, EXIT_ID_INTERNAL, "free some memory and run again", "there is no memory");
}

int exit_id_by_name(const char *name) {
    for (int i = 0; i < EXIT_ID_COUNT; i++)
        if (strcmp(exit_rows[i].name, name) == 0)
            return i;
    return -1;
}
