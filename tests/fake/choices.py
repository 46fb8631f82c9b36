"""Every way through the runbook that ends well: the 48 combinations, the ways to plug in, each kind of disk."""

import hashlib
import itertools
import json
import os

from page import good_page
from shell import MDEV_LOG
from trial import Case, must

MOMENTS = ("single", "init", "login", "no")
SHELLS = {"single": "single", "init": "init", "login": "shell"}


def places(commands, wanted):
    return [state for state, did in commands if did == wanted]


def words_of_kernel(trial):
    line = next(did for state, did in trial.commands() if state == "isolinux")
    return line.split()[1:-1]  # between the kernel and its initrd


def check_log(trial):
    """mdev's log came out whole."""
    with open(os.path.join(trial.transcript, "mdev.log"), encoding="utf-8") as log:
        must(log.read() == MDEV_LOG, "mdev's log is not what the guest had")


def combination(attach, seq, log):
    """What the guest was told, by the runbook's own words and not by the dialogue files."""
    def after(trial, _result):
        commands = trial.commands()
        wanted = []
        if {seq, log} & {"single", "init"}:
            wanted.append("console=ttyS0")
        if "single" in (seq, log):
            wanted.append("single")
        if "init" in (seq, log):
            wanted.append("init=/bin/sh")
        must(words_of_kernel(trial) == wanted, "the kernel got", words_of_kernel(trial), "not", wanted)
        for moment, command in ((seq, "echo >/dev/mdev.seq"), (log, ": >/dev/mdev.log")):
            expected = [SHELLS[moment]] if moment != "no" else []
            must(places(commands, command) == expected, command, "was done in", places(commands, command))
        done = [did for _, did in commands]
        if "login" in (seq, log):
            stop, start = done.index("rc-service mdev stop"), done.index("rc-service hwdrivers start")
            made = [did for did in done if did in ("echo >/dev/mdev.seq", ": >/dev/mdev.log")]
            inside = [did for did in done[stop:start] if did in made]
            must(len(inside) == (seq == "login") + (log == "login"), "made while mdev was stopped:", inside)
        else:
            must(not [did for did in done if "rc-service" in did], "mdev was stopped for nothing")
        must(("mdev -s" in done) == (seq == "no"), "mdev -s is for a node that is gone")
        must(places(commands, "info block") == (["monitor"] if attach == "usb" else []), "the monitor was used")
        if log != "no":
            check_log(trial)
        else:
            must(not os.path.exists(os.path.join(trial.transcript, "mdev.log")), "there is a log that nobody asked for")
    return after


def combinations():
    for attach, seq, log in itertools.product(("hda", "virtio", "usb"), MOMENTS, MOMENTS):
        options = (f"--attach={attach}", f"--seq={seq}", f"--log={log}")
        yield Case(f"choices/{attach}-{seq}-{log}", options, after=combination(attach, seq, log))


def plug_states(plug):
    """In which state the guest was plugged in: the command before it."""
    wanted = {"boot": "start", "single": "single", "init": "init", "login": "shell", "late": "shell"}[plug]

    def after(trial, _result):
        commands = trial.commands()
        at = [i for i, (state, did) in enumerate(commands) if state == "monitor" and did.startswith("device_add")]
        must(len(at) == 1, "device_add was done", len(at), "times")
        before = [(state, did) for state, did in commands[: at[0]] if state != "monitor"]
        must(before[-1][0] == wanted, "it was plugged in after", before[-1])
        apk = any("apk" in str(did) for _, did in before)
        must(apk == (plug == "late"), "it was plugged in", "after" if apk else "before", "apk")
    return after


def plugs():
    for plug, by in itertools.product(("boot", "single", "init", "login", "late"), ("device", "drive")):
        options = ("--attach=usb", f"--plug={plug}", f"--plug-by={by}")
        yield Case(f"choices/plug-{plug}-{by}", options, after=plug_states(plug))


DISKS = ("openwrt", "ext2", "ext2-no-resize-inode", "ext3-dirty", "ext4-64bit", "four-primaries", "boot-flag-last",
         "type-last", "odd-start", "last-not-highest", "last-not-highest-four")
SIZES = {"openwrt": "512M", "ext2-no-resize-inode": "512M"}


def disks():
    for disk in ("one-partition", "openwrt-padding"):
        yield Case(f"choices/in-place-{disk}", ("--in-place",), disk=disk, size="512M", says=("in place",))
    for i, disk in enumerate(DISKS):
        attach = ("hda", "virtio", "usb")[i % 3]
        yield Case(f"choices/disk-{disk}", (f"--attach={attach}",), disk=disk, size=SIZES.get(disk, "128M"))
    yield Case("choices/disk-openwrt-padding", disk="openwrt-padding", size="512M",
               says=("e2fsck repaired in the guest:", "Padding at end of inode bitmap is not set. Fix?"))
    yield Case("choices/size-added", size="+88M")
    yield Case("choices/size-equal", size="40M")  # there is room behind its partition
    yield Case("choices/size-bytes", size="100001792", says=("100001792 bytes",))


