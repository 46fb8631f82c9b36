#!/usr/bin/env python3
"""The runbook as a plain pexpect script, the way its users would write it down: wait for what the screen
shows, type a line, wait for the prompt. It is here to be compared with (compare.sh), not to be used.

    runbook.py ISO DISK SIZE HDA|VIRTIO|USB SEQ LOG      SEQ and LOG: SINGLE, INIT, LOGIN, NO

$QEMU, $QEMU_IMG and $PART (the partition's number, 2) may be set. $PEER_PACE, in milliseconds, makes it
type the line at `boot:` one key at a time with this pause.
"""
import os
import re
import subprocess
import sys
import time

import pexpect

# Generous: the slowest step takes some 100 s under TCG.
BOOT_TIMEOUT = 300
TIMEOUT = 180
PROMPT = "# "
COMMAND = "Command (m for help): "


class Guest:
    """QEMU's console."""

    def __init__(self, args):
        self.child = pexpect.spawn(args[0], args[1:], timeout=TIMEOUT, encoding="latin-1")
        self.child.logfile_read = sys.stdout

    def wait(self, text, timeout=TIMEOUT):
        self.child.expect_exact(text, timeout=timeout)

    def line(self, text):
        self.child.send(text + "\r")

    def run(self, command):
        """Runs a command in the guest's shell and gives its output."""
        self.line(command)
        self.wait(PROMPT)
        return self.child.before

    def run_code(self, command):
        """Runs a command and gives its exit code; says yes to e2fsck."""
        self.line(command + "; echo RC=$?")
        while self.child.expect([r"RC=(\d+)", r"<y>\? "]) == 1:
            self.child.send("y")
        code = int(self.child.match.group(1))
        self.wait(PROMPT)
        return code

    def set_mdev(self, stage, seq, log):
        if seq == stage:
            self.run("echo >/dev/mdev.seq")
        if log == stage:
            self.run(": >/dev/mdev.log")


def qemu_args(iso, disk, attach):
    attachments = {
        "HDA": ["-boot", "order=d", "-hda", disk],
        "VIRTIO": ["-boot", "order=d", "-drive", f"file={disk},if=virtio"],
        "USB": ["-drive", f"node-name=mydisk,file={disk},if=none", "-usb"],
    }
    qemu = os.environ.get("QEMU", "qemu-system-x86_64")
    return [qemu, *attachments[attach], "-m", "192", "-cdrom", iso, "-nographic", "-nic", "none"]


def boot(guest, seq, log):
    """Steps 9 to 14."""
    cmdline = ""
    if {seq, log} & {"SINGLE", "INIT"}:
        cmdline += " console=ttyS0"
    if "SINGLE" in (seq, log):
        cmdline += " single"
    if "INIT" in (seq, log):
        cmdline += " init=/bin/sh"
    if cmdline:
        guest.wait("boot:", BOOT_TIMEOUT)
        guest.child.send("x\x15")
        time.sleep(1)
        text = f"/boot/vmlinuz-virt{cmdline} initrd=/boot/initramfs-virt"
        pace = os.environ.get("PEER_PACE")
        if pace:
            guest.child.delaybeforesend = int(pace) / 1000
            for key in text + "\r":
                guest.child.send(key)
            guest.child.delaybeforesend = 0.05
        else:
            guest.line(text)
    if "SINGLE" in (seq, log):
        guest.wait(PROMPT, BOOT_TIMEOUT)
        guest.set_mdev("SINGLE", seq, log)
        guest.line("exit")
    if "INIT" in (seq, log):
        guest.wait(PROMPT, BOOT_TIMEOUT)
        guest.set_mdev("INIT", seq, log)
        guest.line("exec /sbin/init")
    guest.wait("login: ", BOOT_TIMEOUT)
    guest.line("root")
    guest.wait(PROMPT)


def plug_usb(guest, node):
    """Step 17."""
    guest.child.send("\x01c")
    guest.wait("(qemu) ")
    guest.line("device_add usb-storage,drive=mydisk")
    guest.wait("(qemu) ")
    guest.line("info block")
    guest.wait("Attached to")
    guest.wait("(qemu) ")
    guest.child.send("\x01c")
    guest.run("")
    guest.run(f"until [ -b {node} ]; do sleep 1; done")


def fdisk(guest, dev, part):
    """Step 19."""
    guest.line(f"fdisk {dev}")
    guest.wait(COMMAND)
    guest.line("p")
    guest.wait(COMMAND)
    row = re.search(rf"{dev}{part} +\*? +[0-9,]+ +[0-9,]+ +(\d+) ", guest.child.before)
    if not row:
        sys.exit(f"runbook.py: fdisk showed no {dev}{part}")
    guest.line("d")
    guest.wait("Partition number (1-4): ")
    guest.line(part)
    guest.wait(COMMAND)
    guest.line("n")
    guest.wait("e   extended")
    guest.line("p")
    guest.wait("Partition number (1-4): ")
    guest.line(part)
    guest.wait("First sector")
    guest.line(row.group(1))
    guest.wait("Last sector")
    guest.line("")
    guest.wait(COMMAND)
    guest.line("p")
    guest.wait(COMMAND)
    guest.line("w")
    guest.wait(PROMPT)


def work(guest, attach, seq, log):
    """Steps 15 to 24."""
    dev = "/dev/vda" if attach == "VIRTIO" else "/dev/sda"
    part = os.environ.get("PART", "2")
    if "LOGIN" in (seq, log):
        guest.run("rc-service mdev stop")
        guest.set_mdev("LOGIN", seq, log)
        guest.run("rc-service hwdrivers start")
    guest.run("apk add e2fsprogs-extra")
    if attach == "USB":
        plug_usb(guest, dev + part)
    guest.run("ls -l /dev/disk/by-label")
    fdisk(guest, dev, part)
    # One look, and mdev -s if the node is not there.
    if f"{dev}{part}" not in guest.run(f"ls -l {dev}*"):
        guest.run("mdev -s")
    code = guest.run_code(f"e2fsck -f {dev}{part}")
    if code not in (0, 1):
        sys.exit(f"runbook.py: e2fsck returned {code}")
    code = guest.run_code(f"resize2fs {dev}{part}")
    if code != 0:
        sys.exit(f"runbook.py: resize2fs returned {code}")
    guest.line("poweroff -d5 & exit")
    guest.child.expect(pexpect.EOF)


def main():
    if len(sys.argv) != 7:
        sys.exit("usage: runbook.py ISO DISK SIZE HDA|VIRTIO|USB SEQ LOG")
    iso, disk, size, attach, seq, log = sys.argv[1:]
    subprocess.run([os.environ.get("QEMU_IMG", "qemu-img"), "resize", disk, size], check=True)
    guest = Guest(qemu_args(iso, disk, attach))
    try:
        boot(guest, seq, log)
        work(guest, attach, seq, log)
    except pexpect.TIMEOUT as error:
        wanted = re.search(r"searcher: .*?\n?\s+0: (.*)", str(error))
        sys.exit(f"runbook.py: time-out: waited for {wanted.group(1) if wanted else 'a text'}")
    except pexpect.EOF:
        sys.exit("runbook.py: QEMU has gone")


main()
