#!/usr/bin/python3
"""A line between the driver and QEMU that loses, doubles, delays or swaps every k-th byte: for --qemu=PATH.

$SHIM has words NAME=VALUE, separated by blanks:

qemu=PROGRAM        what is started (qemu-system-x86_64)
mode=MODE           drop, double, delay or swap; none: nothing happens to the bytes
to=guest|driver     the direction whose bytes are faulty; the other one is as it should be
k=N, seed=N         every N-th byte, from one of the first N on, which the seed decides
log=FILE            what came, what went on and what was done to it, as lines of JSON

QEMU keeps this process' id, so that its signals, its exit status and its usage in /proc are QEMU's own; a child
passes the bytes on, between the terminal that was given and one of QEMU's own of the same size. A byte that is
delayed or swapped is held back until the next one comes, or until the line is idle."""

import fcntl
import json
import os
import pty
import random
import select
import signal
import sys
import termios
import time
import tty

IDLE = 0.01  # seconds without a byte either way: then nothing is held back any longer
READ = 65536


def words_of(text):
    return dict(word.split("=", 1) for word in text.split())


class Line:
    """One direction. Takes bytes and gives what goes on."""

    def __init__(self, mode, k, phase):
        self.mode, self.k, self.phase = mode, k, phase
        self.count = 0
        self.held = b""
        self.faults = []  # offsets among the bytes that came

    def feed(self, data):
        out = bytearray()
        for at, byte in enumerate(data):
            piece = bytes([byte])
            faulty = self.mode != "none" and (self.count + at) % self.k == self.phase
            held, self.held = self.held, b""
            if faulty:
                self.faults.append(self.count + at)
            if self.mode == "swap":
                out += (b"" if faulty else piece) + held
                self.held = piece if faulty else b""
            elif self.mode == "delay":
                out += held + (b"" if faulty else piece)
                self.held = piece if faulty else b""
            elif not faulty:
                out += piece
            elif self.mode == "double":
                out += piece * 2
        self.count += len(data)
        return bytes(out)

    def idle(self):
        held, self.held = self.held, b""
        return held


class Shim:
    def __init__(self, words, outer, inner):
        self.outer, self.inner = outer, inner
        self.log = open(words["log"], "w", encoding="ascii") if "log" in words else None
        self.start = time.monotonic()
        k, seed = int(words.get("k", 2)), int(words.get("seed", 1))
        phase = random.Random(seed).randrange(k)
        mode, faulty = words.get("mode", "none"), words.get("to", "guest")
        self.lines = {to: Line(mode if to == faulty else "none", k, phase) for to in ("guest", "driver")}
        self.note(mode=mode, faulty=faulty, k=k, seed=seed, phase=phase)

    def note(self, **what):
        if self.log:
            self.log.write(json.dumps({"ms": int((time.monotonic() - self.start) * 1000), **what}) + "\n")

    def pass_on(self, to, came, went):
        line = self.lines[to]
        faults, line.faults = line.faults, []
        self.note(to=to, at=line.count - len(came), came=came.decode("latin-1"), went=went.decode("latin-1"),
                  faults=faults)
        target = self.inner if to == "guest" else self.outer
        while went:
            went = went[os.write(target, went) :]

    def turn(self):
        """False when one end is gone."""
        held = any(line.held for line in self.lines.values())
        ready, _, _ = select.select([self.outer, self.inner], [], [], IDLE if held else None)
        for to, source in (("guest", self.outer), ("driver", self.inner)):
            if not ready and self.lines[to].held:
                self.pass_on(to, b"", self.lines[to].idle())
            if source in ready:
                data = os.read(source, READ)
                if not data:
                    return False
                self.pass_on(to, data, self.lines[to].feed(data))
        return True

    def run(self):
        try:
            while self.turn():
                pass
            self.pass_on("driver", b"", self.lines["driver"].idle())
        except OSError:
            pass  # a terminal has been hung up
        if self.log:
            self.log.close()


def main():
    words = words_of(os.environ.get("SHIM", ""))
    master, slave = pty.openpty()
    if os.isatty(0):
        size = fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8))
        fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
        tty.setraw(0)
    tty.setraw(slave)
    os.set_inheritable(slave, True)
    if os.fork() == 0:
        # Signals are for QEMU; the line ends when its terminals do.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.close(slave)
        outer = os.dup(0)
        for fd in (0, 1, 2):
            os.close(fd)
        Shim(words, outer, master).run()
        os._exit(0)
    os.close(master)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.close(slave)
    qemu = words.get("qemu", "qemu-system-x86_64")
    os.execvp(qemu, [qemu, *sys.argv[1:]])


if __name__ == "__main__":
    main()
