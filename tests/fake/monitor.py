"""QEMU's human monitor on the same terminal as the serial port: the line editor's redrawing, and the commands
that plug a disk in. Texts are those of QEMU 7.2."""

import re

import qemu

BANNER = "QEMU 7.2.22 monitor - type 'help' for more information\n"
PROMPT = "(qemu) "

OTHERS = """ide1-cd0 (#block134): {iso} (raw, read-only)
    Attached to:      /machine/unattached/device[22]
    Removable device: locked, tray closed
    Cache mode:       writeback

floppy0: [not inserted]
    Attached to:      /machine/unattached/device[16]
    Removable device: not locked, tray closed

sd0: [not inserted]
    Removable device: not locked, tray closed
"""


class Monitor:
    def __init__(self, machine):
        self.machine = machine
        self.console = machine.console
        self.faults = machine.faults
        self.line = ""
        self.drawn = 0  # columns of the line that are on the screen
        self.greeted = False

    def focus(self, here):
        if not here:
            self.console.out("\n")
            return
        if not self.greeted:
            self.console.out(BANNER)
        self.greeted = True
        self.line, self.drawn = "", 0
        self.console.out(PROMPT)

    def key(self, byte):
        if byte in "\r\n":
            self.console.out("\n")
            self.run(self.line)
            self.line, self.drawn = "", 0
            self.console.out(PROMPT)
            return
        before = self.line
        if byte == "\x0c":
            self.console.raw(f"\x1b[2J\x1b[1;1H{PROMPT}{self.line}\x1b[K")
        elif byte == "\x17":
            self.line = re.sub(r"\S*\s*$", "", self.line)
        elif byte in "\x7f\b":
            self.line = self.line[:-1]
        elif byte >= " ":
            self.line += byte
        if self.line == before:
            return
        self.console.raw("\x1b[D" * self.drawn + self.line + "\x1b[K")
        self.drawn = len(self.line)

    def run(self, line):
        line = line.rstrip()
        self.faults.record(state="monitor", did=line)
        for pattern, command in COMMANDS:
            found = re.fullmatch(pattern, line)
            if found:
                command(self, *found.groups())
                return
        self.console.out(f"unknown command: '{line}'\n" if line else "")

    def drive_add(self, quoted):
        options = qemu.options_of(re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], quoted))
        if self.faults.get("monitor") == "drive":
            why = f"Could not open '{options['file']}': Permission denied"
        else:
            why = self.machine.drive(options)
        self.console.out(f"{why or 'OK'}\n")

    def device_add(self, drive, serial):
        if self.faults.get("monitor") == "device" or drive != "mydisk" or not self.machine.path:
            self.console.out(f"Error: Property 'usb-storage.drive' can't find value '{drive}'\n")
            return
        self.machine.plug(serial)

    def quit(self):
        self.machine.at("quit")
        self.machine.end(self.faults.number("poweroff"))

    def info_block(self):
        path = self.machine.path
        if path:
            self.console.out(f"none0 (mydisk): {path} (raw)\n    Removable device: not locked, tray closed\n"
                             "    Cache mode:       writeback\n\n")
        self.console.out(OTHERS.format(iso=self.machine.command.words["-cdrom"]))
        if self.machine.plugged and self.faults.get("monitor") != "lost":
            self.console.out(f"\nmydisk: {path} (raw)\n"
                             "    Attached to:      /machine/peripheral-anon/device[0]/scsi.0/legacy[0]\n"
                             "    Cache mode:       writeback\n")


COMMANDS = (
    (r'drive_add foo "(.*)"', Monitor.drive_add),
    (r"device_add usb-storage,drive=(\w+),serial=(\w+)", Monitor.device_add),
    (r"info block", Monitor.info_block),
    (r"quit", Monitor.quit),
)