NAMES = ("two words.raw", "-leading-dash", "comma,,and,one.raw", "quotes'\".raw", "back\\slash.raw", "disk=1,format=qcow2",
         "nbd:host:1", "sch\u00f6n \u65e5\u672c.raw", "%{name} $HOME `id`.raw", "tab\tand #;&|.raw")


def names():
    """The disk may be called anything; drive_add has it typed at the monitor, where a tab is a key."""
    for i, name in enumerate(NAMES):
        yield Case(f"choices/name-{i}", file=name)
        if "\t" not in name:
            yield Case(f"choices/name-{i}-typed", ("--attach=usb", "--plug-by=drive"), file=name)


def make_link(trial):
    os.rename(trial.disk, trial.disk + ".real")
    os.symlink(trial.case.file + ".real", trial.disk)


def read_proof(trial, _result):
    """The proof as JSON: each check good, the repair and the digests told."""
    with open(os.path.join(trial.folder, "proof.json"), encoding="utf-8") as file:
        proof = json.load(file)
    must(proof["outcome"] == "proved" and proof["checks"] and all(check["ok"] for check in proof["checks"]), proof)
    must(any("Free blocks count wrong" in line for line in proof["repairs"]), proof["repairs"])
    must(proof["plan"]["partition"]["sectors"] == 262144 - proof["plan"]["partition"]["start"], proof["plan"])
    start = proof["plan"]["partition"]["start"] * 512
    with open(trial.disk, "rb") as disk:
        sector, between = disk.read(512), disk.read(start - 512)
    must(proof["digests"]["sector_0"] == hashlib.sha256(sector).hexdigest(), proof["digests"])
    must(proof["digests"]["before_partition"] == hashlib.sha256(between).hexdigest(), proof["digests"])
    must(all(proof["versions"].values()) and proof["iso"]["trust"] == "none", proof["versions"], proof["iso"])
    must(proof["e2fsck"]["exit_code"] == 0 and "Pass 5" in proof["e2fsck"]["words"], proof["e2fsck"])


def kernel_words(*wanted):
    def after(trial, _result):
        must(words_of_kernel(trial) == list(wanted), "the kernel got", words_of_kernel(trial))
    return after


def did(*wanted):
    def after(trial, _result):
        done = [did for _, did in trial.commands()]
        for command in wanted:
            must(command in done, command, "was not done")
    return after


OTHERS = (
    Case("choices/symlink", before=make_link),
    Case("choices/capitals", ("--attach=VIRTIO", "--seq=Single", "--log=NO")),
    Case("choices/console", ("--console",), after=kernel_words("console=ttyS0")),
    Case("choices/debug-init", ("--debug-init",), after=kernel_words("console=ttyS0", "debug_init")),
    Case("choices/append", ("--append=modules=loop,squashfs quiet",), after=kernel_words("modules=loop,squashfs", "quiet")),
    Case("choices/long-line", ("--seq=single", "--log=init", "--append=" + " ".join(["word"] * 40)), "kernel=all"),
    Case("choices/kmsg-mark", ("--kmsg-mark", "--dmesg", "--console"),
         after=did("fdisk /dev/sda; s=$?; printf '<14>%s\\n' \"`date`\" >/dev/kmsg; (exit $s)", "dmesg | tail -n3")),
    Case("choices/verbose-services", ("--verbose-services",),
         after=did("rc-service -v mdev stop", "rc-service -v hwdrivers start")),
    Case("choices/quiet", ("-q",), after=lambda trial, result: must(result.out == "", "quiet says", result.out)),
    Case("choices/proof", ("--proof=proof.json",), faults="unclean=5", after=read_proof),
    Case("choices/report", ("--report=run.html", "--seq=no", "--log=login"), after=good_page),
    # resize2fs leaves something behind: the second e2fsck repairs it, and the report tells.
    Case("choices/unclean-after-resize2fs", faults="unclean=5", says=("Free blocks count wrong",)),
    Case("choices/verbose", ("-v", "--seq=init"), says=("run e2fsck -f -y /dev/sda1",)),
    Case("choices/qemu-arguments", env={"QEMUFLAGS": "-accel tcg"}),
)

CASES = [*combinations(), *plugs(), *disks(), *names(), *OTHERS]
