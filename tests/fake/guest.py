#!/usr/bin/python3
"""A fake QEMU with a fake Alpine live CD in it, for --qemu=PATH: says in milliseconds what the real ones say in
minutes, and goes wrong as it is told to (faults.py). The disk image is really changed."""

import json
import os
import signal
import sys

sys.dont_write_bytecode = "PYTHONPYCACHEPREFIX" not in os.environ

# pylint: disable=wrong-import-position
import nbd  # noqa: E402
import qemu  # noqa: E402
from console import Console, complain  # noqa: E402
from faults import Faults  # noqa: E402
from firmware import Firmware  # noqa: E402
from image import Image  # noqa: E402
from monitor import Monitor  # noqa: E402
from protocol import Protocol  # noqa: E402
from shell import Shell, progress  # noqa: E402

ISSUE = "\nWelcome to Alpine Linux 3.20\nKernel 6.6.49-0-virt on an x86_64 (/dev/ttyS0)\n\n"
LOGIN = "localhost login: "
MOTD = """Welcome to Alpine!

The Alpine Wiki contains a large amount of how-to guides and general
information about administrating Alpine systems.
See <https://wiki.alpinelinux.org/>.

You can setup the system with the command: setup-alpine

You may change this message by editing /etc/motd.

"""
LOOKS_LIKE_PROMPTS = "the prompt is localhost:~# \nlocalhost:~# \n~ # \nCommand (m for help): \n(qemu) \nboot: \n# \n"
# How long the parts of a real guest take (see the word slow); a second, where nothing stands.
REAL_SECONDS = {"firmware": 0.4, "kernel": 10, "initramfs": 5, "openrc": 12, "apk": 5, "off": 5}
KILLED = 128 + signal.SIGKILL
NO_TTY = "{}: can't access tty; job control turned off\n"
SERVICES = ("Mounting /run", "Caching service dependencies", "Mounting modloop", "Starting busybox mdev",
            "Scanning hardware for mdev", "Loading hardware drivers", "Setting hostname", "Starting busybox syslog")


