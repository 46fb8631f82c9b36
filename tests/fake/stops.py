"""Runs that are stopped from outside, in each part of them, and runs at a terminal."""

import contextlib
import errno
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import fcntl
from dataclasses import replace

from trial import LONG, Case, Result, must

NOTE = "this step is finished first"
ROWS, COLUMNS = 30, 100


def wait_gone(pid):
    """Until a process has ended; a zombie has."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    with contextlib.closing(os.fdopen(handle)):
        must(select.select([handle], [], [], LONG)[0], "process", pid, "does not end")


class Lines:
    """A pipe's lines, as they come."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.text = ""

    def until(self, word):
        end = time.monotonic() + LONG
        while word not in self.text:
            must(select.select([self.pipe], [], [], max(0, end - time.monotonic()))[0], f"`{word}` does not come")
            piece = os.read(self.pipe.fileno(), 65536)
            must(piece, f"`{word}` does not come; the output was:", self.text)
            self.text += piece.decode("utf-8", "replace")


def enter(path):
    """Waits until the guest is at its gate; it stays there until what is returned is closed."""
    return open(path, "wb")


def stop(state, *signals, held=False):
    """Signals at a state. When the step is held, the first is noted only, and the gate then opened.
    On an overlay no step is held: there is nothing to harm."""
    def run(trial):
        waits = held and "--in-place" in trial.case.options
        gate = trial.gate(state)
        with trial.start() as process:
            door = enter(gate)
            lines = Lines(process.stdout)
            for number in signals if waits or not held else signals[:1]:
                process.send_signal(number)
                if waits and number is signals[0]:
                    lines.until(NOTE)
            if waits and len(signals) == 1:
                door.close()
            out, err = process.communicate(timeout=LONG)
            with contextlib.suppress(BrokenPipeError):
                door.close()
        return Result(process.returncode, lines.text + out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))
    return run


def kill_driver(state):
    """The driver is killed; the terminal's end must take the guest along."""
    def run(trial):
        gate = trial.gate(state)
        with trial.start() as process:
            with enter(gate):
                guest = trial.record()[0]["pid"]
                process.kill()
                process.communicate(timeout=LONG)
                wait_gone(guest)
        return Result(process.returncode, "", "qemu-grow: was killed.")
    return run


def again(trial, _result):
    """The same command finishes what was cut off."""
    trial.faults = [fault for fault in trial.faults if not fault.startswith("gate=")]
    result = trial.run()
    must(result.code == 0, "the second run ends with", f"{result.code}:", result.err)
    trial.samples.prove(trial.sample, trial.disk, os.path.getsize(trial.disk))


def early_close(trial):
    """Nobody reads the output."""
    with trial.start(stdout=subprocess.PIPE) as process:
        process.stdout.close()
        err = process.stderr.read()
    return Result(process.returncode, "", err.decode("utf-8", "replace"))


