"""What goes wrong in the guest, in QEMU and on the host: each with its exit code, its words and the disk's state."""

import json
import os
from dataclasses import replace

from page import bad_page
from trial import Case, must

CONSOLE = ("--console",)
INIT = ("--seq=init",)
USB = ("--attach=usb",)


def fail(name, faults, code, stage, state, *says, **more):
    """stage and state are those of --in-place; on an overlay the disk is what it was."""
    return Case(f"failures/{name}", faults=faults, exit=code, stage=stage, state=state, says=says, **more)


def both(rows):
    """Each row on an overlay; those that come further than the boot also in place."""
    for case in rows:
        yield replace(case, stage="spared", state="same")
        if case.stage != "attached" or "in-place" in case.name:
            yield replace(case, name=case.name + "-in-place", options=("--in-place", *case.options))


def qemu_img(word, script):
    """A qemu-img that fails at one of its commands."""
    def before(trial):
        text = f'#!/bin/sh\nif [ "$1" = {word} ]; then\n{script}\nfi\nexec qemu-img "$@"\n'
        trial.options.append("--qemu-img=" + trial.write("qemu-img", text, 0o755))
    return before


def bad_proof(trial, _result):
    """A proof that failed is written, too, with what failed."""
    with open(os.path.join(trial.folder, "proof.json"), encoding="utf-8") as file:
        proof = json.load(file)
    bad = [check["name"] for check in proof["checks"] if not check["ok"]]
    must(proof["outcome"] == "failed" and bad == ["boot-code"], proof["outcome"], bad)


def busy_program(trial):
    """A program that is open for writing cannot be run: ETXTBSY."""
    path = trial.write("qemu", "#!/bin/sh\n", 0o755)
    trial.open.enter_context(open(path, "r+b"))
    trial.options.append(f"--qemu={path}")


SUPERBLOCK_UUID = 2048 * 512 + 1024 + 104