class Machine:
    def __init__(self, argv):
        self.faults = Faults.of_environment()
        self.console = Console(self.faults, self.end)
        self.console.monitor = Monitor(self)
        self.command = qemu.parse(argv)
        self.attach, drive, self.serial = self.command.attachment()
        self.path = self.image = None
        self.plugged = self.attach not in ("usb", "none")
        self.device = "vda" if self.attach == "virtio" else "sda"
        self.node = "/dev/" + self.device
        self.node_gone = False  # the last partition's
        self.looked = False  # the initramfs has looked for devices
        self.plugged_late = False  # behind that
        self.cd = False  # mounted by hand
        self.cd_looks = 0
        self.drivers = []
        self.clock = None  # as it was set
        self.mdev = {}  # which of /dev/mdev.seq and .log were made, and where
        self.looks = 0  # for the serial number
        self.words = []  # of the kernel's command line
        if drive and (why := self.drive(drive)):
            qemu.fail(why)
        if drive and self.command.words.get("-accel") == self.faults.get("spared-accel", ""):
            self.faults.heal()
        self.protocol = None
        if self.command.qmp() is not None:
            self.protocol = Protocol(self, self.command.qmp())
            self.protocol.start()
        self.qmp({"QMP": {"version": {}, "capabilities": []}})
        self.faults.record(state="start", did=argv, pid=os.getpid())

    def end(self, code):
        """QEMU ends in order."""
        if self.image:
            self.image.close()
        os._exit(code)

    @property
    def sectors(self):
        return self.faults.number("sectors") or self.image.sectors

    @property
    def last(self):
        """The number of the partition that starts last."""
        return max(self.image.partitions(), key=lambda pair: pair[1].start)[0]

    def drive(self, options):
        """Opens the image. Returns why not, or None."""
        why = qemu.check_drive(options)
        if why is None:
            try:
                self.path, self.image = options["file"], Image(options["file"], options["format"])
            except nbd.Error as error:
                why = f"Could not open '{options['file']}': {error.string}"
        return why

    def plug(self, serial):
        self.plugged = True
        self.plugged_late = self.looked
        self.serial = serial
        if self.words:
            self.console.kernel("usb 1-1: new full-speed USB device number 2 using uhci_hcd")

    def plug_as(self, attach, serial):
        """Into a guest that runs, by QMP."""
        self.attach = attach
        self.device = "vda" if attach == "virtio" else "sda"
        self.node = "/dev/" + self.device
        self.plug(serial)

    def table_written(self):
        """Events in order keep the node; without, it goes and does not come back by itself."""
        self.console.kernel(f" {self.device}: {self.device}1 {self.device}2")
        self.node_gone = "seq" not in self.mdev or self.faults.get("node") == "gone"

    # What goes wrong.

    def at(self, state):
        """Each state of the guest comes by here. An exit code, if a tool fails there; else None."""
        faults, console = self.faults, self.console
        console.pause(REAL_SECONDS.get(state, 1))
        if (fifo := faults.at("gate", state)) is not None:
            with open(fifo, "rb") as gate:
                gate.read()
        if (offset := faults.at("harm", state)) is not None:
            byte = self.image.read(int(offset), 1)[0]
            self.image.write(int(offset), bytes([byte ^ 0xFF]))
        if (how := faults.at("die", state)) is not None:
            if how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            os._exit(int(how or 1))
        if faults.at("stopped", state) is not None:
            os.kill(os.getpid(), signal.SIGSTOP)
        if faults.at("mute", state) is not None:
            console.muted = True
        if faults.at("panic", state) is not None:
            console.kernel("Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009", loud=True)
            console.kernel("---[ end Kernel panic - not syncing: Attempted to kill init! ]---", loud=True)
            self.wait_for_ever()
        if (path := faults.at("death", state)) is not None:
            return self.death(path)
        if faults.at("oom", state) is not None:
            console.kernel(f"Out of memory: Killed process 231 ({state}) total-vm:5400kB", loud=True)
            console.out("Killed\n")
            return KILLED
        if faults.at("hang", state) is not None:
            self.wait_for_ever()
        if faults.at("babble", state) is not None:
            self.babble()
        if faults.at("reset", state) is not None:
            Firmware(self).start(self.attach == "usb")
            self.wait_for_ever()
        if faults.at("login", state) is not None:
            self.getty()
            self.wait_for_ever()
        return None

    def qmp(self, what):
        """A line of QEMU's machine protocol."""
        if self.command.qmp() is not None:
            os.write(self.command.qmp(), json.dumps(what).encode() + b"\r\n")

    def death(self, path):
        """Says what deaths.py has written down, and dies of it if it is to. Returns a tool's exit code."""
        with open(path, encoding="utf-8") as file:
            how = json.load(file)
        for line in how.get("kernel", ()):
            self.console.kernel(line, loud=True)
        for line in how.get("qmp", ()):
            self.qmp(line)
        self.console.out(how.get("text", ""))
        if how["die"]:
            os._exit(1)
        if "code" not in how:
            self.wait_for_ever()
        return how["code"]

    def wait_for_ever(self):
        while True:
            self.console.fill(None)

    def babble(self):
        while True:
            self.console.out("ata1.00: status: { DRDY ERR }\n")
            self.console.fill(0.5)

    # From power-on to power-off.

    def go_on(self):
        """A guest that was saved, from where it was."""
        self.protocol.goes_on.wait()
        self.console.booted = self.console.kernel_on = True
        self.mdev["seq"] = "nobody"
        self.at("goes-on")
        Shell(self, "rdinit", "~ # ").run()
        self.panic_without_init()

    def run(self):
        if "-incoming" in self.command.words:
            self.go_on()
        cmdline = Firmware(self).boot()
        self.words = cmdline.split()
        self.console.booted = True
        self.console.kernel_on = any(word.startswith("console=ttyS0") for word in self.words)
        self.kernel()
        if "rdinit=/bin/sh" in self.words:
            self.mdev["seq"] = "nobody"  # nothing but the kernel makes nodes
            self.show(NO_TTY.format("/bin/sh"))
            Shell(self, "rdinit", "~ # ").run()
            self.panic_without_init()
        self.initramfs()
        if "init=/bin/sh" in self.words:
            self.show("\n" + NO_TTY.format("/bin/sh"))
            if Shell(self, "init", "~ # ").run() != "init":
                self.panic_without_init()
        self.openrc()
        if self.login() == "poweroff":
            self.power_off()

    def show(self, text):
        """What init and its children print: to the kernel's console."""
        if self.console.kernel_on:
            self.console.out(text)

    def kernel(self):
        self.console.kernel("Linux version 6.6.49-0-virt (buildozer@build-3-20-x86_64) #1-Alpine SMP PREEMPT_DYNAMIC")
        self.console.kernel(f"Command line: {' '.join(self.words)}")
        self.console.kernel("Memory: 152340K/196080K available")
        self.at("kernel")
        if self.command.words.get("-accel") == self.faults.get("hang-accel", ""):
            self.wait_for_ever()

    def initramfs(self):
        quiet = "quiet" in self.words
        if "debug_init" in self.words:
            self.show("+ '[' -n yes ']'\n+ nlplug-findfs -d -p /sbin/mdev -b /tmp/repositories\n"
                      "nlplug-findfs: uevent: action='add' subsystem='block' devname='sr0'\n")
        self.show("" if quiet else "Alpine Init 3.10.1-r0\n * Loading boot drivers: ")
        self.console.kernel("loop: module loaded")
        self.show("" if quiet else "ok.\n * Mounting boot media: ")
        self.at("initramfs")
        if self.faults.get("emergency") == "media":
            self.show("failed.\n")
            self.emergency("initramfs emergency recovery shell launched. Type 'exit' to continue boot\n")
        self.replay_journals()
        self.looked = True
        self.show("" if quiet else "ok.\n")
        if "single" in self.words:
            self.show("Entering single mode. Type 'exit' to continue booting.\n" + NO_TTY.format("sh"))
            self.mdev.setdefault("seq", "nobody")  # no helper runs yet
            Shell(self, "single", "~ # ").run()
            if self.mdev["seq"] == "nobody":
                del self.mdev["seq"]
        self.packages(quiet)
        if self.faults.get("emergency") == "switch":
            self.emergency("/sbin/init not found in new root. Launching emergency recovery shell\n"
                           "Type exit to continue boot.\n")
        self.show("\n")

    def packages(self, quiet):
        self.show("" if quiet else " * Installing packages to root filesystem: ")
        if not quiet:
            for i, name in enumerate(("alpine-baselayout-data", "musl", "busybox", "openrc", "alpine-base"), 1):
                self.show(f"({i}/5) Installing {name} (3.6.5-r0)\n")
                if self.console.kernel_on:
                    self.console.raw(progress(i * 20, "#"))
        self.show("" if quiet else "OK: 13 MiB in 18 packages\nok.\n")

    def emergency(self, text):
        self.show(text + NO_TTY.format("sh"))
        Shell(self, "emergency", "~ # ").run()
        self.wait_for_ever()

    def panic_without_init(self):
        self.console.kernel("Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000000", loud=True)
        self.wait_for_ever()

    def replay_journals(self):
        """nlplug-findfs mounts whatever has a file system, read-only, for a moment."""
        for _, entry in self.image.partitions() if self.plugged else ():
            if self.image.wants_journal(entry):
                self.image.run_tool(entry, "e2fsck", "-E", "journal_only", "-p")

    def openrc(self):
        self.at("openrc")
        self.show("\n   OpenRC 0.54 is starting up Linux 6.6.49-0-virt (x86_64)\n\n * /proc is already mounted\n")
        for service in SERVICES:
            self.show(f" * {service} ...")
            self.console.noise("boot")
            self.show(" [ ok ]\n")
        self.show("\n")

    def getty(self):
        self.console.flush_input()
        self.console.out(ISSUE)
        self.console.noise("prompt")
        if self.faults.get("misprint") == "login":
            self.console.out(LOGIN.replace("in:", "on:"))
            self.end(1)
        self.console.out(LOGIN)
        self.console.noise("prompt")
        if self.faults.at("flush", "late") is not None:
            self.console.fill(None)
            self.console.flush_input()

    def login(self):
        """How root's shell ends."""
        while True:
            self.getty()
            self.at("login")
            name = ""
            while (key := self.console.key()) != "\r":
                if key in "\x15\x7f":
                    erased = len(name) if key == "\x15" else min(1, len(name))
                    self.console.raw("\b \b" * erased)
                    name = name[: len(name) - erased]
                elif key >= " ":
                    name += key
                    self.console.echo(key)
            self.console.out("\n")
            self.faults.record(state="login", did=name)
            if self.faults.get("password") == "ask":
                self.console.out("Password: ")
                self.wait_for_ever()
            if name == "root" and self.faults.get("password") != "refuse":
                break
            self.console.out("\nLogin incorrect\n" if name else "")
        self.console.out(MOTD.replace("See", LOOKS_LIKE_PROMPTS + "See") if self.faults.get("words") else MOTD)
        return Shell(self, "shell", "localhost:~# ").run()

    def power_off(self):
        self.getty()
        self.at("off")
        self.show("\n\rThe system is going down NOW!\n\rSent SIGTERM to all processes\n\rRequesting system poweroff\n")
        self.console.kernel("reboot: Power down", loud=True)
        self.end(self.faults.number("poweroff"))

    def on_resize(self, _number, _frame):
        self.faults.record(state="window", did=list(os.get_terminal_size(0))[::-1])

    def on_signal(self, number, _frame):
        complain(f"qemu-system-x86_64: terminating on signal {number}")
        self.end(0)


def main():
    if sys.argv[1:] == ["--version"]:
        print("QEMU emulator version 7.2.22 (a fake one)")
        return
    if sys.argv[1:] == ["-accel", "help"]:
        print("Accelerators supported in QEMU binary:", *Faults.of_environment().get("accel", "tcg").split(","), sep="\n")
        return
    machine = Machine(sys.argv[1:])
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, machine.on_signal)
    signal.signal(signal.SIGWINCH, machine.on_resize)
    machine.run()


if __name__ == "__main__":
    main()
