"""Refusals: each with its exit code and its words, and the disk as it was."""

import fcntl
import os
import struct

from trial import Case, must


def refuse(name, code, *says, **more):
    return Case(f"refusals/{name}", exit=code, says=says, stage="untouched", state="same", **more)


def lock(trial):
    """As a QEMU that writes to it has it."""
    held = trial.open.enter_context(open(trial.disk, "r+b"))
    fcntl.fcntl(held, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 100, 200, 0))


def remove(trial):
    os.unlink(trial.disk)


def overlap(trial):
    """A second partition, within the first one."""
    trial.patch(462, bytes([0, 0, 0, 0, 0x83, 0, 0, 0]) + struct.pack("<II", 4096, 4096))


def beyond(trial):
    """A last partition that is longer than the disk."""
    trial.patch(446 + 12, struct.pack("<I", 90000))


def old_e2fsck(trial):
    """The host's own, older than the file system."""
    os.mkdir(os.path.join(trial.folder, "bin"))
    trial.write("bin/e2fsck", "#!/bin/sh\necho 'e2fsck 1.46.2 (28-Feb-2021)' >&2\n"
                              "echo 'x has unsupported feature(s): FEATURE_C12'\nexit 8\n", 0o755)


def options(*given):
    return {"options": given}




def no_guest(trial, _result):
    must(not trial.record(), "the guest was started")

CASES = [
    Case("refusals/no-size", exit=2, size="", state="same", says=("SIZE",)),
    Case("refusals/option", ("--attach=scsi",), exit=2, state="same", says=("hda, virtio or usb",)),
    Case("refusals/plug-without-usb", ("--plug=boot",), exit=2, state="same", says=("usb",)),
    Case("refusals/tab-at-the-monitor", ("--attach=usb", "--plug-by=drive"), exit=2, state="same", file="a\tb",
         says=("09", "--plug-by=device")),
    Case("refusals/missing", exit=10, stage="untouched", state="any", says=("disk.raw", "No such file"), before=remove),
    refuse("e2fsck-old", 85, "FEATURE_C12", before=old_e2fsck, env={"PATH": "bin:" + os.environ["PATH"]}),
    refuse("proof-unwritable", 27, "/no/such/proof", **options("--proof=/no/such/proof")),
    refuse("report-unwritable", 27, "/no/such/page", **options("--report=/no/such/page")),
    Case("refusals/report-without-recording", ("--report=run.html", "--no-transcript"), exit=2, state="same", says=("--no-transcript",)),
    refuse("locked", 11, before=lock),
    refuse("corrupt", 12, disk="corrupt-qcow2", format="qcow2"),
    refuse("backing-missing", 13, "backed", disk="backing-missing", format="qcow2"),
    refuse("format-fixed", 14, "vmdk", "qemu-img convert", format="vmdk", **options("--in-place")),
    refuse("size-word", 15, size="12Q"),
    refuse("size-smaller", 16, size="20M"),
    Case("refusals/size-equal", exit=3, state="same", disk="openwrt", size="126353408", says=("Nothing was touched",)),
    refuse("beyond-mbr", 17, "2 TiB", size="3T"),
    refuse("no-mbr", 18, disk="no-mbr"),
    refuse("whole-disk", 18, "ext", disk="whole-disk-ext4"),
    refuse("gpt", 19, "GPT", disk="gpt"),
    refuse("extended", 20, "extended", disk="extended"),
    refuse("no-partition", 21, disk="no-partition"),
    refuse("overlap", 22, before=overlap),
    refuse("beyond-end", 22, before=beyond),
    refuse("not-ext", 23, disk="last-not-ext"),
    refuse("xfs", 23, "XFS", disk="last-xfs"),
    refuse("swap", 23, "swap", disk="swap-last"),
    refuse("iso-missing", 24, "/nowhere.iso", "--iso", **options("--iso=/nowhere.iso")),
    refuse("iso-folder", 24, **options("--iso=/")),
    refuse("qemu-missing", 25, "/nowhere/qemu", "--qemu", **options("--qemu=/nowhere/qemu")),
    refuse("qemu-no-program", 25, **options("--qemu=/etc/passwd")),
    refuse("qemu-img-missing", 25, "/nowhere/qemu-img", **options("--qemu-img=/nowhere/qemu-img")),
    refuse("scripts-missing", 26, "/nowhere", **options("--scripts=/nowhere")),
    refuse("transcript", 27, "/nowhere/file", **options("--transcript=/nowhere/file")),
    refuse("mdev-log", 27, "/nowhere/log", **options("--log=login", "--mdev-log=/nowhere/log")),
]

for case in CASES:
    case.after = no_guest
