"""Every row of the death table (scripts/dialogues/deaths.yaml), produced by the guest: in the words of the real
programs, which stand here a second time on purpose. A row that nobody produces fails the whole set."""

import json
import os
import re

import yaml

from trial import SOURCE, Case, must

TABLE = os.path.join(SOURCE, "scripts/dialogues/deaths.yaml")
CODES = {"disk-locked": 11, "host-full": 41, "qemu-died": 43, "boot-failed": 44, "kernel-panic": 45, "emergency-shell": 46,
         "guest-stuck": 47, "login-lost": 48, "apk-failed": 52, "fsck-failed": 57, "resize2fs-failed": 58, "disk-error": 90,
         "cd-error": 91, "guest-memory": 92, "guest-fault": 93}
FAULTS = {"disk": "the disk", "guest": "the guest", "iso": "the ISO", "host": "the host", "program": "this program"}
DIED = 43  # QEMU's end, after a row that ends nothing by itself


def console(state, text, **more):
    return {"state": state, "text": text, **more}


def kernel(*lines, state="kernel", **more):
    return {"state": state, "kernel": lines, **more}


def tool(name, code, text=""):
    return {"state": name, "text": text, "code": code}


def qemu(event, **data):
    return {"state": "initramfs", "qmp": [{"timestamp": {"seconds": 1, "microseconds": 2}, "event": event, "data": data}]}


def screen(*lines):
    """What the guest's screen shows, as the monitor dumps its memory: a letter and its colour."""
    text = "".join(f"{line:{-(-len(line) // 80) * 80}}" for line in lines).ljust(80 * 204)
    cells = [f"0x07{ord(letter):02x}" for letter in text]
    dump = "".join(f"{0xb8000 + 2 * i:016x}: {' '.join(cells[i : i + 8])}\r\n" for i in range(0, len(cells), 8))
    return {"state": "initramfs", "qmp": [{"return": dump, "id": "screen"}]}


def panic(why):
    return kernel(f"Kernel panic - not syncing: {why}", f"---[ end Kernel panic - not syncing: {why} ]---")


def apk(text, code=1):
    return tool("apk", code, text)


def e2fsck(text, code=8):
    return tool("e2fsck", code, "e2fsck 1.47.0 (5-Feb-2023)\n" + text)


def resize2fs(text, code=1):
    return tool("resize2fs", code, "resize2fs 1.47.0 (5-Feb-2023)\n" + text)


OPEN = "e2fsck: {} while trying to open /dev/sda1\n"
RESIZE = "resize2fs: {} while trying to resize /dev/sda1\n"

