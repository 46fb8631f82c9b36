"""The routes through the guest: each with each attachment, what has a meaning on which, and how one gives way."""

import time

from choices import kernel_words
from stops import TERM, stop
from trial import Case, must

ROUTES = ("single", "early", "direct")  # from the slowest to the quickest, all before the runbook's
WAYS = ("hda", "virtio", "usb")
SHELL = {"single": "single", "early": "rdinit", "direct": "rdinit"}
KERNEL = {"single": ("console=ttyS0,115200", "quiet", "no_timer_check", "single"),
          "early": ("console=ttyS0,115200", "quiet", "no_timer_check", "cryptomgr.notests", "rdinit=/bin/sh"),
          "direct": ("console=ttyS0,115200", "quiet", "no_timer_check", "cryptomgr.notests", "rdinit=/bin/sh")}
OPTIONS = " --initdb --no-network --repositories-file /tmp/apks"


def starts(trial):
    return sum(line["state"] == "start" for line in trial.record())


def took(route, result):
    """The report names the route, and says nothing of another one."""
    must(f"Route: {route}\n" in result.out or (route == "runbook" and "Route:" not in result.out), "not by", route,
         result.out)


def by(route, words=None):
    """What the guest was told, by the issue's own words and not by the dialogue files."""
    def after(trial, result):
        took(route, result)
        must("gives way" not in result.out and starts(trial) == 1, "it gave way:", result.out)
        kernel_words(*(words or KERNEL[route]))(trial, result)
        commands = [(state, did) for state, did in trial.commands() if state not in ("start", "isolinux", "monitor")]
        must({state for state, _ in commands} == {SHELL[route]}, "said elsewhere:", commands)
        done = [did for _, did in commands]
        must(f"apk add{OPTIONS} e2fsprogs-extra" in done, "apk was told", [did for did in done if "apk" in did])
        must(any("--install -s" in did for did in done) == (route != "single"), "busybox' links:", done)
        clock, tool = [i for i, did in enumerate(done) if did.startswith(("date -u", "e2fsck"))][:2]
        must(clock < tool and abs(int(done[clock].split("@")[1].split()[0]) - time.time()) < 600, done[clock])
        must("mdev -s" not in done and "exit" not in done and not any("poweroff" in did for did in done), done)
        must(done[-1].startswith("sync && blockdev --flushbufs"), "the last command was", done[-1])
        must(trial.commands()[-1] == ("monitor", "quit"), "the last word was", trial.commands()[-1])
    return after


def plugged(after_state):
    def after(trial, _result):
        states = [state if state != "monitor" or "device_add" not in did else "plug" for state, did in trial.commands()]
        before = [state for state in states[: states.index("plug")] if state != "monitor"]
        must(before[-1] == after_state, "it was plugged in after", before[-1])
    return after


def ways():
    for route in ROUTES:
        for way in WAYS:
            yield Case(f"routes/{route}-{way}", (f"--route={route}", f"--attach={way}"), after=by(route))


def usb(route, plug, *more):
    return (f"--route={route}", "--attach=usb", f"--plug={plug}", *more)


CHOICES = (
    Case("routes/single-plug-boot", usb("single", "boot"), after=plugged("start")),
    Case("routes/single-plug-single", usb("single", "single", "--plug-by=drive"), after=plugged("single")),
    Case("routes/early-plug-boot", usb("early", "boot"), after=plugged("start")),
    Case("routes/direct-plug-late", usb("direct", "late", "--plug-by=drive"), after=plugged("rdinit")),
    Case("routes/single-debug-init", ("--route=single", "--debug-init"),
         after=by("single", ("console=ttyS0,115200", "debug_init", "no_timer_check", "single"))),
    Case("routes/early-words", ("--route=early", "--console", "--append=nokaslr edd=off", "--kmsg-mark", "--dmesg"),
         after=by("early", ("console=ttyS0,115200", "no_timer_check", "cryptomgr.notests", "rdinit=/bin/sh", "nokaslr", "edd=off"))),
    Case("routes/direct-words", ("--route=direct", "--console", "--append=a,b 'c'"), "kernel=all",
         after=by("direct", ("console=ttyS0,115200", "no_timer_check", "cryptomgr.notests", "rdinit=/bin/sh", "a,b", "'c'"))),
    Case("routes/no-is-no-choice", ("--route=direct", "--seq=no", "--log=no"), after=by("direct")),
    Case("routes/direct-in-place", ("--route=direct", "--in-place"), after=by("direct")),
    Case("routes/direct-openwrt", ("--route=direct",), disk="openwrt-padding", size="512M", after=by("direct"),
         says=("Padding at end of inode bitmap is not set. Fix?",)),
    Case("routes/cd-late", ("--route=direct",), "cd=late", after=by("direct")),
    Case("routes/disk-late", ("--route=direct",), "serial=late", after=by("direct")),
    Case("routes/fast", ("--fast", "--no-warm"), after=by("direct")),
    Case("routes/fast-plug-boot", ("--fast", "--attach=usb", "--plug=boot"), after=by("early")),
    Case("routes/fast-debug-init", ("--fast", "--debug-init"),
         after=by("single", ("console=ttyS0,115200", "debug_init", "no_timer_check", "single"))),
    Case("routes/fast-seq", ("--fast", "--seq=login"), after=lambda trial, result: took("runbook", result)),
)


def refuse(name, *options, says=()):
    return Case(f"routes/refused-{name}", options, exit=2, state="same", says=("has no meaning", *says),
                after=lambda trial, result: must(not trial.record(), "the guest was started"))


