"""The guest's shells: a prompt, a line, and the commands that the dialogues give, recognised by their text."""

import base64
import gzip
import re

from fdisk import Fdisk

MARK = re.compile(r'(.*); (\w+)=\$\?; echo "([^"]*)""([^"]*)=\$(\w+)"')
PROBE = re.compile(r'()()echo "([^"]*)""([^"]*)=\$(\w+)"')
DATE = "Sun Nov 22 17:20:25 UTC 2026"
LS = "root     {:8} {:>10} Nov 22 17:20 "

PACKAGES = ("libcom_err", "libblkid", "libuuid", "e2fsprogs-libs", "e2fsprogs", "e2fsprogs-extra")


def progress(percent, letter="\u2588"):
    return f"\x1b7{percent:3}% {letter * (percent * 44 // 100):44}\x1b8\x1b[0K"


# Without these a bare kernel does not see the disk.
DRIVERS = {"hda": {"ata_piix", "sd_mod"}, "virtio": {"virtio_pci", "virtio_blk"},
           "usb": {"uhci_hcd", "ehci_pci", "usb_storage", "sd_mod"}}


class Exit(Exception):
    """The shell ends; `then` is what was left to be done."""

    def __init__(self, then):
        super().__init__(then)
        self.then = then


class Shell:
    def __init__(self, machine, name, prompt):
        self.machine = machine
        self.console = machine.console
        self.faults = machine.faults
        self.name = name
        self.prompt = prompt
        self.variables = {}

    def run(self):
        """Until it ends; returns how: exit, init or poweroff."""
        self.machine.at(self.name)
        try:
            while True:
                line = self.console.line(self.prompt)
                if line and line.strip() and not self.faults.times("line-lost"):
                    self.do(line)
        except Exit as end:
            return end.then

    def do(self, line):
        line = line.rstrip()
        found = MARK.fullmatch(line) or PROBE.fullmatch(line)
        command = found[1] if found else line
        if command:
            self.faults.record(state=self.name, did=command)
            code = self.command(command)
            if self.faults.get("shell") == "odd":
                code = 2
        if not found:
            return
        if found[2]:
            self.variables[found[2]] = code
        mark = f"{found[3]}{found[4]}={self.variables.get(found[5], '')}"
        if self.faults.times("mark-lost"):
            return
        if self.faults.times("mark-mangled"):
            mark = mark[:4] + "~" + mark[5:]
        self.console.out(mark + "\n")

    def command(self, text):
        for pattern, name, method in COMMANDS:
            found = re.fullmatch(pattern, text)
            if found:
                code = self.machine.at(name)
                if code is not None:
                    return code
                return method(self, *found.groups())
        self.console.out(f"-sh: {text.split()[0]}: not found\n")
        return 127

    def nothing(self):
        return 0

    def heal(self):
        self.faults.heal()
        return 0

    def exit(self):
        raise Exit("exit")

    def exec_init(self):
        raise Exit("init")

    def poweroff(self):
        raise Exit("poweroff")

    # mdev.

    def make_file(self, name):
        if self.faults.get("mdev") == name:
            self.console.out(f"-sh: can't create /dev/mdev.{name}: No space left on device\n")
            return 1
        self.machine.mdev[name] = self.name
        return 0

    def make_seq(self):
        return self.make_file("seq")

    def make_log(self):
        return self.make_file("log")

    def star(self, text, colour=32):
        self.console.out(f" \x1b[1m\x1b[{colour}m*\x1b[m {text}\x1b[K\n")

    def executing(self, verbose, service, word):
        if verbose:
            self.star(f"Executing: /lib/rc/sh/openrc-run.sh /lib/rc/sh/openrc-run.sh /etc/init.d/{service} {word}")

    def service(self, text, good=True):
        self.star(text + "\x1b[K ...")
        self.console.out(" [ ok ]\n" if good else " [ !! ]\n")
        return 0 if good else 1

    def mdev_stop(self, verbose):
        for service in ("hwdrivers", "mdev"):
            self.star("WARNING: you are stopping a sysinit service", 33)
            self.executing(verbose, service, "stop")
        return self.service("Stopping busybox mdev", self.faults.get("mdev") != "stop")

    def mdev_start(self, verbose):
        self.executing(verbose, "mdev", "start")
        self.service("Starting busybox mdev")
        self.service("Scanning hardware for mdev")
        self.executing(verbose, "hwdrivers", "start")
        return self.service("Loading hardware drivers", self.faults.get("mdev") != "start")

    def mdev_scan(self):
        if self.faults.get("node") != "gone":
            self.machine.node_gone = False
        return 0

    # A bare shell.

    def links(self):
        return self.faults.number("links")

    def mounts(self):
        return self.faults.number("mounts")

    def modprobe(self, names):
        """The disk and the CD are seen once their drivers are there."""
        self.machine.drivers = names.split()
        return 0

    def mount_cd(self):
        self.machine.cd_looks += 1
        if self.faults.get("cd") == "none" or (self.faults.get("cd") == "late" and self.machine.cd_looks < 3):
            return 1
        self.machine.cd = "sr_mod" in self.machine.drivers and "isofs" in self.machine.drivers
        return 0 if self.machine.cd else 1

    def repositories(self):
        return 0 if self.name == "single" or self.machine.cd else 1

    def date(self, seconds):
        self.machine.clock = int(seconds)
        return self.faults.number("clock")

    def clock_goes_on(self, now):
        goes_on = abs(self.machine.clock - int(now)) < 3600 and not self.faults.number("clock-stands")
        return 0 if goes_on else 1

    def begin_random(self):
        return 0

    def random(self):
        self.console.out(f"reseeded={'no' if self.faults.get('random') == 'old' else 'yes'}\n")
        return 0

    def flush(self):
        return self.faults.number("flush-disk")

    # apk.

    def apk(self, options):
        out, fault = self.console.out, self.faults.get("apk")
        bare = self.name in ("single", "rdinit")
        if bool(options) != bare:
            out("ERROR: Unable to read database: No such file or directory\n"
                "ERROR: Failed to open apk database: No such file or directory\n" if bare else "")
            return 99
        if fault == "missing":
            out("ERROR: unable to select packages:\n  e2fsprogs-extra (no such package):\n"
                "    required by: world[e2fsprogs-extra]\n")
            return 1
        if fault == "media":
            out("WARNING: opening /media/cdrom/apks: No such file or directory\n"
                "ERROR: Unable to read database state: I/O error\n")
            return 99
        for i, name in enumerate(PACKAGES, 1):
            out(f"({i}/{len(PACKAGES)}) Installing {name} (1.47.0-r5)\n")
            for percent in range(16 * i - 15, 16 * i, 5):
                self.console.raw(progress(percent))
        self.console.raw(progress(100))
        if self.faults.get("words"):
            out("\nlocalhost:~# \n# \n~ # done\nmnbvcx=0\n# ")
        out("Executing busybox-1.36.1-r29.trigger\nOK: 14 MiB in 27 packages\n")
        return 0

    # The disk.

    def labels(self):
        machine = self.machine
        self.console.out("total 0\n")
        for number, entry in machine.image.partitions() if machine.plugged else ():
            label = machine.image.label(entry)
            fault = self.faults.get("label")
            if number == machine.last and fault:
                label = label if fault == "other" else ""
                number = 9
            if label:
                target = f"../../{machine.device}{number}"
                self.console.out(f"lrwxrwxrwx    1 {LS.format('root', len(target))}"
                                 f"\x1b[1;36m{label}\x1b[m -> \x1b[1;35m{target}\x1b[m\n")
        return 0

    def find(self, serial):
        machine, fault = self.machine, self.faults.get("serial")
        machine.looks += 1
        here = machine.plugged and serial == machine.serial and fault != "none"
        if self.name == "rdinit" or (self.name == "single" and machine.plugged_late):
            here = here and DRIVERS[machine.attach] <= set(machine.drivers)
        if here and (fault != "late" or machine.looks >= 3):
            self.console.out(f"target={machine.device} {machine.sectors}\n")
        return 0

    def fdisk(self, node, mark):
        if not self.machine.plugged or node != self.machine.node:
            self.console.out(f"fdisk: can't open '{node}': No such file or directory\n")
            return 1
        code = Fdisk(self.machine).run()
        if mark:
            self.console.kernel(DATE)
        return code

    def look(self, node, part):
        machine = self.machine
        for number in ["", *(number for number, _ in machine.image.partitions())]:
            if number != machine.last or not machine.node_gone:
                minor = number or 0
                self.console.out(f"brw-rw----    1 {LS.format('disk', f'8,   {minor}')}"
                                 f"\x1b[1;35m{node}{number}\x1b[m\n")
        return 0 if part == f"{machine.node}{machine.last}" and not machine.node_gone else 1

    def tool(self, name, code, missing, part, *command):
        """e2fsck and resize2fs."""
        machine = self.machine
        if self.faults.times(f"vanish-{name}"):
            machine.node_gone = True
        if machine.node_gone or part != f"{machine.node}{machine.last}":
            self.console.out(f"{name} 1.47.0 (5-Feb-2023)\n" + missing.format(part))
            return code
        if self.faults.get(name):
            self.console.out(f"{name} 1.47.0 (5-Feb-2023)\n{name}: Input/output error while trying to open {part}\n")
            return self.faults.number(name)
        entry = machine.image.entries()[machine.last - 1]
        code, text = machine.image.run_tool(entry, *command)
        text = text.replace("PART", part)
        if name == "resize2fs" and self.faults.get("blocks"):
            text = re.sub(r"is now \d+", f"is now {self.faults.get('blocks')}", text)
        half = text.find("\n") + 1
        self.console.out(text[:half])
        self.console.noise("tools")
        self.console.out(text[half:])
        return code

    def e2fsck(self, part):
        missing = ("e2fsck: No such file or directory while trying to open {}\n"
                   "Possibly non-existent device?\n")
        return self.tool("e2fsck", 8, missing, part, "e2fsck", "-f", "-y")

    def resize2fs(self, part):
        missing = "open: No such file or directory while opening {}\n"
        code = self.tool("resize2fs", 1, missing, part, "resize2fs")
        if code == 0 and self.faults.get("unclean"):
            wrong = f"set_super_value free_blocks_count {self.faults.number('unclean')}"
            self.machine.image.run_tool(self.machine.image.entries()[self.machine.last - 1], "debugfs", "-w", "-R", wrong)
        return code

    # The end.

    def dmesg(self):
        if self.faults.get("dmesg") == "fail":
            self.console.out("dmesg: klogctl: Operation not permitted\n")
            return 1
        for line in self.console.log[-3:]:
            self.console.out(line + "\n")
        return 0

    def mdev_log(self):
        if not self.machine.mdev.get("log") or self.faults.get("mdev-log") == "missing":
            self.console.out("-sh: can't open /dev/mdev.log: no such file\n")
            return 1
        packed = base64.b64encode(gzip.compress(MDEV_LOG.encode(), mtime=0)).decode()
        if self.faults.get("mdev-log") == "torn":
            packed = packed[: len(packed) // 8 * 4]
        for at in range(0, len(packed), 76):
            self.console.out(packed[at : at + 76] + "\n")
            self.console.noise("tools")
        return 0


MDEV_LOG = "".join(
    f"mdev[{seq}]: 17:20:{seq % 60:02}.{seq * 7919 % 1000000:06} {text}\n"
    for seq in range(1200, 1260)
    for text in (f"ACTION:add SEQNUM:{seq} SUBSYSTEM:block DEVNAME:sda{seq % 3} DEVPATH:/devices/pci0000:00/{seq}",
                 f"mdev.seq='{seq - 1}', need '{seq}'", "exiting"))

# What is looked for, what the state is called meanwhile, and what is done.
COMMANDS = (
    (r":", "trust", Shell.nothing),
    (r"sleep \d+", "sleep", Shell.nothing),
    (r"exit", "exit", Shell.exit),
    (r"exec /sbin/init", "exec", Shell.exec_init),
    (r"echo >/dev/mdev.seq", "seq", Shell.make_seq),
    (r": >/dev/mdev.log", "log", Shell.make_log),
    (r"rc-service( -v)? mdev stop", "mdev-stop", Shell.mdev_stop),
    (r"rc-service( -v)? hwdrivers start", "mdev-start", Shell.mdev_start),
    (r"heal", "heal", Shell.heal),
    (r"apk add( --initdb --no-network --repositories-file /tmp/apks)? e2fsprogs-extra", "apk", Shell.apk),
    (r"export PATH=\S+; b=/bin/busybox; \$b mkdir -p .*; \$b mount -t proc proc /proc && \$b --install -s", "links",
     Shell.links),
    (r"mount -t sysfs sysfs /sys && mount -t devtmpfs dev /dev", "mounts", Shell.mounts),
    (r"modprobe -a -q (.*); true", "drivers", Shell.modprobe),
    (r"for c in /dev/sr\*; do test -b .*; done; test -d /media/cdrom/apks", "cd", Shell.mount_cd),
    (r"ls -d /media/\*/apks >/tmp/apks", "repositories", Shell.repositories),
    (r"date -u -s @(\d+) >/dev/null", "clock", Shell.date),
    (r"read t r </proc/uptime; d=\$\(\(\$\(date \+%s\)-(\d+)\)\); .*", "clock-goes-on", Shell.clock_goes_on),
    (r"if ls -d /sys/bus/acpi/drivers/vmgenid/.*; fi", "begin-random", Shell.begin_random),
    (r"echo 3 >/proc/sys/vm/drop_caches; .*; umount /tmp/zeros", "clear", Shell.nothing),
    (r"case \$\(dmesg\) in .*; esac; echo [0-9a-f]{64} >/dev/urandom && .* && echo \"reseeded\"=\$r", "random", Shell.random),
    (r"usleep \d+", "usleep", Shell.nothing),
    (r"sync && blockdev --flushbufs /dev/\w+", "flush", Shell.flush),
    (r"ls -l /dev/disk/by-label", "labels", Shell.labels),
    (r"for s in \$\(grep -ls (\w+) /sys/block/\*/serial .*\); do .*; done; :", "target", Shell.find),
    (r"fdisk (/dev/\w+)(; s=\$\?; printf '<14>%s\\n' \"`date`\" >/dev/kmsg; \(exit \$s\))?", "fdisk", Shell.fdisk),
    (r"while pidof mdev >/dev/null; do sleep 1; done; ls -l (/dev/\w+)\*; test -b (/dev/\w+)", "nodes", Shell.look),
    (r"mdev -s", "mdev-s", Shell.mdev_scan),
    (r"e2fsck -f -y (/dev/\w+)", "e2fsck", Shell.e2fsck),
    (r"resize2fs (/dev/\w+)", "resize2fs", Shell.resize2fs),
    (r"dmesg \| tail -n3", "dmesg", Shell.dmesg),
    (r"gzip -c </dev/mdev.log \| base64", "mdev-log", Shell.mdev_log),
    (r"poweroff -d5 & exit", "poweroff", Shell.poweroff),
)