def ignored(trial):
    """SIGINT and SIGHUP ignored at the start, as under nohup, stay ignored."""
    gate = trial.gate("apk")

    def ignore():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with trial.start(preexec_fn=ignore) as process:
        with enter(gate):
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGHUP)
        out, err = process.communicate(timeout=LONG)
    return Result(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


# At a terminal.


class Terminal:
    """A terminal of its own for the program."""

    def __init__(self, trial):
        self.master, self.slave = pty.openpty()
        trial.open.callback(os.close, self.master)
        trial.open.callback(os.close, self.slave)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        trial.case.env["TERM"] = "xterm"
        self.text = ""
        self.process = subprocess.Popen(trial.command(), cwd=trial.folder, env=trial.environment(), stdin=self.slave,
                                        stdout=self.slave, stderr=self.slave, preexec_fn=self.control)

    def control(self):
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def read(self, seconds):
        """False when there is nothing."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            self.text += os.read(self.master, 65536).decode("utf-8", "replace")
        except OSError as error:
            must(error.errno == errno.EIO, error)
            return False
        return True

    def until(self, word):
        end = time.monotonic() + LONG
        while word not in self.text:
            must(self.read(1) or time.monotonic() < end, f"`{word}` does not come")

    def sentence(self):
        """What the program has said of its failure, in one line."""
        plain = re.sub(r"\x1b\[\d*[mK]", "", self.text)
        return "qemu-grow: " + re.split(r"[\r\n]", plain.partition("qemu-grow: ")[2])[0]

    def finish(self):
        """The program's end."""
        end = time.monotonic() + LONG
        while self.process.poll() is None:
            self.read(0.05)
            must(time.monotonic() < end, "the program does not end")
        while self.read(0):
            pass
        must(termios.tcgetattr(self.slave) == self.before, "the terminal's settings are not what they were")
        must(self.text.endswith("\r\n"), "the cursor is left in the middle of a line:", repr(self.text[-80:]))
        return self.process.returncode


def check_screen(text):
    """No line is longer than the terminal is wide, but those with a path or a UUID, an error and what is below it; and
    only the escapes are used that are meant to."""
    known = re.compile(r"\x1b\[(K|[0-9;]*m)")
    plain = known.sub("", text)
    must("\x1b" not in plain, "an escape sequence that was not expected:", repr(plain[plain.find("\x1b"):][:20]))
    for line in re.split(r"[\r\n]+", plain.partition("qemu-grow: ")[0]):
        if not line.lstrip().startswith(("qemu-grow: ", "Disk ", "Grown ", "ISO: ")) and " UUID " not in line:
            must(len(line) < COLUMNS, "a line is too long:", line)


def terminal(trial):
    t = Terminal(trial)
    code = t.finish()
    check_screen(t.text)
    for word in ("waiting for", "\u2713 .*16 Install", "\u2713 .*24 Power", "Grown", "\r"):
        must(re.search(word, t.text), f"`{word}` is not on the terminal:", repr(t.text))
    return Result(code, "", "")


def terminal_interrupt(trial):
    """Ctrl-C, as a key at the terminal."""
    gate = trial.gate("apk")
    t = Terminal(trial)
    with enter(gate):
        t.until("waiting for apk")
        os.write(t.master, b"\x03")
        code = t.finish()
    check_screen(t.text.replace("^C", "\r"))  # the terminal's own echo
    must(re.search("\u2717 .*16 Install", t.text), "the step was not cut off on the screen")
    return Result(code, "", t.sentence())


def terminal_failure(trial):
    t = Terminal(trial)
    code = t.finish()
    check_screen(t.text)
    return Result(code, "", t.sentence())


TERM, INT, HUP = signal.SIGTERM, signal.SIGINT, signal.SIGHUP
TIME_UP = signal.SIGALRM  # what --max-time ends in
SINGLE, INIT = ("--seq=single", "--log=init"), ("--seq=init",)
EARLY = (("firmware", ()), ("isolinux", SINGLE), ("kernel", ()), ("initramfs", SINGLE), ("single", SINGLE),
         ("init", INIT), ("openrc", ()), ("login", ()), ("mdev-stop", ()), ("apk", ()), ("target", ()), ("fdisk", ()))


def early():
    """Before the table is written nothing has changed in place but the size; what is done to the guest ends at once."""
    for number, (state, options) in enumerate(EARLY):
        sent, code, word = ((TERM, 143, "SIGTERM"), (INT, 130, "interrupt"), (HUP, 130, "interrupt"))[number % 3]
        yield Case(f"stops/{sent.name}-{state}", ("--in-place", *options), exit=code,
                   says=(word, "run the same command again"), stage="attached", state="enlarged", run=stop(state, sent))


def in_place():
    for case in IN_PLACE:
        yield replace(case, options=("--in-place", *case.options))


def on_overlay():
    """The same stops, at other states than those of early(), with the disk spared; the next run is as the first."""
    for case in IN_PLACE:
        yield replace(case, name=case.name + "-overlay", stage="spared" if case.stage else "",
                      state="same" if case.exit > 0 else case.state)
    yield Case("stops/TERM-overlay", exit=143, stage="spared", state="same", run=stop("apk", TERM), after=again)
    yield Case("stops/HUP-overlay", exit=130, stage="spared", state="same", run=stop("openrc", HUP))
    yield Case("stops/held-poweroff-overlay", exit=143, stage="spared", state="same", run=stop("off", TERM, held=True))


IN_PLACE = [
    Case("stops/usb", ("--attach=usb",), exit=143, stage="enlarged", state="enlarged", run=stop("apk", TERM)),
    Case("stops/nodes", exit=143, stage="table", state="table", run=stop("nodes", TERM), after=again),
    # Steps that are finished first.
    Case("stops/held-write", exit=143, stage="table", state="table", run=stop("fdisk-w", TERM, held=True), after=again),
    Case("stops/held-e2fsck", exit=143, stage="check", state="any", run=stop("e2fsck", TERM, held=True), after=again,
         disk="openwrt", size="512M"),
    Case("stops/held-resize2fs", exit=130, stage="grown", state="grown", run=stop("resize2fs", INT, held=True)),
    # A second signal does not wait.
    Case("stops/twice-write", exit=143, stage="table", state="enlarged", run=stop("fdisk-w", TERM, TERM, held=True)),
    Case("stops/twice-e2fsck", exit=143, stage="check", state="table", run=stop("e2fsck", TERM, INT, held=True), after=again),
    Case("stops/twice-resize2fs", exit=130, stage="fs", state="any", run=stop("resize2fs", INT, INT, held=True), after=again),
    # The time is up.
    Case("stops/max-time-kernel", exit=67, stage="attached", state="enlarged", run=stop("kernel", TIME_UP),
         says=("--max-time is up", "run the same command again, with more"), after=again),
    Case("stops/max-time-held", exit=67, stage="grown", state="grown", run=stop("resize2fs", TIME_UP, held=True)),
    Case("stops/max-time-twice", exit=67, stage="fs", state="any", run=stop("resize2fs", TIME_UP, TERM, held=True),
         after=again),
    # The driver is killed.
    *(Case(f"stops/killed-{state}", exit=-9, state="any", run=kill_driver(state), after=again)
      for state in ("kernel", "apk", "fdisk", "e2fsck")),
]

CASES = [
    *early(),
    *in_place(),
    *on_overlay(),
    # In place all is written then, but not proved.
    Case("stops/held-poweroff", ("--in-place",), exit=143, stage="off", state="grown", run=stop("off", TERM, held=True)),
    Case("stops/max-time", ("--max-time=1",), faults="hang=apk", exit=67, stage="spared", state="same",
         says=("--max-time is up",)),
    Case("stops/max-time-long", ("--max-time=2h",)),
    Case("stops/output-closed", run=early_close),
    Case("stops/ignored", run=ignored),
    # At a terminal.
    Case("terminal/whole-run", run=terminal, state="grown"),
    Case("terminal/interrupt", exit=130, stage="spared", state="same", run=terminal_interrupt,
         says=("an interrupt ended the run",)),
    Case("terminal/failure", faults="apk=missing", exit=52, stage="spared", state="same", run=terminal_failure),
]