REFUSALS = (
    refuse("seq", "--route=single", "--seq=single", says=("--seq", "--route=single", "no events")),
    refuse("log", "--route=early", "--log=init", says=("--log",)),
    refuse("services", "--route=direct", "--verbose-services", says=("no services",)),
    refuse("debug-init", "--route=early", "--debug-init", says=("first program",)),
    refuse("plug-single", *usb("early", "single"), says=("--plug=single",)),
    refuse("plug-login", *usb("single", "login"), says=("nobody logs in",)),
    refuse("plug-init", *usb("single", "init"), says=("/sbin/init",)),
    refuse("plug-boot", *usb("direct", "boot"), says=("no boot loader",)),
    Case("routes/refused-both", ("--fast", "--route=early"), exit=2, state="same", says=("exclude each other",)),
)


def gave_way(*routes):
    """From the first of them to the last, each with a QEMU of its own."""
    def after(trial, result):
        took(routes[-1], result)
        for one, other in zip(routes, routes[1:]):
            must(f"the route {one} gives way to the route {other}, before anything was written: " in result.out, result.out)
        must(result.out.count("gives way") == len(routes) - 1 == starts(trial) - 1, "QEMU ran", starts(trial), "times")
    return after


# Each state of the guest, up to the last question of fdisk, with one of the ways to fail there.
BEFORE = (
    ("firmware", "die=firmware:3"), ("kernel", "panic=kernel"), ("shell", "panic=rdinit"), ("odd-shell", "shell=odd"),
    ("links", "links=1"), ("mounts", "mounts=1"), ("drivers", "die=drivers:kill"), ("cd", "die=cd:kill"),
    ("repositories", "reset=repositories"), ("apk", "apk=media"), ("oom", "oom=apk"), ("clock", "clock=1"),
    ("find", "die=target:kill"), ("target", "sectors=81920"), ("plug", "die=target:0"), ("fdisk", "fdisk=open"),
    ("fdisk-table", "fdisk=table"), ("fdisk-end", "fdisk=end"), ("fdisk-sector", "fdisk=sector"),
)


def ways_to_give():
    for name, faults in BEFORE:
        yield Case(f"routes/way-direct-{name}", ("--fast", "--no-warm"), f"runs=1 {faults}", after=gave_way("direct", "early"))
    yield Case("routes/way-early-single", ("--route=early", "--attach=virtio"), "runs=1 die=apk",
               after=gave_way("early", "single"))
    yield Case("routes/way-single-runbook", ("--route=single", "--attach=usb"), "runs=1 emergency=media",
               after=gave_way("single", "runbook"))
    yield Case("routes/way-all", ("--fast", "--no-warm"), "runs=3 panic=kernel",
               after=gave_way("direct", "early", "single", "runbook"))
    yield Case("routes/way-all-fail", ("--fast", "--no-warm"), "apk=missing", exit=52, stage="spared", state="same",
               says=("e2fsprogs-extra",), after=lambda trial, result: must(starts(trial) == 4, "not each was tried"))
    # A route on which what was asked for has no meaning is passed over.
    yield Case("routes/way-plug-boot", ("--fast", "--attach=usb", "--plug=boot"), "runs=2 die=apk",
               after=gave_way("early", "single", "runbook"))
    # In place: nobody has mounted anything.
    yield Case("routes/way-in-place", ("--fast", "--no-warm", "--in-place"), "runs=1 die=target:0",
               after=gave_way("direct", "early"))


def stays(name, faults, code, state="same", options=("--fast", "--no-warm"), **more):
    """What came behind the first write, or what no route would do better, ends the run."""
    def after(trial, result):
        must("gives way" not in result.out and starts(trial) <= 1, "it gave way:", result.out)
    return Case(f"routes/stays-{name}", options, faults, exit=code, state=state, after=after, **more)


IN_PLACE = ("--fast", "--no-warm", "--in-place")
STAYS = (
    stays("write", "runs=1 die=fdisk-w:kill", 43, stage="spared"),
    stays("reread", "runs=1 fdisk=reread", 55, stage="spared"),
    stays("nodes", "runs=1 die=nodes:kill", 43, stage="spared"),
    stays("e2fsck", "runs=1 e2fsck=4", 90, stage="spared"),
    stays("resize2fs", "runs=1 panic=resize2fs", 45, stage="spared"),
    stays("flush", "runs=1 flush-disk=1", 59, stage="spared", says=("could not flush",)),
    stays("quit", "runs=1 poweroff=7", 43, stage="spared", says=("status 7",)),
    stays("quit-dies", "runs=1 die=quit:kill", 43, stage="spared"),
    stays("write-in-place", "runs=1 die=fdisk-w:kill", 43, "enlarged", IN_PLACE, stage="table"),
    stays("fs-in-place", "runs=1 die=resize2fs:kill", 43, "any", IN_PLACE, stage="fs"),
    # The single route's initramfs may have replayed a journal.
    stays("attached-in-place", "runs=1 die=apk:1", 43, "enlarged", ("--route=single", "--in-place"), stage="attached"),
    stays("qemu", "", 25, options=("--fast", "--qemu=/nowhere/qemu"), stage="untouched"),
    stays("signal", "", 143, options=("--fast", "--no-warm"), stage="spared", run=stop("apk", TERM)),
)

CASES = [*ways(), *CHOICES, *REFUSALS, *ways_to_give(), *STAYS]