ROWS = [
    fail("dmesg", "dmesg=fail", 1, "table", "table", "dmesg", options=("--dmesg",)),
    fail("qemu-busy", "", 42, "enlarged", "enlarged", "Text file busy", before=busy_program),
    fail("qemu-option", "", 43, "attached", "enlarged", "status 1", "-wrong: invalid option",
         env={"QEMUFLAGS": "-wrong"}),

    # QEMU dies, in each part of the run.
    fail("dies-firmware", "die=firmware:3", 43, "attached", "enlarged", "status 3", "boot:"),
    fail("dies-in-order", "die=initramfs:0", 43, "attached", "enlarged", "status 0", options=CONSOLE),
    fail("dies-init", "die=init:kill", 43, "attached", "enlarged", "signal 9", options=INIT),
    fail("dies-login", "die=login:kill", 43, "attached", "enlarged", "signal 9"),
    fail("dies-apk", "die=apk:1", 43, "attached", "enlarged", "apk"),
    fail("dies-usb", "die=apk:1", 43, "enlarged", "enlarged", options=USB),
    fail("dies-fdisk", "die=fdisk:kill", 43, "attached", "enlarged", "fdisk"),
    fail("dies-before-write", "die=fdisk-w:kill", 43, "table", "enlarged"),
    fail("dies-nodes", "die=nodes:kill", 43, "table", "table"),
    fail("dies-e2fsck", "die=e2fsck:kill", 43, "check", "table", "e2fsck"),
    fail("dies-resize2fs", "die=resize2fs:kill", 43, "fs", "any", "resize2fs"),
    fail("dies-mdev-log", "die=mdev-log:kill", 43, "grown", "grown", options=("--log=login",)),
    fail("dies-off", "die=off:1", 43, "grown", "grown", "status 1"),

    # It does not boot.
    fail("no-device", "boot=none", 44, "attached", "enlarged", "No bootable device"),
    fail("too-late", "boot=late", 44, "attached", "enlarged", "could not be stopped", options=CONSOLE),
    fail("other-line-single", "boot=bare", 44, "attached", "enlarged", "without the command line",
         options=("--seq=single",)),
    fail("other-line-init", "boot=bare", 44, "attached", "enlarged", "without the command line", options=INIT),
    fail("no-kernel", "boot=kernel", 44, "attached", "enlarged", "vmlinuz-virt", options=CONSOLE),
    fail("no-kernel-default", "boot=kernel", 44, "attached", "enlarged", "vmlinuz-virt"),
    fail("no-initrd", "boot=initrd", 44, "attached", "enlarged", "initramfs-virt", options=CONSOLE),
    fail("reset-openrc", "reset=openrc", 44, "attached", "enlarged", "reset", options=CONSOLE),
    fail("reset-shell", "reset=shell", 44, "attached", "enlarged", "reset"),
    fail("reset-e2fsck", "reset=e2fsck", 44, "check", "table", "reset"),

    # The kernel, the initramfs, init.
    fail("panic-kernel", "panic=kernel", 45, "attached", "enlarged", "Attempted to kill init", options=CONSOLE),
    fail("panic-single", "panic=single", 45, "attached", "enlarged", "panic", options=("--seq=single",)),
    fail("panic-fdisk", "panic=fdisk", 45, "attached", "enlarged", "panic", options=CONSOLE),
    fail("panic-e2fsck", "panic=e2fsck", 45, "check", "table", "panic"),
    fail("panic-resize2fs", "panic=resize2fs", 45, "fs", "any", "panic"),
    fail("oom", "oom=apk", 92, "attached", "enlarged", "Out of memory: Killed process", "--memory"),
    fail("emergency-media", "emergency=media", 46, "attached", "enlarged", "emergency shell", options=CONSOLE),
    fail("emergency-switch", "emergency=switch", 46, "attached", "enlarged", "emergency shell", options=INIT),
    fail("login-apk", "login=apk", 48, "attached", "enlarged", "login prompt"),
    fail("login-e2fsck", "login=e2fsck", 48, "check", "table", "login prompt"),
    fail("password", "password=ask", 48, "attached", "enlarged", "password"),
    fail("login-refused", "password=refuse", 48, "attached", "enlarged", "did not let root log in"),

    # Typing.
    fail("keys-doubled", "double=1", 49, "attached", "enlarged", "echo"),
    fail("odd-shell", "shell=odd", 49, "attached", "enlarged", "exit code 2"),

    # The monitor.
    fail("drive-add", "monitor=drive", 50, "attached", "enlarged", "Permission denied",
         options=(*USB, "--plug-by=drive")),
    fail("device-add", "monitor=device", 50, "attached", "enlarged", "can't find value", options=USB),
    fail("not-attached", "monitor=lost", 50, "attached", "enlarged", "attached", options=USB),

    # mdev, apk, the disk in the guest.
    fail("mdev-stop", "mdev=stop", 51, "attached", "enlarged", "rc-service mdev stop", "exit code 1"),
    fail("mdev-start", "mdev=start", 51, "attached", "enlarged", "rc-service hwdrivers start"),
    fail("mdev-seq", "mdev=seq", 92, "attached", "enlarged", "exit code 1", "No space left on device", "--memory"),
    fail("mdev-log", "mdev=log", 92, "attached", "enlarged", "exit code 1", "No space left", options=("--log=single",)),
    fail("apk-missing", "apk=missing", 52, "attached", "enlarged", "e2fsprogs-extra (no such package)"),
    fail("apk-media", "apk=media", 52, "attached", "enlarged", "Unable to read database"),
    fail("no-serial", "serial=none", 53, "attached", "enlarged", "serial number QG"),
    fail("other-size", "sectors=81920", 53, "attached", "enlarged", "81920 sectors, not 262144"),
    fail("other-label", "label=other", 53, "attached", "enlarged", "label data is on sda9"),

    # fdisk.
    fail("fdisk-table", "fdisk=table", 54, "attached", "enlarged", "without writing"),
    fail("fdisk-start", "fdisk=start", 54, "attached", "enlarged", "start 2056", "without writing"),
    fail("fdisk-type", "fdisk=type", 54, "attached", "enlarged", "type 83", "without writing", disk="type-last"),
    fail("fdisk-flag", "fdisk=flag", 54, "attached", "enlarged", "without writing", disk="boot-flag-last"),
    fail("fdisk-open", "fdisk=open", 55, "attached", "enlarged", "can't open '/dev/sda'"),
    fail("fdisk-end", "fdisk=end", 55, "attached", "enlarged", "260095, not 262143", "without writing"),
    fail("fdisk-sector", "fdisk=sector", 55, "attached", "enlarged", "Sector 2048 is already allocated", "without writing"),
    fail("fdisk-reread", "fdisk=reread", 55, "table", "table", "Resource busy"),

    # The node, e2fsck, resize2fs.
    fail("node-gone", "node=gone", 56, "table", "table", "mdev -s"),
    fail("node-gone-e2fsck", "vanish-e2fsck=99", 56, "check", "table", "e2fsck"),
    fail("node-gone-resize2fs", "vanish-resize2fs=99", 56, "fs", "any", "resize2fs"),
    fail("e2fsck-4", "e2fsck=4", 90, "check", "table", "exit code 4", "Input/output error"),
    fail("e2fsck-8", "e2fsck=8", 90, "check", "table", "exit code 8", "Input/output error"),
    fail("resize2fs", "resize2fs=1", 90, "fs", "any", "Input/output error"),
    fail("resize2fs-blocks", "blocks=1000", 58, "fs", "any", "1000 blocks long, not 32512"),

    fail("report", "resize2fs=1", 90, "fs", "any", "Input/output error", options=("--report=run.html",), after=bad_page),

    # The end.
    fail("poweroff", "poweroff=7", 43, "grown", "grown", "status 7"),
    fail("log-missing", "mdev-log=missing", 60, "grown", "grown", "/dev/mdev.log", options=("--log=login",)),
    fail("proof-boot-code", "harm=off:100", 62, "off", "any", "boot code", "byte 100"),
    fail("proof-written", "harm=off:100", 62, "off", "any", "boot code", options=("--proof=proof.json",), after=bad_proof),
    fail("proof-entry", "harm=off:470", 62, "off", "any", "entry 2"),
    fail("proof-uuid", f"harm=off:{SUPERBLOCK_UUID}", 62, "off", "any", "UUID"),
]

