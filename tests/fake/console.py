"""QEMU's standard input and output: the serial port and the monitor, switched by C-a c, and what is on them.

Bytes are as MEASURED: a guest's LF is CR LF, and the terminal's ONLCR, which QEMU leaves on, makes it CR CR LF.
"""

import os
import random
import re
import select
import sys
import time
import termios

COLUMNS = 80
BIOS_BUFFER = 15  # keys
ASK_CURSOR = "\x1b[6n"
ANSWER = re.compile(r"\[\d+;\d+R")  # behind ESC
UNANSWERED = 0.02  # seconds that busybox sleeps after an Enter, when its question had no answer


class Console:
    def __init__(self, faults, end):
        self.faults = faults
        self.end = end  # ends QEMU with an exit status
        self.random = random.Random(faults.number("seed", 1))
        self.monitor = None
        self.in_monitor = False
        self.escaped = False  # C-a has come
        self.keys = []  # at the serial port, not read by the guest yet
        self.count = 0  # keys that came to the serial port after boot:
        self.booted = False
        self.asked = False  # where the cursor is, and had no answer
        self.muted = False
        self.kernel_on = False
        self.clock = 0.5
        self.log = []
        if os.isatty(1):
            mode = termios.tcgetattr(1)
            mode[0] = mode[3] = 0
            mode[1] = termios.OPOST | termios.ONLCR
            termios.tcsetattr(1, termios.TCSANOW, mode)

    def pause(self, seconds):
        """As long as a real guest needs, on the scale of the word slow."""
        time.sleep(seconds * self.faults.number("slow") / 50)

    # What comes out.

    def raw(self, text):
        data = text.encode("utf-8", "surrogateescape")
        while data:
            data = data[os.write(1, data) :]

    def out(self, text):
        self.raw(text.replace("\n", "\r\n"))

    def kernel(self, text, loud=False):
        """A line of the kernel's log; on the console when it is there, and not quiet."""
        self.clock += 0.25
        line = f"[{self.clock:12.6f}] {text}"
        self.log.append(line)
        if self.kernel_on or loud:
            self.out(line + "\n")

    def noise(self, kind):
        """A kernel line in the middle of something, if that was asked for."""
        if self.faults.get("kernel") in (kind, "all") and self.random.random() < 0.2:
            self.kernel("clocksource: Switched to clocksource tsc")

    # What goes in.

    def take(self, byte):
        if self.escaped:
            self.escaped = False
            if byte == "x":
                self.out("QEMU: Terminated\n")
                self.end(0)
            elif byte == "c":
                self.in_monitor = not self.in_monitor
                self.monitor.focus(self.in_monitor)
            elif byte == "\x01":
                self.keys.append(byte)
        elif byte == "\x01":
            self.escaped = True
        elif self.in_monitor:
            self.monitor.key(byte)
        else:
            self.keys.extend(byte * (self.copies() if byte >= " " else 1))

    def copies(self):
        """How often a key arrives. What ends or empties a line always does, once."""
        self.count += 1
        drop = self.faults.number("drop" if self.booted else "drop-boot")
        double = self.faults.number("double") if self.booted else 0
        if drop and self.count % drop == 0:
            return 0
        return 2 if double and self.count % double == 0 else 1

    def fill(self, seconds):
        """Waits for bytes, for ever with None, and takes them. False: none came."""
        if not select.select([0], [], [], seconds)[0]:
            return False
        try:
            data = os.read(0, 4096)
        except OSError:
            data = b""
        if not data:
            self.end(0)  # nobody is there any more
        for byte in data.decode("utf-8", "surrogateescape"):
            self.take(byte)
        return True

    def key(self, seconds=None):
        """The next key at the serial port, or None when none came in that time."""
        while not self.keys:
            if not self.fill(seconds) and seconds is not None:
                return None
        return self.keys.pop(0)

    def bios_key(self, seconds):
        """A key out of the BIOS' buffer, which keeps no more of a burst than it has room for."""
        if not self.keys and self.fill(seconds):
            while self.fill(0.002):
                pass
        del self.keys[BIOS_BUFFER:]
        return self.keys.pop(0) if self.keys else None

    def flush_input(self):
        while self.fill(0):
            pass
        self.keys.clear()

    # The guest's line editor, in ash and fdisk.

    def echo(self, byte):
        if not self.muted:
            self.pause(0.002)
            self.raw(byte)
            self.noise("echo")

    def prompt(self, text):
        """Keys that came too early have been echoed by the terminal before."""
        while self.fill(0):
            pass
        self.raw("".join(self.keys).replace("\r", "\r\n"))
        half = len(text) // 2
        self.out(text[:half])
        self.noise("prompt")
        self.out(text[half:])
        self.asked = not self.keys
        if self.asked:
            self.raw(ASK_CURSOR)
        self.noise("prompt")

    def draw(self, before, prompt, line):
        """The prompt and the line anew, as busybox draws them."""
        if self.muted:
            return
        self.raw(before)
        self.out(prompt)
        column = len(prompt.rpartition("\n")[2])
        for byte in line:
            self.raw(byte)
            column += 1
            if column == COLUMNS:
                self.raw("\r\n")
                column = 0
        self.raw("\x1b[J")

    def sequence(self):
        """Behind ESC: the answer to the question where the cursor is. All else is text, and ESC itself is no key."""
        keys = ""
        while not ANSWER.fullmatch(keys) and len(keys) < len("[999;999R"):
            key = self.key(0.05)
            if key is None:
                break
            keys += key
            if not re.match(r"\[?[\d;]*R?$", keys):
                break
        if ANSWER.fullmatch(keys):
            self.asked = False
        else:
            self.keys[:0] = keys

    def line(self, prompt, drawn=None):
        """A line, or None for Ctrl-C, or Ctrl-D on an empty line."""
        self.prompt(prompt)
        drawn = prompt if drawn is None else drawn  # what is drawn again before the line
        first = len(drawn.rpartition("\n")[2])
        line, column = "", first
        while True:
            byte = self.key()
            if byte == "\x1b":
                self.sequence()
                continue
            if byte in "\r\n":
                self.out("\n")
                self.pause(UNANSWERED if self.asked else 0)
                return line
            if byte == "\x03" or (byte == "\x04" and not line):
                self.out("\n")
                return None
            if byte == "\x15":
                if line:
                    rows = (first + len(line)) // COLUMNS
                    self.draw((f"\x1b[{rows}A" if rows else "") + "\r", drawn, "")
                line, column = "", first
            elif byte == "\x0c":
                self.draw("\x1b[H\x1b[J\r", drawn, line)
            elif byte in "\x7f\b":
                if line:
                    self.raw("\b\x1b[J" if column else f"\r\x1b[1A\x1b[{COLUMNS - 1}C\x1b[J")
                    line, column = line[:-1], (column or COLUMNS) - 1
            elif byte >= " ":
                line += byte
                self.echo(byte)
                column += 1
                if column == COLUMNS:
                    self.raw("\r\n")
                    column = 0


def complain(text):
    sys.stderr.write(text + "\n")
