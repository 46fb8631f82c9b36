"""SeaBIOS and ISOLINUX, up to the kernel's command line. Whatever they print comes twice: ISOLINUX writes to the
serial port, and SeaBIOS mirrors its screen there, a little later and with cursor moves in between."""

import re

import qemu

TIME_OUT = 1.0  # seconds; TIMEOUT 10 in syslinux.cfg
CLEAR = "\x1bc\x1b[?7l\x1b[2J"
BANNER = "ISOLINUX 6.04 20200816 {}Copyright (C) 1994-2015 H. Peter Anvin et al\r\n"
DEFAULT = "BOOT_IMAGE=/boot/vmlinuz-virt modules=loop,squashfs,sd-mod,usb-storage quiet  initrd=/boot/initramfs-virt"


class Firmware:
    def __init__(self, machine):
        self.machine = machine
        self.console = machine.console
        self.faults = machine.faults
        self.row = 5

    def boot(self):
        """The command line that the kernel gets."""
        usb = self.machine.attach == "usb"
        if "-kernel" in self.machine.command.words:
            return self.own_kernel(self.machine.command.words)
        self.start(usb)
        while True:
            line = self.read_line().rstrip()  # as ISOLINUX takes it
            if line == "":
                self.console.raw("\r\n\r\n")
                if self.load("/boot/vmlinuz-virt", "kernel", quiet=True):
                    break
            elif self.run(line):
                break
            self.banner_again()
        self.faults.record(state="isolinux", did=line)
        self.console.raw(CLEAR)
        found = re.fullmatch(r"(\S+) ?(.*)", line)
        return f"BOOT_IMAGE={found[1]} {found[2]}" if line else DEFAULT

    def own_kernel(self, words):
        """QEMU starts a kernel that the driver has taken out of the ISO."""
        for option, name in (("-kernel", "boot/vmlinuz-virt"), ("-initrd", "boot/initramfs-virt")):
            with open(words[option], encoding="ascii") as file:
                if file.read() != name:  # trial.py's ISO has names in its files
                    qemu.fail(f"{option} is not /{name} of the ISO")
        self.console.raw(CLEAR + "\x1b[0mSeaBIOS (version 1.16.2-debian-1.16.2-1)\r\nBooting from ROM..\r\n")
        self.machine.at("firmware")
        self.faults.record(state="isolinux", did=f"kernel {words['-append']} initrd")
        self.console.raw(CLEAR)
        return words["-append"]

    def start(self, usb):
        self.console.raw(CLEAR + "\x1b[0mSeaBIOS (version 1.16.2-debian-1.16.2-1)\r\n")
        for device in ("Hard Disk", "Floppy") if usb else ():
            self.console.raw(f"Booting from {device}...\r\nBoot failed: could not read the boot disk\r\n\r\n")
        self.machine.at("firmware")
        if self.faults.get("boot") == "none":
            self.console.raw("Booting from DVD/CD...\r\nBoot failed: Could not read from CDROM (code 0003)\r\n"
                             "No bootable device.\r\n")
            self.machine.wait_for_ever()
        self.console.raw("Booting from DVD/CD...\r\n\r\n")
        self.mirrored(BANNER.format("ETCD "))
        self.console.raw("\r\n")
        self.mirrored(BANNER.format(""))
        self.banner_again()
        self.machine.at("isolinux")

    def banner_again(self):
        self.console.raw("boot:" if self.console.random.random() < 0.5 else f"bo{self.move(3)}{self.move(4)}ot:")
        self.console.raw("boot:  ")

    def move(self, column):
        return f"\x1b[{self.row:02};{column:02}H"

    def mirrored(self, text):
        """Text with cursor moves at some places."""
        for at, byte in enumerate(text, 1):
            if byte.isalnum() and self.console.random.random() < 0.03:
                self.console.raw(self.move(at) + self.move(at + 1))
            self.console.raw(byte)

    def twice(self, text):
        """Each byte from ISOLINUX, and from the screen's mirror, which may lag behind by some."""
        late = ""
        for byte in text:
            self.console.raw(byte)
            late += byte
            if self.console.random.random() < 0.9:
                self.mirrored(late)
                late = ""
        self.console.raw(late)

    def read_line(self):
        """A line at boot:; empty after a second without a key, too."""
        line = ""
        if self.faults.get("boot") == "late":
            return ""
        key = self.console.bios_key(float(self.faults.get("time-out", TIME_OUT)))
        if key is None:
            return ""
        while key != "\r":
            if key == "\x15":
                self.console.raw("\x1b[?25l" + line + "\rboot:\x1b[1Gboot:    \x1b[K\r\x1b[6C\x1b[?25h")
                line = ""
            elif key == "\x0c":
                self.console.raw("\x1b[2J\x1be\x1b[0;37;40m\x1b[?25l\x1b[2J\x1b[H\x1b[?25l\rboot:")
                self.draw(line, len(line))
            elif key in ("\x7f", "\b"):
                if line:
                    self.console.raw("\x1b[?25l\rboot:")
                    self.draw(line[:-1], len(line))
                line = line[:-1]
            elif key is not None and key >= " ":
                line += key
                self.twice(key)
                if (6 + len(line)) % 80 == 0:
                    self.console.raw("\x1b[?7h\r\n")
            key = self.console.bios_key(None)
        if self.faults.get("boot") == "bare":
            line = re.sub(r" (single|init=\S+)", "", line)
        return line

    def draw(self, line, columns):
        """Each byte twice, and blanks over what stood there."""
        drawn = "".join(byte * 2 for byte in " " + line.ljust(columns))
        self.console.raw(f"\x1b[1Gboot:{drawn}\x1b[K\r\x1b[{6 + len(line)}C\x1b[?25h")

    def run(self, line):
        """True when a kernel has been loaded."""
        self.console.raw("\x1b[?7h\r\n")
        initrd = re.search(r"\binitrd=(\S+)", line)
        if not self.load(line.split()[0], "kernel"):
            return False
        if not self.load(initrd[1] if initrd else "", "initrd"):
            return False
        self.console.raw("Probing EDD (edd=off to disable)... o")
        return True

    def load(self, name, kind, quiet=False):
        wanted = {"kernel": "/boot/vmlinuz-virt", "initrd": "/boot/initramfs-virt"}[kind]
        good = name == wanted and self.faults.get("boot") != kind
        text = f"Loading {name}" + ("" if quiet else "...")
        if not good:
            self.mirrored(text)
            self.mirrored(text)
            self.console.raw("  failed:failed:  No such file or directorNo such file or directory\r\ny\r\n")
        elif not quiet:
            self.mirrored(text[:-1])
            self.mirrored(text)
            self.console.raw(".  ook\r\nk\r\n")
        return good