PRODUCERS = {
    # QEMU.
    "qemu-lock": console("firmware", 'qemu-system-x86_64: -drive file=disk.raw: Failed to get "write" lock\n'
                                     "Is another process using the image [disk.raw]?\n"),
    "qemu-kvm": console("firmware", "Could not access KVM kernel module: Permission denied\n"
                                    "qemu-system-x86_64: failed to initialize kvm: Permission denied\n"),
    "qemu-memory": console("firmware", "qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory\n"),
    "qemu-option": console("firmware", "qemu-system-x86_64: -wrong: invalid option\n"),
    "qemu-ended": console("login", "qemu-system-x86_64: terminating on signal 15 from pid 4711 (killall)\n"),
    "qemu-panic": qemu("GUEST_PANICKED", action="shutdown"),
    "qemu-reset": qemu("SHUTDOWN", guest=True, reason="guest-reset"),
    "qemu-full": qemu("BLOCK_IO_ERROR", **{"node-name": "#block1"}, device="disk0", operation="write", action="stop",
                      nospace=True, reason="No space left on device"),
    "qemu-disk": qemu("BLOCK_IO_ERROR", **{"node-name": "#block1"}, device="disk0", operation="read", action="report",
                      nospace=False, reason="Input/output error"),
    "qemu-cd": qemu("BLOCK_IO_ERROR", **{"node-name": "#block2"}, device="ide1-cd0", operation="read", action="report",
                    nospace=False, reason="Input/output error"),
    # Firmware and boot loader.
    "firmware-cd": console("firmware", "Boot failed: Could not read from CDROM (code 0003)\n"),
    "boot-no-device": console("firmware", "No bootable device.\n"),
    "loader-disk": console("firmware", "isolinux: Disk error 20, AX = 4280, drive 9F\n"),
    "loader-damaged": console("firmware", "isolinux: Image checksum error, sorry...\n"),
    "loader-gave-up": console("firmware", "Boot failed: press a key to retry..."),
    "loader-no-menu": console("firmware", "WARNING: No configuration file found\n"),
    "boot-no-kernel": console("kernel", "Could not find kernel image: /boot/vmlinuz-virt\n"),
    "loader-bad-kernel": console("kernel", "Booting kernel failed: Invalid argument\n"),
    "loader-memory": console("kernel", "Could not allocate memory.\n"),
    "kernel-halted": console("kernel", "XZ-compressed data is corrupt\n\n -- System halted"),
    "guest-reset": console("openrc", "ISOLINUX 6.04 20200816 ETCD Copyright (C) 1994-2015 H. Peter Anvin et al\n"),
    # Panics.
    "panic-no-root": panic("VFS: Unable to mount root fs on unknown-block(0,0)"),
    "panic-no-init": panic("No working init found.  Try passing init= option to kernel. See Linux "
                           "Documentation/admin-guide/init.rst for guidance."),
    "panic-init": panic("Attempted to kill init! exitcode=0x00000100"),
    "panic-memory": panic("System is deadlocked on memory"),
    "panic-lockup": panic("hung_task: blocked tasks"),
    "panic-timer": panic("IO-APIC + timer doesn't work!  Boot with apic=debug and send a report.  Then try booting with "
                         "the 'noapic' option."),
    "panic-fault": panic("Fatal exception in interrupt"),
    "kernel-panic": panic("corrupted stack end detected inside scheduler"),
    "initramfs-unpack": kernel("Initramfs unpacking failed: write error"),
    "init-not-run": kernel("Failed to execute /init (error -2)"),
    # Faults, lockups, memory.
    "oops-null": kernel("BUG: kernel NULL pointer dereference, address: 0000000000000008", "#PF: supervisor read access"),
    "oops-page": kernel("BUG: unable to handle page fault for address: ffffb5d840c2d000"),
    "oops-bug": kernel("------------[ cut here ]------------", "kernel BUG at fs/ext4/inode.c:2721!"),
    "oops-protection": kernel("general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1]"),
    "soft-lockup": kernel("watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [swapper/0:1]"),
    "oops-other": kernel("BUG: Bad page state in process apk  pfn:0b2c1"),
    "oops": kernel("Oops: 0002 [#1] PREEMPT SMP NOPTI"),
    "program-crash": kernel("apk[231]: segfault at 8 ip 00007f1e5a2c sp 00007ffd2 error 4 in ld-musl-x86_64.so.1[7f1e]"),
    "hung-task": kernel("INFO: task jbd2/sda2-8:123 blocked for more than 122 seconds.", state="login"),
    "hard-lockup": kernel("NMI watchdog: Watchdog detected hard LOCKUP on cpu 0"),
    "rcu-stall": kernel("rcu: INFO: rcu_preempt self-detected stall on CPU"),
    "out-of-memory": kernel("apk invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE), order=0",
                            "Out of memory: Killed process 231 (apk) total-vm:5400kB, anon-rss:1200kB", state="login"),
    "page-allocation": kernel("swapper/0: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL), nodemask=(null)"),
    # The disk and the CD.
    "disk-space": kernel("critical space allocation error, dev sda, sector 2048 op 0x1:(WRITE) flags 0x0"),
    "disk-io": kernel("I/O error, dev vda, sector 2048 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 2"),
    "disk-buffer": kernel("Buffer I/O error on dev sda2, logical block 0, async page read"),
    "disk-offline": kernel("sd 0:0:0:0: rejecting I/O to offline device"),
    "disk-unplugged": kernel("usb 1-1: USB disconnect, device number 2", state="labels", options=("--attach=usb",)),
    "disk-ext4": kernel("EXT4-fs error (device sda2): ext4_lookup:1857: inode #2: comm nlplug-findfs: deleted inode"),
    "disk-beyond": kernel("mount: attempt to access beyond end of device"),
    "cd-io": kernel("sr 1:0:0:0: [sr0] tag#0 CDB: Read(10) 28 00 00 00 1f 3c 00 00 40 00",
                    "blk_update_request: I/O error, dev sr0, sector 31984 op 0x0:(READ) flags 0x80700 phys_seg 1"),
    "cd-buffer": kernel("Buffer I/O error on dev sr0, logical block 7996, async page read"),
    "cd-squashfs": kernel("SQUASHFS error: zlib decompression failed, data probably corrupt"),
    "cd-isofs": kernel("isofs_fill_super: bread failed, dev=sr0, iso_blknum=16, block=16"),
    # Initramfs and init.
    "no-boot-media": console("initramfs", "Mounting boot media failed. \n"),
    "no-packages": console("initramfs", "Installing packages to root filesystem failed. \n"),
    "emergency-shell": console("initramfs", "initramfs emergency recovery shell launched. Type 'exit' to continue boot\n"),
    "emergency-init": console("initramfs", "/sbin/init not found in new root. Launching emergency recovery shell\n"),
    "emergency-unseen": screen(" * Mounting boot media: failed.", "initramfs emergency recovery shell launched. Type "
                               "'exit' to continue boot", "~ #"),
    "login-lost": console("apk", "\nWelcome to Alpine Linux 3.20\n\nlocalhost login: "),
    "guest-no-fork": console("apk", "-sh: can't fork: Out of memory\n", die=True),
    "guest-crash": console("apk", "Segmentation fault\n", die=True),
    # apk.
    "apk-failed": apk("ERROR: it does not want to\n"),
    "apk-no-package": apk("ERROR: unable to select packages:\n  e2fsprogs-extra (no such package):\n"
                          "    required by: world[e2fsprogs-extra]\n"),
    "apk-untrusted": apk("ERROR: /media/cdrom/apks: UNTRUSTED signature\n"),
    "apk-bad-signature": apk("ERROR: e2fsprogs-extra-1.47.0-r5: BAD signature\n"),
    "apk-io": apk("ERROR: e2fsprogs-libs-1.47.0-r5: IO ERROR\n"),
    "apk-no-space": apk("ERROR: Failed to create usr/sbin/resize2fs: No space left on device\n"),
    "apk-locked": apk("ERROR: Unable to lock database: Resource temporarily unavailable\n", 99),
    "apk-no-media": apk("WARNING: opening /media/cdrom/apks: No such file or directory\n"),
    "apk-no-database": apk("ERROR: Unable to read database state: No such file or directory\n", 99),
    "apk-network": apk("fetch https://dl-cdn.alpinelinux.org/alpine/v3.20/main/x86_64/APKINDEX.tar.gz\n"
                       "ERROR: https://dl-cdn.alpinelinux.org/alpine/v3.20/main: temporary error (try again later)\n"),
    "apk-index": apk("ERROR: e2fsprogs-1.47.0-r5: package mentioned in index not found (try 'apk update')\n"),
    "apk-conflict": apk("ERROR: unable to select packages:\n  musl-1.2.5-r0:\n    breaks: libuuid-2.40.1-r1[musl=1.2.4]\n"),
    "apk-unknown": apk("-sh: apk: not found\n", 127),
    "apk-killed": apk("Killed\n", 137),
    # e2fsck.
    "e2fsck-failed": e2fsck("", 64),
    "e2fsck-io": e2fsck("Error reading block 1036 (Input/output error) while reading inode and block bitmaps.  Ignore "
                        "error? yes\n\n"),
    "e2fsck-short": e2fsck(OPEN.format("Attempt to read block from filesystem resulted in short read")),
    "e2fsck-size": e2fsck("The filesystem size (according to the superblock) is 32512 blocks\n"
                          "The physical size of the device is 9984 blocks\n", 4),
    "e2fsck-mounted": e2fsck("/dev/sda1 is mounted.\ne2fsck: Cannot continue, aborting.\n\n\n"),
    "e2fsck-busy": e2fsck(OPEN.format("Resource busy") +
                          "Filesystem mounted or opened exclusively by another program?\n"),
    "e2fsck-mmp": e2fsck("e2fsck: MMP: fsck being run while trying to open /dev/sda1\n"),
    "e2fsck-read-only": e2fsck(OPEN.format("Read-only file system") +
                               "Disk write-protected; use the -n option to do a read-only\ncheck of the device.\n"),
    "e2fsck-features": e2fsck("/dev/sda1 has unsupported feature(s): FEATURE_C20\ne2fsck: Get a newer version of e2fsck!\n"),
    "e2fsck-no-fs": e2fsck(OPEN.format("Bad magic number in super-block")),
    "e2fsck-superblock": e2fsck("ext2fs_open2: The ext2 superblock is corrupt\n"
                                "e2fsck: Superblock invalid, trying backup blocks...\n"),
    "e2fsck-journal": e2fsck("Journal checksum error found in data\n", 4),
    "e2fsck-memory": e2fsck("Error allocating inode bitmap (1): Memory allocation failed\n"),
    "e2fsck-terminal": e2fsck("e2fsck: need terminal for interactive repairs\n"),
    "e2fsck-errors-left": e2fsck("\ndata: ********** WARNING: Filesystem still has errors **********\n\n", 4),
    "e2fsck-unknown": tool("e2fsck", 127, "-sh: e2fsck: not found\n"),
    "e2fsck-killed": e2fsck("Pass 1: Checking inodes, blocks, and sizes\nKilled\n", 137),
    "e2fsck-crashed": e2fsck("", 139),
    "e2fsck-1": e2fsck("", 1 | 4),
    "e2fsck-2": e2fsck("", 1 | 2),
    "e2fsck-4": e2fsck("", 4),
    "e2fsck-8": e2fsck("", 8),
    "e2fsck-16": e2fsck("", 16),
    "e2fsck-32": e2fsck("", 32),
    "e2fsck-128": e2fsck("", 128),
    # resize2fs.
    "resize2fs-failed": resize2fs("resize2fs: it does not want to\n"),
    "resize2fs-check-first": resize2fs("Please run 'e2fsck -f /dev/sda1' first.\n\n"),
    "resize2fs-aborted": resize2fs("Please run 'e2fsck -fy /dev/sda1' to fix the filesystem\n"
                                   "after the aborted resize operation.\n"),
    "resize2fs-io": resize2fs(RESIZE.format("Attempt to write block to filesystem resulted in short write")),
    "resize2fs-no-space": resize2fs(RESIZE.format("No space left on device")),
    "resize2fs-no-fs": resize2fs("resize2fs: Bad magic number in super-block while trying to open /dev/sda1\n"
                                 "Couldn't find valid filesystem superblock.\n"),
    "resize2fs-partition": resize2fs("The containing partition (or device) is only 9984 (4k) blocks.\n"
                                     "You requested a new size of 32512 blocks.\n\n"),
    "resize2fs-mounted": resize2fs("Filesystem at /dev/sda1 is mounted on /mnt; on-line resizing required\n"
                                   "resize2fs: Permission denied to resize filesystem\n"),
    "resize2fs-busy": resize2fs("open: Resource busy while opening /dev/sda1\n"),
    "resize2fs-read-only": resize2fs("open: Read-only file system while opening /dev/sda1\n"),
    "resize2fs-features": resize2fs("resize2fs: Filesystem has unsupported feature(s) (/dev/sda1)\n"),
    "resize2fs-minimum": resize2fs("resize2fs: New size smaller than minimum (40000)\n\n"),
    "resize2fs-32-bits": resize2fs("resize2fs: New size too large to be expressed in 32 bits\n\n"),
    "resize2fs-groups": resize2fs("resize2fs: New size results in too many block group descriptors.\n\n"),
    "resize2fs-bigalloc": resize2fs("\nResizing bigalloc file systems has not been fully tested.  Proceed at\n"
                                    "your own risk!  Use the force option if you want to go ahead anyway.\n\n"),
    "resize2fs-stable-inodes": resize2fs("Cannot shrink this filesystem because it has the stable_inodes feature flag.\n"),
    "resize2fs-damaged": resize2fs(RESIZE.format("Superblock checksum does not match superblock")),
    "resize2fs-memory": resize2fs(RESIZE.format("Memory allocation failed")),
    "resize2fs-unknown": tool("resize2fs", 127, "-sh: resize2fs: not found\n"),
    "resize2fs-killed": resize2fs("Killed\n", 137),
    "resize2fs-crashed": resize2fs("", 139),
    # Anywhere.
    "guest-full": console("labels", "-sh: write error: No space left on device\n", die=True),
    "guest-io": console("labels", "ls: /dev/disk: I/O error\n", die=True),
}