IN_PLACE = [
    fail("resize", "", 40, "enlarged", "same", "some reason",
         before=qemu_img("resize", "echo 'qemu-img: some reason' >&2; exit 1")),
    fail("resize-full", "", 41, "enlarged", "same", "No space left",
         before=qemu_img("resize", "echo 'qemu-img: resize: No space left on device' >&2; exit 1")),
    fail("resize-does-nothing", "", 53, "attached", "any", "81920 sectors", before=qemu_img("resize", "exit 0")),
    fail("login-apk", "login=apk", 48, "attached", "enlarged", "login prompt"),
]

OVERLAY = [
    fail("create", "", 40, "spared", "same", "some reason",
         before=qemu_img("create", "echo 'qemu-img: some reason' >&2; exit 1")),
    fail("create-full", "", 41, "spared", "same", "No space left",
         before=qemu_img("create", "echo 'qemu-img: x: No space left on device' >&2; exit 1")),
    fail("create-does-nothing", "", 43, "spared", "same", before=qemu_img("create", "exit 0")),
    # The disk is grown and proved, and the log is not there.
    fail("mdev-log-full", "", 41, "done", "grown", "mdev's log", options=("--log=login", "--mdev-log=/dev/full")),
    fail("log-torn", "mdev-log=torn", 60, "done", "grown", options=("--log=login",)),
]

CASES = [
    *both(ROWS),
    *(replace(case, name=case.name + "-in-place", options=("--in-place", *case.options)) for case in IN_PLACE),
    *OVERLAY,
]