def write(how):
    def before(trial):
        path = trial.write("death", json.dumps(how))
        trial.faults.append(f"death={how['state']}:{path}")
    return before


def noted(words):
    def after(_trial, result):
        must("note: " + words in result.out, "it was not noted:", result.out)
    return after


def case(row):
    """What the run says, by the row's own words; and ends with, by what it is."""
    name, how = row["death"], PRODUCERS[row["death"]]
    # Those that end nothing are followed by QEMU's end; a tool's, by its failure.
    tells = {**how, "die": row["how"] != "fatal" and "code" not in how}
    code = CODES[row["exit"]]
    if row["how"] == "note" and "code" not in how:
        code = DIED
    words = [part for part in re.split(r"%\{\w+\}", row["says"]) if part]
    if row["how"] != "note":
        words.append(f"at fault is {FAULTS[row['fault']]}")
    if row["how"] == "cause":
        words.append(re.split(r"%\{\w+\}", row["next"])[0])
    if "code" not in how and row["how"] != "fatal":
        words.append("QEMU ended with status 1")
    # What was noted of an exit code is not said again with the failure.
    after = noted(row["says"]) if row["how"] == "note" and "code" in how else None
    words = () if after else words
    return Case(f"deaths/{name}", how.get("options", ()), exit=code, stage="spared", state="same", says=tuple(words),
                before=write(tells), after=after)


def table():
    with open(TABLE, encoding="utf-8") as source:
        rows = yaml.safe_load(source)["deaths"]
    names = [row["death"] for row in rows]
    must(sorted(names) == sorted(PRODUCERS), "rows of the death table without a producer, or the other way round:",
         sorted(set(names) ^ set(PRODUCERS)))
    return rows


# A panic that no serial console shows, on a screen where its line is too long for a row.
UNSEEN = {**screen("[    2.512233] Run /init as init process", "[    2.998812] Kernel panic - not syncing: VFS: Unable to "
                   "mount root fs on unknown-block(0,0)"), "die": False}
CASES = [*(case(row) for row in table()),
         Case("deaths/panic-on-the-screen", exit=45, stage="spared", state="same", before=write(UNSEEN),
              says=("no initramfs to start from", "unknown-block(0,0)"))]
